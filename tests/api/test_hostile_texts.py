"""Whatever a text holds, it is kept to the letter or refused where it stands; nobody runs it."""

import html
import unicodedata
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from issuer.pages import thing_url
from registrar.models import ApiClient, AwardFile, Course, Learner, Revision
from registrar.services.college import api_clients
from tests.api.hostile_texts import KEPT, LINES, MARKUP, REFUSED
from tests.cast import College, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

PROBLEM = "application/problem+json"
SCIENCE = "sis:own:sci"


@pytest.fixture
def system(root: User) -> APIClient:
    """Who may do everything."""
    application, _ = api_clients.add("Everything", by=root, scopes=settings.ALL_SCOPES)
    system = signed_in(application)
    AccessToken.objects.update(scope=" ".join(settings.ALL_SCOPES))
    return system


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def rows(kind: str, member: str, texts: tuple[str, ...]) -> list[dict[str, str]]:
    """A row with each of the texts as this member."""
    row = {"given_name": "A"} if kind == "learners" else {"organisation": SCIENCE, "title": "A"}
    return [{**row, "sourced_id": f"h{n}", member: text} for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("kind", "member"),
    [("learners", "given_name"), ("courses", "title"), ("courses", "description")],
)
def test_a_text_is_kept_to_the_letter_or_refused_where_it_stands(
    system: APIClient, college: College, kind: str, member: str
) -> None:
    wrong = REFUSED if member == "description" else REFUSED + LINES
    sent = rows(kind, member, KEPT + wrong)
    told = system.post(f"/api/v1/{kind}?source=h", sent, format="json").json()["rows"]
    assert [each["status"] for each in told] == ["created"] * len(KEPT) + ["error"] * len(wrong)
    for number, each in enumerate(told[len(KEPT) :], len(KEPT)):
        (flaw,) = each["errors"]
        assert flaw["pointer"] == f"/{number}/{member}"
        assert flaw["code"] == "control_character"
    held = system.get(f"/api/v1/{kind}?source=h&limit=1000").json()["results"]
    assert [each[member] for each in held] == [composed(text) for text in KEPT]


def test_marks_without_end_are_too_long_and_no_row_beside_them_suffers(
    system: APIClient, college: College
) -> None:
    sent = rows("learners", "given_name", ("Ada", "Z" + "\u0335\u0321\u034e" * 4_000, "Ben"))
    told = system.post("/api/v1/learners?source=h", sent, format="json").json()["rows"]
    assert [each["status"] for each in told] == ["created", "error", "created"]
    assert [each["code"] for each in told[1]["errors"]] == ["too_long"]


def test_a_key_is_one_key_however_its_letters_are_composed(
    system: APIClient, college: College
) -> None:
    apart, whole = "Rene\u0301e-\u1100\u1161", "Ren\u00e9e-\uac00"
    sent = [{"sourced_id": key, "given_name": key, "number": key} for key in (apart, whole)]
    told = system.post("/api/v1/learners?source=h", sent, format="json").json()["rows"]
    assert [each["status"] for each in told] == ["created", "unchanged"], told
    # Not folded: these are others.
    others = ["RENÉE-가", "Renée-가", "ﬁ", "fi", "ß", "ss", "ı", "i"]
    sent = [{"sourced_id": key, "given_name": "A"} for key in others]
    told = system.post("/api/v1/learners?source=h", sent, format="json").json()["rows"]
    assert [each["status"] for each in told].count("created") == len(others) - 1
    for key in (apart, whole):
        row = system.get(f"/api/v1/learners/sis:h:{quote(key)}")
        assert (row.status_code, row.json()["sourced_id"]) == (200, whole), key
        found = system.get("/api/v1/learners", {"number": key}).json()["results"]
        assert [each["sourced_id"] for each in found] == [whole], key


def test_a_system_is_one_system_however_its_letters_are_composed(
    system: APIClient, college: College, root: User
) -> None:
    apart, whole = "Rene\u0301e", "Ren\u00e9e"
    limited, _ = api_clients.add("SIS", by=root, sources=[apart])
    assert api_clients.sources_of(ApiClient.objects.get(application=limited)) == [whole]
    sent = [{"sourced_id": "u1", "given_name": "Ada"}]
    for source, became in ((apart, "created"), (whole, "unchanged")):
        answer = system.post(f"/api/v1/learners?source={quote(source)}", sent, format="json")
        assert [row["status"] for row in answer.json()["rows"]] == [became], source
        assert system.get(f"/api/v1/learners/sis:{quote(source)}:u1").json()["source"] == whole
        (found,) = system.get("/api/v1/learners", {"source": source}).json()["results"]
        assert found["source"] == whole


