"""Frameworks that come packed, or in several files."""

import gzip
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from skills.readers import formats
from tests.skills.sheets import assert_says_what_is_wrong, told


def zipped(files: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def folder(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.iterdir()}


def test_a_zip_of_the_onet_folder_reads_as_the_folder(shared_data: Path) -> None:
    files = folder(shared_data / "onet")
    inside = {f"db_29_2_text/{name}": data for name, data in files.items()}
    data = zipped(inside | {"__MACOSX/._x": b"?"})
    assert formats.recognise(data) == "onet"
    found = formats.read(data, file="db.zip")
    assert found == formats.read_folder(files, file="db.zip")
    assert len(found.skills) == 627 + 332 + 2_087


def test_a_folder_of_esco_reads_its_packed_files_too(shared_data: Path) -> None:
    files = folder(shared_data / "esco")
    assert formats.recognise_folder(files) == "esco"
    assert len(formats.read_folder(files).skills) == 14_596


def test_a_packed_file_reads_as_it_is() -> None:
    data = b"vendor_guid,object_type,title\na,outcome,A\n"
    plain = formats.read(data, file="outcomes.csv", framework_id="ours", kind="ignored")
    assert told(plain) == []
    for packed in (gzip.compress(data), zipped({"outcomes.csv": data})):
        assert formats.read(packed, file="outcomes.csv", framework_id="ours") == plain


def test_a_plain_list_of_labels_is_told_so(shared_data: Path) -> None:
    listed = (shared_data / "esco" / "skills_en_label_v1.1.0.txt").read_bytes()
    assert told(formats.read(listed)) == [(None, "", "plain_list", "fatal")]


def test_several_files_of_a_format_that_comes_in_one_are_refused() -> None:
    files = {"a.json": b'{"CFDocument": 1}', "b.json": b'{"CFDocument": 2}'}
    found = formats.read_folder(files, format_name="case")
    assert told(found) == [(None, "", "unknown_format", "fatal")]


def test_a_damaged_package_is_refused() -> None:
    for data in (gzip.compress(b"x")[:-2], zipped({"a": b"x"})[:-30]):
        assert formats.recognise(data) == ""
        assert told(formats.read(data)) == [(None, "", "damaged", "fatal")]


def test_nothing_that_is_packed_is_passed_over() -> None:
    data = b"vendor_guid,object_type,title\na,outcome,A\n"
    same = zipped({"one/outcomes.csv": data, "two/outcomes.csv": data})
    assert told(formats.read(same, framework_id="ours")) == []
    differ = zipped({"one/outcomes.csv": data, "two/outcomes.csv": data + b"b,outcome,B\n"})
    assert told(formats.read(differ)) == [(None, "", "two_of_a_name", "fatal")]
    joined = gzip.compress(data) + gzip.compress(b"b,outcome,B\n")
    assert told(formats.read(joined)) == [(None, "", "damaged", "fatal")]


def test_what_unpacks_to_too_much_is_refused() -> None:
    huge = b"\0" * (1 << 27) + b"\0"
    for data in (gzip.compress(huge), zipped({"a": huge})):
        assert told(formats.read(data)) == [(None, "", "too_large", "fatal")]
    many = zipped({str(n): b"" for n in range(501)})
    assert told(formats.read(many)) == [(None, "", "too_many_files", "fatal")]


@given(st.integers(min_value=0), st.integers(0, 255))
def test_whatever_byte_of_a_zip_is_wrong_there_is_an_answer(at: int, byte: int) -> None:
    data = bytearray(zipped({"a.json": b'{"CFDocument": {}}', "b.txt": b"x"}))
    data[at % len(data)] = byte
    assert_says_what_is_wrong(formats.read(bytes(data)))
