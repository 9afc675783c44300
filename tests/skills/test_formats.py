"""Which format a file is in, found from what it holds."""

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.readers import formats
from skills.readers.records import Package

OWN = "https://college.example/skills"


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return out.getvalue()


def codes(found: Package) -> list[tuple[str, str]]:
    return [(p.code, p.severity) for p in found.problems]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("case/opensalt_SmartLevelFramework.json", "case"),
        ("competencies/cocurricular_case_v1p1.json", "case"),
        ("rsd/rsd_full_example.jsonld", "rsd"),
        ("rsd/osmt_fixture_rsds.json", "rsd"),
        ("rsd/osmt-batch-import-example.csv", "osmt_csv"),
        ("esco/transversalSkillsCollection_en.csv", "esco"),
        ("onet/DWA Reference.txt", "onet"),
        ("competencies/cocurricular.csv", ""),
        ("cip/CIPCode2020.csv", ""),
        ("samples/clr20_complex.json", ""),
    ],
)
def test_published_files_are_recognised(path: str, name: str, shared_data: Path) -> None:
    data = (shared_data / path).read_bytes()
    assert formats.recognise(data, path) == name
    assert formats.recognise(gzip.compress(data), path) == name


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", ""),
        (b"\xef\xbb\xbf  {", ""),
        (b'{"CFDocument": {', "case"),
        (b'[{"CFDocuments" : []', "case"),
        (b'{"title": "about \\"CFDocument\\": and more"}', ""),
        (b'{"ceasn:competencyText": 1}', "ctdl_asn"),
        (b"SKILL NAME;Contextualized  skill statement\n", "osmt_csv"),
        (b"vendor_guid,object_type,title\n", "canvas"),
        (b"fullStatement,Human Coding Scheme\n", "opensalt_csv"),
    ],
)
def test_a_broken_file_is_recognised_too_so_that_its_faults_can_be_told(
    data: bytes, name: str
) -> None:
    assert formats.recognise(data) == name


@pytest.mark.parametrize("format_name", ["", "nonsense"])
def test_a_file_in_no_known_format_is_fatal_and_says_what_to_do(format_name: str) -> None:
    found = formats.read(b"a,b\n1,2\n", file="x.csv", format_name=format_name)
    assert codes(found) == [("unknown_format", "fatal")]
    assert "CASE 1.0 or 1.1" in found.problems[0].fix


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b" \n", "empty_file"),
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML><p>Sign in", "web_page"),
        (b"<html><p>Sign in", "web_page"),
    ],
)
def test_nothing_at_all_and_a_web_page_are_called_what_they_are(data: bytes, code: str) -> None:
    assert codes(formats.read(data, file="x.csv")) == [(code, "fatal")]


def test_a_reader_gets_the_choices_that_it_asks_for_and_no_others(shared_data: Path) -> None:
    choices: dict[str, Any] = {"framework_id": OWN, "title": "Ours", "mapping": object()}
    plain = (shared_data / "rsd" / "osmt_fixture_rsds.json").read_bytes()
    found = formats.read(plain, **choices)
    assert found.framework is not None
    assert (found.framework.identifier, found.framework.title) == (OWN, "Ours")
    whole = (shared_data / "competencies" / "cocurricular_case_v1p1.json").read_bytes()
    assert formats.read(whole, **choices) == formats.read(whole)


def test_a_zip_of_one_file_is_that_file(shared_data: Path) -> None:
    data = (shared_data / "competencies" / "cocurricular_case_v1p1.json").read_bytes()
    files = {"export/framework.json": data, "export/readme.txt": b"Hello"}
    found = formats.read(zipped(files), file="export.zip")
    assert found.framework == formats.read(data).framework
    assert formats.read_folder(files).framework == found.framework


def test_a_folder_with_its_own_format_is_read_whole(shared_data: Path) -> None:
    files = {path.name: path.read_bytes() for path in (shared_data / "onet").iterdir()}
    assert formats.recognise_folder(files) == "onet"
    assert len(formats.read_folder(files).skills) > 2_087


def test_a_folder_with_two_frameworks_is_fatal(shared_data: Path) -> None:
    files = {path.name: path.read_bytes() for path in (shared_data / "case").glob("opensalt*")}
    assert codes(formats.read_folder(files)) == [("unknown_format", "fatal")]


def test_a_zip_inside_of_a_zip_is_not_opened() -> None:
    inner = zipped({"framework.json": b'{"CFDocument": {}}'})
    assert codes(formats.read(zipped({"a.zip": inner}))) == [("unknown_format", "fatal")]
    assert formats.read(zipped({"a.zip": inner}), format_name="case").is_fatal


@given(st.binary(max_size=200), st.sampled_from(["", *formats.FORMATS]))
def test_no_bytes_make_any_reader_raise(data: bytes, format_name: str) -> None:
    for given_data in (
        data,
        gzip.compress(data),
        zipped({"a": data, "b": data}),
        b"PK\x03\x04" + data,
    ):
        found = formats.read(given_data, format_name=format_name, framework_id=OWN)
        assert isinstance(found, Package)


@given(
    st.sampled_from(sorted(formats.FORMATS)),
    st.lists(st.text(max_size=8) | st.sampled_from(["\ud800", "\0", "__proto__"]), max_size=4),
)
def test_no_json_makes_any_reader_raise(format_name: str, names: list[str]) -> None:
    document: object = "x"
    for name in names:
        document = {name: [document, document]}
    found = formats.read(json.dumps(document).encode(), format_name=format_name)
    assert isinstance(found, Package)