@pytest.mark.parametrize(("path", "name"), [("skills", "search"), ("courses", "code")])
def test_whatever_is_searched_for_is_mere_text(
    system: APIClient, college: College, path: str, name: str
) -> None:
    system.post("/api/v1/courses?source=h", rows("courses", "title", ("Any",)), format="json")
    for text in KEPT:
        if text.isalnum():
            continue
        answer = system.get(f"/api/v1/{path}", {name: text})
        assert answer.status_code in (200, 400), (text, answer.content)
        if answer.status_code == 200 and path != "skills":
            assert answer.json()["results"] == [], text
        else:
            assert answer["Content-Type"] in ("application/json", PROBLEM)
    for text in REFUSED[::3]:
        answer = system.get(f"/api/v1/{path}", {name: text})
        assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM), text


def test_no_page_takes_a_text_for_markup(
    system: APIClient, college: College, clara: User, client: Client
) -> None:
    for kind, member in (("learners", "given_name"), ("courses", "title")):
        system.post(f"/api/v1/{kind}?source=h", rows(kind, member, MARKUP), format="json")
    body = {"slug": "hostile", "organisation": SCIENCE, "name": "".join(MARKUP[:4])}
    assert system.post("/api/v1/templates", body, format="json").status_code == 201
    client.force_login(clara, backend="django.contrib.auth.backends.ModelBackend")
    lists = ["learner", "course", "credentialtemplate"]
    pages = [reverse(f"admin:registrar_{each}_changelist") for each in lists]
    pages += [
        thing_url(each)
        for each in (
            *Learner.objects.filter(source="h")[:4],
            *Course.objects.filter(source="h")[:4],
            *Revision.objects.filter(template__slug="hostile"),
        )
    ]
    pages += [f"{reverse('admin:search')}?q={quote(text)}" for text in MARKUP[:4]]
    shown = ""
    for page in pages:
        answer = client.get(page, follow=True)
        assert answer.status_code == 200, page
        said = answer.content.decode()
        for text in ("alert(1)</s", "<img src=x", "<svg/onload", "<a href=//evil", "49<i>", "<i>"):
            assert text not in said, page
        shown += said
    for text in MARKUP:
        assert html.escape(text) in shown, text


