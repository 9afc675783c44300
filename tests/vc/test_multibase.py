import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.vc import multibase
from issuer.vc.errors import MalformedMultibase, VcError


@given(st.binary(max_size=100))
def test_base58btc_reads_what_it_wrote(data: bytes) -> None:
    assert multibase.decode_base58btc(multibase.encode_base58btc(data)) == data


@given(st.binary(max_size=300))
def test_base64url_reads_what_it_wrote(data: bytes) -> None:
    assert multibase.decode_base64url(multibase.encode_base64url(data)) == data


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_our_error(text: str) -> None:
    for read in (multibase.decode_base58btc, multibase.decode_base64url):
        for candidate in (text, "z" + text, "u" + text):
            try:
                read(candidate)
            except VcError:
                continue


@pytest.mark.parametrize("text", ["", "z0", "zO", "m12", "Z1", "z" + "2" * 256, "zü"])
def test_what_is_not_base58btc_is_refused(text: str) -> None:
    with pytest.raises(MalformedMultibase):
        multibase.decode_base58btc(text)


@pytest.mark.parametrize("text", ["", "uA", "uAA==", "uA/A", "uAB", "uAA\n", "zAA"])
def test_what_is_not_base64url_without_padding_is_refused(text: str) -> None:
    with pytest.raises(MalformedMultibase):
        multibase.decode_base64url(text)
