"""PNG: read, add and take out the text of a credential; every other byte stays as it is."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from issuer.vc.baking import carriers
from issuer.vc.errors import BakedAlready, MalformedImage, OutOfBounds

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 5 * 1024 * 1024
# Image data come in pieces of 8 KiB mostly.
MAX_CHUNKS = 4_096

_TEXT = b"iTXt"
_TEXTUAL = frozenset({_TEXT, b"tEXt", b"zTXt"})
_KEYWORDS = frozenset(carrier.keyword for carrier in carriers.ALL)
_HEADER_BYTES = 13
# Length and kind in front, the checksum behind.
_FRAME_BYTES = 12


@dataclass(frozen=True)
class _Chunk:
    kind: bytes
    data: bytes
    start: int
    end: int

    @property
    def is_ours(self) -> bool:
        """Whether it is of a kind for texts and under a keyword for credentials."""
        keyword = self.data.partition(b"\0")[0].decode("latin-1")
        return self.kind in _TEXTUAL and keyword in _KEYWORDS


def read(image: bytes) -> list[str]:
    """Return the texts of credentials, in iTXt chunks, in their order.

    Raises MalformedImage for an image that is not whole (lengths, checksums,
    first and last chunk) or followed by something else, and for a text that is
    compressed or not UTF-8; OutOfBounds.
    """
    return [_text(chunk) for chunk in _chunks(image) if chunk.is_ours and chunk.kind == _TEXT]


def clear(image: bytes) -> bytes:
    """Return the image without texts of credentials, in whatever kind of chunk for texts."""
    kept = [image[chunk.start : chunk.end] for chunk in _chunks(image) if not chunk.is_ours]
    return b"".join([SIGNATURE, *kept])


def add(image: bytes, text: str, *, carrier: carriers.Carrier) -> bytes:
    """Return the image with the text in an iTXt chunk, not compressed, before the image data.

    Raises BakedAlready when something stands under a keyword for credentials,
    in whatever kind of chunk for texts, and what `read` raises of the image.
    """
    chunks = _chunks(image)
    if any(chunk.is_ours for chunk in chunks):
        raise BakedAlready()
    place = next(chunk.start for chunk in chunks if chunk.kind == b"IDAT")
    # Not compressed, by method 0; no language, no translated keyword.
    content = _TEXT + carrier.keyword.encode() + b"\0" * 5 + text.encode()
    length, checksum = struct.pack(">I", len(content) - 4), struct.pack(">I", zlib.crc32(content))
    return b"".join([image[:place], length, content, checksum, image[place:]])


def _chunks(image: bytes) -> list[_Chunk]:
    if len(image) > MAX_BYTES:
        raise OutOfBounds(f"The PNG has more than {MAX_BYTES} bytes.")
    chunks = list(_walk(image))
    kinds = [chunk.kind for chunk in chunks]
    if kinds[0] != b"IHDR" or len(chunks[0].data) != _HEADER_BYTES or b"IDAT" not in kinds:
        raise MalformedImage("The PNG holds no image.")
    if chunks[-1].end != len(image):
        raise MalformedImage("The PNG is followed by something else.")
    return chunks


def _walk(image: bytes) -> Iterator[_Chunk]:
    start = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if start + _FRAME_BYTES > len(image):
            raise MalformedImage("The PNG is cut off.")
        (length,) = struct.unpack_from(">I", image, start)
        end = start + _FRAME_BYTES + length
        if end > len(image):
            raise MalformedImage("The PNG is cut off.")
        content, (checksum,) = image[start + 4 : end - 4], struct.unpack_from(">I", image, end - 4)
        if zlib.crc32(content) != checksum:
            raise MalformedImage("A part of the PNG is damaged: its checksum is wrong.")
        yield _Chunk(content[:4], content[4:], start, end)
        if content[:4] == b"IEND":
            return
        start = end
    raise OutOfBounds(f"The PNG has more than {MAX_CHUNKS} chunks.")


def _text(chunk: _Chunk) -> str:
    rest = chunk.data.partition(b"\0")[2]
    if rest[:1] != b"\0":
        raise MalformedImage("The text in the PNG is compressed or cut off.")
    # After flag and method: the language, the translated keyword, the text.
    parts = rest[2:].split(b"\0", 2)
    try:
        return parts[2].decode()
    except (IndexError, UnicodeDecodeError):
        raise MalformedImage("The text in the PNG cannot be read.") from None