NAMES = (
    *(
        "../../../../tmp/x.csv",
        "..\\..\\x.csv",
        "C:\\x\\a.csv",
        "/etc/hosts",
        "CON",
        "a\u202egpj.csv",
    ),
    *(";rm -rf x.csv", "<script>alert(1)</script>.csv", "%00.csv", "x" * 5_000 + ".csv", ".", ".."),
    *("a\u0301.csv", "Zeugnisse März.csv", "李.csv", "a;b.csv", "=1+1.csv"),
)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_leads_nowhere(
    system: APIClient, workshop: Revision, clara: User, client: Client, name: str
) -> None:
    head = 'Content-Disposition: form-data; name="{}"'
    said = name.replace("\\", "\\\\").replace('"', '\\"')
    body = "\r\n".join(
        [
            *("--x", head.format("template"), "", workshop.template.slug),
            *("--x", head.format("file") + f'; filename="{said}"', "", "number\r\n1"),
            *("--x--", ""),
        ]
    )
    answer = system.generic(
        "POST",
        "/api/v1/award-files",
        body.encode(),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code in (200, 201, 400, 422), answer.content
    assert answer.status_code < 300 or answer["Content-Type"] == PROBLEM
    for kept in AwardFile.objects.all():
        assert not {*kept.file_name} & {"/", "\\", "\u202e", "\0"}
        assert 0 < len(kept.file_name) <= 300
    client.force_login(clara, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("admin:registrar_awardfile_changelist"))
    assert page.status_code == 200
    assert "<script>alert(1)" not in page.content.decode()


# JSON, as RFC 8259 has it and otherwise. Each stands as the member of an object.
NO_JSON: tuple[str, ...] = (
    *("", " ", ",", ":", "]", "}", "[", "{", '"', "'a'", "a", "t", "nul", "True", "None", "NULL"),
    *("undefined", "-NaN", "inf", "1_000", "١", "１", "½", "0x1F"),
    *("01", "-01", "00", "-", "+1", "--1", ".5", "-.5", "5.", "1.e1", "1e", "1e+", "1E-", "1e1.5"),
    *("1 000", "1,5", "0e", "2..3", "1+2", "- 1", "0b1", "1a"),
    *("[,]", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1:2]", "[1", "1]", "[1]]", "[[1]", '["a"', "[a]"),
    *('{"b"}', '{"b":}', "{:1}", "{b:1}", "{'b':1}", '{"b":1,}', '{,"b":1}', '{"b":1,,"c":2}'),
    *(
        '{"b":1 "c":2}',
        '{"b"=1}',
        '{"b",1}',
        "{1:2}",
        "{null:1}",
        '{"b":1',
        '{"b":1}}',
        '{["b"]:1}',
    ),
    *('"\\', '"\\"', '"\\x41"', '"\\a"', '"\\u12"', '"\\u12G4"', '"\\U0041"', '"\\ud800\\u"'),
    *('"\\0"', '"\\e"', '"\\\'"', '"a', 'a"', '"a" "b"', '"\x00"', '"\t"', '"\n"', '"\x1f"', '"""'),
    *("/* */1", "1/* */", "// a\n1", "1 # a", "1;", "<b>1</b>", "(1)", "`1`", "@1", "*", "\x0b1"),
    *("\x0c1", "\u00a01", "\u20281", "\ufeff1", "\u30001", "function(){}", 'new Date("x")', "b'a'"),
    *('{"b":1,"b":1}', '{"b":1,"\\u0062":2}', '[{"b":{"c":1,"c":null}}]', '{"":1,"":2}'),
)
# JSON that two readers could understand differently.
DOUBTFUL: tuple[str, ...] = (
    *("NaN", "Infinity", "-Infinity"),
    *(
        '"\\ud800"',
        '"\\udfff"',
        '"\\udc00\\ud800"',
        '{"\\ud83d":1}',
        '["\\ud83d\\n"]',
        '"\\ud83dx"',
    ),
    *(
        "1e1000000",
        "-1e400",
        "9" * 400,
        "9" * 5_000,
        "9007199254740993",
        "-9007199254740993",
        "123456789012345678901234567890",
    ),
)
JSON: tuple[str, ...] = (
    *("null", "true", "false", "0", "-0", "1", "-1", "9007199254740992", "1.5", "-0.5", "0.1e1"),
    *("1e5", "1E5", "1e+5", "1E-5", "0e0", "1e-400", "0.3000000000000000444", "-0.0", "1e308"),
    *('""', '"a"', '" "', '"\\u0061"', '"\\u00e9"', '"é"', '"e\u0301"', '"李"', '"\U0001f600"'),
    *(
        '"\\ud83d\\ude00"',
        '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
        '"\\uFFFD"',
        '"\u2028"',
        '"\u00a0"',
        '"\\u200b"',
    ),
    *(
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "[1,2]",
        "[ 1 , 2 ]",
        "[[]]",
        "[{}]",
        '{"":1}',
        '{"b":{"c":[null]}}',
    ),
    *("\r\n\t 1 \r\n\t", '{ "b" : 1 , "c" : 2 }', "[" * 30 + "]" * 30, '"' + "x" * 9_000 + '"'),
    *('{"\\u0062":1,"c":2}', '{"B":1,"b":2}', '{"é":1,"e\u0301":2}', '{"a":1}', '["a","a"]'),
)


def test_what_is_no_json_or_could_mean_two_things_is_refused_and_all_else_is_read(
    system: APIClient, college: College
) -> None:
    wrong = []
    for number, text in enumerate(NO_JSON + DOUBTFUL + JSON):
        is_json = text in JSON
        asked = {"/api/v1/templates": f'{{"a": {text}}}'}
        if number % 3 == 0:
            asked["/api/v1/learners?source=h"] = f'[{{"a": {text}}}]'
        for path, body in asked.items():
            answer = system.generic("POST", path, body.encode(), content_type="application/json")
            said = answer.json()
            # In rows, what could mean two things is told in its place.
            is_read = said.get("code") == "invalid" or said.get("errors") == 1
            if is_read != is_json and not (text in DOUBTFUL and "rows" in said):
                wrong.append(f"{path} {body[:60]}: {answer.status_code} {said}")
            if answer.status_code != (200 if "rows" in said else 400):
                wrong.append(f"{path} {body[:60]}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
