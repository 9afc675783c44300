"""Reading the O*NET database: elements, intermediate and detailed work activities."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from skills.readers import onet
from tests.skills.sheets import assert_says_what_is_wrong, children, told

FILES = {
    "Read Me.txt": b"O*NET 31.4 Database\r\n",
    "Content Model Reference.txt": (
        b"Element ID\tElement Name\tDescription\r\n"
        b"4\tRequirements\tRequirements\r\n"
        b"4.A\tWork Activities\tWhat is done\r\n"
        b'4.A.1\tGetting "Information"\tObserving.\r\n'
        b"6\tMarket\tNumbers\r\n"
    ),
    "IWA Reference.txt": b"Element ID\tIWA ID\tIWA Title\r\n4.A.1\t4.A.1.I01\tStudy things.\r\n",
    "DWA Reference.txt": (
        b"Element ID\tIWA ID\tDWA ID\tDWA Title\r\n4.A.1\t4.A.1.I01\t4.A.1.I01.D01\tReview art.\r\n"
    ),
}


def changed(**files: bytes) -> Mapping[str, bytes]:
    """The good folder with more rows at the end of the file that begins like this."""
    return {
        name: data + b"".join(more for begin, more in files.items() if name.startswith(begin))
        for name, data in FILES.items()
    }


def test_the_published_folder_gives_2087_activities_with_their_hierarchy(shared_data: Path) -> None:
    files = {path.name: path.read_bytes() for path in (shared_data / "onet").iterdir()}
    found = onet.read_folder(files)
    assert told(found) == []
    assert found.framework is not None
    assert found.framework.version == "29.2"
    assert Counter(skill.kind_word for skill in found.skills) == {
        "Element": 627,
        "Intermediate Work Activity": 332,
        "Detailed Work Activity": 2_087,
    }
    assert Counter(one.type for one in found.associations) == {
        "isChildOf": 627 + 332 + 2_087,
        "isRelatedTo": 232,
    }
    tree = dict(children(found))
    walked = [at := "4.A.1.a.1.I01.D01"]
    while at in tree:
        walked.append(at := tree[at])
    assert walked[1:] == [
        "4.A.1.a.1.I01",
        "4.A.1.a.1",
        "4.A.1.a",
        "4.A.1",
        "4.A",
        "4",
        onet.IDENTIFIER,
    ]


def test_elements_that_nobody_can_show_are_headings() -> None:
    found = onet.read_folder(FILES)
    assert told(found) == []
    assert {skill.code: skill.kind for skill in found.skills} == {
        "4": "category",
        "4.A": "category",
        "4.A.1": "skill",
        "6": "category",
        "4.A.1.I01": "skill",
        "4.A.1.I01.D01": "skill",
    }
    assert [skill.label for skill in found.skills if '"' in skill.label] == [
        'Getting "Information"'
    ]
    assert len({skill.uri for skill in found.skills}) == len(found.skills)


def test_what_is_wrong_is_said_for_all_files_at_once() -> None:
    found = onet.read_folder(
        changed(
            Content=b"4.A\tAgain\t\r\n\tNameless\t\r\n",
            IWA=b"4.B.9\t4.B.9.I01\tGo elsewhere.\r\n",
            DWA=b"4.A.1\t4.A.1.I01\t4.A.1.I01.D02\t\r\n",
        )
    )
    assert [
        (each.file.partition(" ")[0], *at)
        for each, at in zip(found.problems, told(found), strict=True)
    ] == [
        ("Content", 6, "Element ID", "duplicate", "error"),
        ("Content", 7, "Element ID", "required", "error"),
        ("DWA", 3, "DWA Title", "required", "error"),
        ("IWA", 3, "Element ID", "outside", "warning"),
    ]


def test_a_folder_that_lacks_files_is_refused_whole() -> None:
    found = onet.read_folder({"DWA Reference.txt": FILES["DWA Reference.txt"]})
    assert told(found) == [(None, "", "missing_file", "fatal")]
    assert "IWA Reference.txt" in found.problems[0].reason


def test_one_file_alone_is_refused_with_what_to_do() -> None:
    found = onet.read(FILES["DWA Reference.txt"], file="DWA Reference.txt")
    assert told(found) == [(None, "", "not_alone", "fatal")]


@given(st.binary(max_size=200), st.sampled_from(sorted(FILES)))
def test_whatever_the_bytes_there_is_an_answer(data: bytes, name: str) -> None:
    header = FILES[name].partition(b"\n")[0] + b"\n"
    assert_says_what_is_wrong(onet.read_folder({**FILES, name: data}))
    assert_says_what_is_wrong(onet.read_folder({**FILES, name: header + data}))
    assert_says_what_is_wrong(onet.read(data))
