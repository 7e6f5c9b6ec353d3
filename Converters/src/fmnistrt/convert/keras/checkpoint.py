"""Opens Keras files: the archive of Keras 3 and the whole-model HDF5 of every version.

Nothing in the file is executed or unpickled; sizes are checked before anything is read.
"""

from __future__ import annotations

import io
import json
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from ..graph import ConvertError
from . import HDF5_MAGIC

MAX_JSON = 64 << 20
MAX_WEIGHTS = 1 << 30
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(OSError, RuntimeError, ValueError, KeyError, IndexError, TypeError, OverflowError),
)
"""What zipfile and h5py raise when their input is damaged."""


@dataclass
class Checkpoint:
    """A Keras file: the model's configuration and the HDF5 file with the weights."""

    config: dict[str, Any]
    version: str
    weights: h5py.File
    archive: bool
    backend: str = ""

    @property
    def major(self) -> int:
        """Major version of Keras; files of Keras 1 do not always say theirs."""
        head = self.version.split(".")[0]
        return int(head) if head.isdigit() else 1


def open_checkpoint(content: bytes) -> Checkpoint:
    """Opens the bytes of an archive or an HDF5 file."""
    if content.startswith(HDF5_MAGIC):
        return _open_hdf5(content)
    return _open_archive(content)


def _open_archive(content: bytes) -> Checkpoint:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.namelist()
        config = _json(_member(archive, "config.json", MAX_JSON), "config.json")
        version = ""
        if "metadata.json" in members:
            version = str(
                _json(_member(archive, "metadata.json", MAX_JSON), "metadata.json").get(
                    "keras_version", ""
                )
            )
        if "model.weights.h5" not in members:
            raise ConvertError(
                "this Keras archive has no model.weights.h5: save the model as one .keras file"
            )
        weights = _member(archive, "model.weights.h5", MAX_WEIGHTS)
    except DAMAGED as error:
        raise ConvertError(
            f"this Keras archive is damaged ({_first_line(error)}): copy it again from its origin"
        ) from None
    return Checkpoint(config, version or "3", _hdf5(weights), archive=True)


def _open_hdf5(content: bytes) -> Checkpoint:
    try:
        return _read_hdf5(h5py.File(io.BytesIO(content), "r"))
    except DAMAGED:
        raise _damaged_hdf5() from None


def _read_hdf5(file: h5py.File) -> Checkpoint:
    config = _text(file, "model_config")
    if config is None:
        signs = ("layers", "_layer_checkpoint_dependencies")
        if "layer_names" in file.attrs or any(sign in file for sign in signs):
            raise ConvertError(
                "this file holds weights without a model: rebuild the model in Keras, load the "
                'weights into it, and save the whole with model.save("model.keras")'
            )
        raise ConvertError(
            "this HDF5 file is not a Keras model: save the whole model with model.save()"
        )
    if "model_weights" not in file:
        raise ConvertError(
            "this file holds a model without weights: save the trained model with model.save()"
        )
    return Checkpoint(
        _json(config.encode(), "model_config"),
        _text(file, "keras_version") or "1",
        file,
        archive=False,
        backend=_text(file, "backend") or "",
    )


def _first_line(error: Exception) -> str:
    line = str(error).split("\n")[0]
    if line[:1] in ("'", '"') and line[-1] == line[0]:  # KeyError quotes its words.
        line = line[1:-1]
    return line or type(error).__name__


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    size = archive.getinfo(name).file_size
    if size > most:
        raise ConvertError(f"{name} in this archive unpacks to {size} bytes; {most} are possible")
    with archive.open(name) as stream:
        return stream.read(most + 1)


def _json(content: bytes, what: str) -> dict[str, Any]:
    if len(content) > MAX_JSON:
        raise ConvertError(f"{what} has {len(content)} bytes; {MAX_JSON} are possible")
    try:
        result = json.loads(content)
    except (ValueError, RecursionError):
        result = None
    if not isinstance(result, dict):
        raise ConvertError(f"{what} in this file is damaged: copy it again from its origin")
    return result


def _hdf5(content: bytes) -> h5py.File:
    try:
        return h5py.File(io.BytesIO(content), "r")
    except DAMAGED:
        raise _damaged_hdf5() from None


def _damaged_hdf5() -> ConvertError:
    return ConvertError("the HDF5 data in this file is damaged: copy it again from its origin")


def _text(group: h5py.Group, key: str) -> str | None:
    """An attribute as text; None when there is none. Raises ValueError if it is not UTF-8."""
    value = group.attrs.get(key)
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    if value is None:
        return None
    text = value.decode() if isinstance(value, bytes) else str(value)
    return text.encode().decode()
