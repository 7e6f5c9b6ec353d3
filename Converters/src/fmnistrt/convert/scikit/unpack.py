"""Recognises files of skops, joblib and pickle, and undoes joblib's compression."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable

from ..graph import ConvertError
from ..recognise.compressed import unpacked
from ..recognise.pickles import library_of
from ..torch.files import members

MAX_UNPACKED = 1 << 30
HEAD = 1 << 16
"""Bytes in which a pickle of scikit-learn names its first class."""
LZ4_MAGIC = b"\x04\x22\x4d\x18"

_COMPRESSIONS: tuple[tuple[bytes, Callable], ...] = (
    (b"\x1f\x8b", lambda: zlib.decompressobj(wbits=31)),
    (b"\x78", zlib.decompressobj),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ", lzma.LZMADecompressor),
    (b"\x5d\x00\x00", lzma.LZMADecompressor),
)
"""What joblib's compressions begin with: gzip, zlib, bz2, xz, lzma."""


def looks_like_skops(content: bytes) -> bool:
    """Whether the file is an archive of skops."""
    return "schema.json" in members(content)


def looks_like_pickle(content: bytes) -> bool:
    """Whether the file is a pickle of scikit-learn's objects, compressed or not."""
    method, head = unpacked(content)
    return library_of(head if method else content[:HEAD]) == "sklearn"


def unpack(content: bytes) -> bytes:
    """The pickle within a file of joblib or pickle."""
    if content.startswith(b"ZF"):
        raise ConvertError(
            "was written by joblib before 0.10, whose files cannot be read: load it with that "
            "version and save it with pickle.dump()"
        )
    try:
        pickled = _decompressed(content)
    except (EOFError, OSError, ValueError, RuntimeError, lzma.LZMAError, zlib.error) as error:
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise ConvertError(f"is damaged ({reason}): copy it again from its origin") from None
    if len(pickled) > MAX_UNPACKED:
        raise ConvertError("unpacks to more than 1 GiB, which no .fmg file can be")
    return pickled


def _decompressed(content: bytes) -> bytes:
    """The whole content, or a little more than there may be of it."""
    if content.startswith(LZ4_MAGIC):
        return _read_lz4(content)
    for prefix, opened in _COMPRESSIONS:
        if content.startswith(prefix):
            decompressor = opened()
            whole = decompressor.decompress(content, MAX_UNPACKED + 1)
            if len(whole) <= MAX_UNPACKED and not decompressor.eof:
                raise EOFError("it ends too early")
            return whole
    return content


def _read_lz4(content: bytes) -> bytes:
    try:
        import lz4.frame
    except ImportError:
        raise ConvertError(
            "is compressed with lz4, for which a package is missing: pip install lz4"
        ) from None
    with lz4.frame.open(io.BytesIO(content)) as stream:
        return stream.read(MAX_UNPACKED + 1)
