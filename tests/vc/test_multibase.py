import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuer.vc import did, multibase, signers
from issuer.vc.errors import MalformedKey, MalformedMultibase, VcError, WeakKey

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


@given(st.binary(max_size=100))
def test_base58btc_reads_what_it_wrote(data: bytes) -> None:
    assert multibase.decode_base58btc(multibase.encode_base58btc(data)) == data


@given(st.binary(max_size=300))
def test_base64url_reads_what_it_wrote(data: bytes) -> None:
    assert multibase.decode_base64url(multibase.encode_base64url(data)) == data


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_our_error(text: str) -> None:
    for read in (
        multibase.decode_base58btc,
        multibase.decode_base64url,
        multibase.decode_multikey,
    ):
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


def test_the_multikey_of_the_published_key_pair_is_read_and_written(
    shared_data: Path,
) -> None:
    pair = json.loads((shared_data / "vectors/w3c-eddsa/keyPair.json").read_text())
    secret = multibase.decode_base58btc(pair["privateKeyMultibase"])
    assert secret[:2] == b"\x80\x26"
    signer = signers.Ed25519Signer(secret[2:])
    assert signer.public_multibase == pair["publicKeyMultibase"]
    assert (
        multibase.encode_multikey(multibase.decode_multikey(pair["publicKeyMultibase"]))
        == (pair["publicKeyMultibase"])
    )


def _add(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    (x1, y1), (x2, y2) = one, two
    product = D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P,
    )


def _points_of_small_order() -> set[tuple[int, int]]:
    """All points P with 8P = 0, found anew: any points of the curve times the group's order."""
    order = 2**252 + 27742317777372353535851937790883648493
    found: set[tuple[int, int]] = set()
    for y in range(2, 60):
        square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(square, (P + 3) // 8, P)
        if (x * x - square) % P:
            x = x * pow(2, (P - 1) // 4, P) % P
        if (x * x - square) % P:
            continue
        point, total, count = (x, y), (0, 1), order
        while count:
            if count & 1:
                total = _add(total, point)
            point, count = _add(point, point), count >> 1
        found.add(total)
        found.add(((P - total[0]) % P, total[1]))
        if len(found) == 8:
            break
    return found


def test_all_eight_keys_of_small_order_are_refused_everywhere() -> None:
    points = _points_of_small_order()
    assert len(points) == 8
    for x, y in points:
        key = (y | (x & 1) << 255).to_bytes(32, "little")
        multikey = multibase.encode_base58btc(b"\xed\x01" + key)
        with pytest.raises(WeakKey):
            multibase.decode_multikey(multikey)
        with pytest.raises(WeakKey):
            multibase.encode_multikey(key)
        with pytest.raises(WeakKey):
            did.resolve_key(f"did:key:{multikey}")
        with pytest.raises(WeakKey):
            signers.check(b"any message", key + bytes(32), public_key=multikey)


@pytest.mark.parametrize(
    "key",
    [
        (P + 3).to_bytes(32, "little"),
        (2**255 - 1).to_bytes(32, "little"),
        (2).to_bytes(32, "little"),
        bytes(31),
        bytes(33),
    ],
    ids=["y beyond p", "all ones", "not on the curve", "short", "long"],
)
def test_what_is_no_point_in_canonical_encoding_is_refused(key: bytes) -> None:
    with pytest.raises(MalformedKey):
        multibase.decode_multikey(multibase.encode_base58btc(b"\xed\x01" + key))


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(MalformedKey):
        multibase.decode_multikey(multibase.encode_base58btc(b"\x80\x24" + b"\x02" * 33))


def test_a_signer_does_not_show_its_seed() -> None:
    signer = signers.Ed25519Signer(b"\x42" * 32)
    assert "4242" not in repr(signer)
    assert repr(signer) == f"<Ed25519Signer {signer.public_multibase}>"
