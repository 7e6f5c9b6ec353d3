"""Compressed files, of which the beginning is unpacked to see what is in them."""

from __future__ import annotations

import bz2
import lzma
import zlib

from .kind import Kind
from .pickles import pickle_kind

_HEAD = 1 << 16
_JOBLIB = (".pkl", ".pickle", ".joblib")

_TOOLS = {
    "bzip2": "bunzip2",
    "gzip": "gunzip",
    "lz4": "unlz4",
    "lzma": "unlzma",
    "xz": "unxz",
}


def compressed_kind(content: bytes) -> Kind | None:
    """What a compressed file is; None if it is none."""
    method, head = unpacked(content)
    if not method:
        return None
    inner = pickle_kind(head)
    if inner is not None:
        return Kind(f"{inner.what}, compressed with {method}", inner.advice, _JOBLIB)
    if method == "zlib":
        return None
    if head[257:262] == b"ustar":
        return Kind(f"a tar archive, compressed with {method}", "unpack it first")
    return Kind(f"compressed with {method}", f"unpack it with {_TOOLS[method]} first")


def unpacked(content: bytes) -> tuple[str, bytes]:
    """How a file is compressed, and its beginning as far as that can be unpacked."""
    if content.startswith(b"\x1f\x8b"):
        return "gzip", _inflated(content, 31)
    if content.startswith(b"BZh"):
        return "bzip2", _bunzipped(content)
    if content.startswith(b"\xfd7zXZ\0"):
        return "xz", _lzma(content)
    if content.startswith(b"\x5d\0\0") and content[12:13] in (b"\0", b"\xff"):
        return "lzma", _lzma(content)
    if content.startswith(b"\x04\x22\x4d\x18"):
        return "lz4", _lz4(content)
    if content.startswith(b"ZF0x"):
        # joblib before 0.10: the size in hexadecimal digits, then what zlib gives.
        return "zlib", _inflated(content[content[:40].find(b"\x78") :], 15)
    if content[:1] == b"\x78" and len(content) > 1 and int.from_bytes(content[:2]) % 31 == 0:
        return "zlib", _inflated(content, 15)
    return "", b""


def _inflated(content: bytes, window: int) -> bytes:
    try:
        return zlib.decompressobj(window).decompress(content[:_HEAD], _HEAD)
    except zlib.error:
        return b""


def _bunzipped(content: bytes) -> bytes:
    try:
        return bz2.BZ2Decompressor().decompress(content, _HEAD)
    except OSError:
        return b""


def _lzma(content: bytes) -> bytes:
    try:
        reader = lzma.LZMADecompressor(memlimit=1 << 28)
        return reader.decompress(content[:_HEAD], _HEAD)
    except lzma.LZMAError:
        return b""


def _lz4(content: bytes) -> bytes:
    """The beginning of an LZ4 frame: of its first block, as far as that is whole."""
    flags = content[4] if len(content) > 4 else 0
    at = 7 + (8 if flags & 8 else 0) + (4 if flags & 1 else 0)
    size = int.from_bytes(content[at : at + 4], "little")
    block = content[at + 4 : at + 4 + min(size & 0x7FFFFFFF, _HEAD)]
    # The highest bit says that the block is stored as it was.
    return block if size >> 31 else _lz4_block(block)


def _lz4_block(block: bytes) -> bytes:
    """Sequences of a token, bytes as they are, and how far back to copy how many from."""
    result = bytearray()
    at = 0

    def length(nibble: int, at: int) -> tuple[int, int]:
        while nibble >= 15:
            more = block[at]
            nibble, at = nibble + more, at + 1
            if more != 255:
                break
        return nibble, at

    try:
        while len(result) < _HEAD:
            token = block[at]
            count, at = length(token >> 4, at + 1)
            result += block[at : at + count]
            at += count
            back = block[at] | block[at + 1] << 8
            count, at = length(token & 15, at + 2)
            if not 0 < back <= len(result):
                break
            for _ in range(count + 4):
                result.append(result[-back])
    except IndexError:
        pass
    return bytes(result)
