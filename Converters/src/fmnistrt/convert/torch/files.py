"""Opens what torch.save wrote: archives since PyTorch 1.6, a row of pickles before.

Also plain pickles of such values (by pickle.dump or joblib.dump), in which every storage is a file
of the old layout.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from ..graph import ConvertError
from .calls import Read, machine
from .machine import Machine, Record
from .tensors import Storage, item_size

MAGIC = (0x1950A86A20F9469CFC6C).to_bytes(10, "little")
"""The number that the first pickle of an old file holds."""
MAX_MEMBER = 1 << 30
HEAD = 1 << 16
"""How far into a plain pickle the names of PyTorch's functions are looked for."""

ZIP_FAILURES = (
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass
class Saved:
    """The value in a file, and the functions that its pickle wanted to call in vain."""

    value: Any
    foreign: tuple[str, ...] = ()


def looks_like_torch(content: bytes) -> bool:
    """Whether PyTorch's tensors are in the file, in a layout that can be read."""
    return is_old(content) or is_plain(content) or bool(pickle_of(members(content)))


def is_plain(content: bytes) -> bool:
    """Whether the file is a plain pickle that has tensors, and no model of scikit-learn."""
    head = content[:HEAD]
    plain = head[:1] == b"\x80" and head[1:2] <= b"\x05" and not is_old(content)
    return plain and b"torch._utils" in head and b"sklearn" not in head


def is_old(content: bytes) -> bool:
    """Whether the file begins as PyTorch's did before 1.6."""
    return MAGIC in content[:32] and content[:1] in (b"\x80", b"\x8a")


def members(content: bytes) -> list[str]:
    """The names in a zip archive; none if it is no archive, or a damaged one."""
    if not content.startswith(b"PK"):
        return []
    try:
        return zipfile.ZipFile(io.BytesIO(content)).namelist()
    except ZIP_FAILURES:
        return []


def pickle_of(names: list[str]) -> str:
    """The name of the pickle in an archive of torch.save, or nothing; TorchScript is none."""
    found = [name for name in names if name == "data.pkl" or name.endswith("/data.pkl")]
    if not found:
        return ""
    folder = min(found, key=len).removesuffix("data.pkl")
    script = any(name.startswith(f"{folder}code/") for name in names)
    return "" if script else f"{folder}data.pkl"


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """The content of a member, which may not be larger than any checkpoint."""
    try:
        size = archive.getinfo(name).file_size
        if size > MAX_MEMBER:
            raise ConvertError(f"{name} in this archive unpacks to {size} bytes: more than 1 GiB")
        return archive.read(name)
    except ZIP_FAILURES as error:
        reason = " ".join(str(error).split())[:100]
        raise ConvertError(
            f"is damaged ({reason or type(error).__name__}): copy it again from its origin"
        ) from None


def read_torch(content: bytes) -> Saved:
    """The value in a file of PyTorch's, whose layout its content tells."""
    if is_old(content):
        return _read_old(content)
    if is_plain(content):
        return _read_plain(content)
    return _read_archive(content, pickle_of(members(content)))


def _run(reader: Machine, stream: io.BytesIO) -> Saved:
    value = reader.run(stream)
    return Saved(value, tuple(reader.foreign))


def _read_archive(content: bytes, name: str) -> Saved:
    """The value in an archive whose pickle is called `name`."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    folder = name.removesuffix("data.pkl")
    order = "<"
    if f"{folder}byteorder" in archive.namelist():
        order = ">" if read_member(archive, f"{folder}byteorder").strip() == b"big" else "<"

    def find(key: str, _: str) -> Read:
        return lambda: (read_member(archive, f"{folder}data/{key}"), order)

    return _run(machine(find), io.BytesIO(read_member(archive, name)))


def _read_old(content: bytes) -> Saved:
    """The value in an old file: four pickles, the keys of the storages, then their numbers."""
    stream = io.BytesIO(content)
    kinds: dict[str, str] = {}
    found: dict[str, bytes] = {}

    def find(key: str, kind: str) -> Read:
        if kinds.setdefault(key, kind) != kind:
            raise ValueError("a storage has two types")

        def read() -> tuple[bytes, str]:
            if key not in found:
                raise ConvertError("is in a storage that is missing: the file is damaged")
            return found[key], order

        return read

    reader = machine(find)
    _, version, system = (reader.run(stream) for _ in range(3))
    if version != 1001 or not isinstance(system, dict):
        raise ConvertError("is of an unknown version of PyTorch's old format: save it once more")
    order = "<" if system.get("little_endian", True) else ">"
    saved, keys = _run(reader, stream), reader.run(stream)
    if not isinstance(keys, list):
        raise ConvertError("the list of storages in this file is damaged: copy it again")
    for key in keys:
        if not isinstance(key, str) or key not in kinds:
            raise ConvertError("has a storage that no tensor uses: the file is damaged")
        found[key] = _numbers(stream, kinds[key], order)
    return saved


def _read_plain(content: bytes) -> Saved:
    """The value in a plain pickle, whose storages are the values of files within it."""

    def find(key: str, kind: str) -> Read:
        raise ValueError("it names a storage that it does not hold")

    read: dict[int, tuple[Any, Storage]] = {}

    def nested(arguments: tuple[Any, ...]) -> Storage:
        """torch.storage._load_from_bytes(content), once for each content."""
        (inner,) = arguments
        if isinstance(inner, Record) and inner.kind == "_codecs.encode":
            # How protocol 2 writes bytes: as a text of their codes.
            inner = inner.arguments[0]
        if id(inner) not in read:
            read[id(inner)] = inner, _nested(inner)
        return read[id(inner)][1]

    reader = machine(find)
    reader.allow("torch.storage._load_from_bytes", nested)
    return _run(reader, io.BytesIO(content))


def _nested(content: Any) -> Storage:
    """The storage in a file of the old layout, which a plain pickle holds as bytes or text."""
    inner = content.encode("latin1") if isinstance(content, str) else content
    # Never a plain pickle, so nothing is nested further.
    if not isinstance(inner, bytes) or not is_old(inner):
        raise ValueError("it has a storage that is not in the old layout")
    value = _read_old(inner).value
    if not isinstance(value, Storage):
        raise ValueError("it has something else where a storage must be")
    return value


def _numbers(stream: io.BytesIO, kind: str, order: str) -> bytes:
    """The bytes of the storage at the stream's place: a count of numbers, then these."""
    size = item_size(kind)
    head = stream.read(8)
    count = int.from_bytes(head, "little" if order == "<" else "big", signed=True)
    content = stream.read(max(count, 0) * size) if count * size <= MAX_MEMBER else b""
    if len(head) != 8 or len(content) != count * size:
        raise ConvertError("ends within its weights: copy it again from its origin")
    return content
