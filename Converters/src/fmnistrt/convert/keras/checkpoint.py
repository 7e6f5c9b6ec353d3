"""Opens Keras files: the archive of Keras 3, and HDF5 of every version, whole or weights alone.

Nothing in the file is executed or unpickled; sizes are checked before anything is read.
"""

from __future__ import annotations

import io
import json
import lzma
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, replace
from typing import Any

import h5py
import numpy as np

from ..graph import ConvertError
from . import HDF5_MAGIC

MAX_JSON = 64 << 20
MAX_WEIGHTS = 1 << 30
ROOTS = ("layers", "_layer_checkpoint_dependencies")
"""Where archives keep the layers: since Keras 2.14, and before."""
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(OSError, RuntimeError, ValueError, KeyError, IndexError, TypeError, OverflowError),
)
"""What zipfile and h5py raise when their input is damaged."""


@dataclass(frozen=True)
class Version:
    """The version of Keras that wrote a file, such as 3.10.0, or 2.2.4-tf of TensorFlow's Keras."""

    text: str

    @property
    def numbers(self) -> tuple[int, int]:
        """Major and minor version; files of Keras 1 do not always say theirs."""
        found = re.match(r"(\d+)(?:\.(\d+))?", self.text)
        return (int(found[1]), int(found[2] or 0)) if found else (1, 0)

    @property
    def is_modern(self) -> bool:
        """Keras 3 and later."""
        return self.numbers >= (3, 0)

    @property
    def is_tensorflow(self) -> bool:
        """TensorFlow's Keras; from 2.4 to 2.15 there is no other."""
        return self.text.endswith("-tf") or (2, 4) <= self.numbers < (3, 0)


@dataclass(frozen=True)
class Checkpoint:
    """A Keras file: the model's configuration and the weights.

    `config` is None in a file of weights alone. `weights` is the group with the layers: of an
    archive by class, with `archive`, otherwise by name.
    """

    config: dict[str, Any] | None
    version: Version
    weights: h5py.Group
    archive: bool
    backend: str = ""


def open_checkpoint(content: bytes) -> Checkpoint:
    """Opens the bytes of an archive or an HDF5 file."""
    if content.startswith(HDF5_MAGIC):
        return _open_hdf5(content)
    return _open_archive(content)


def _open_archive(content: bytes) -> Checkpoint:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.namelist()
        config = parse_json(_member(archive, "config.json", MAX_JSON), "config.json")
        version = ""
        if "metadata.json" in members:
            version = str(
                parse_json(_member(archive, "metadata.json", MAX_JSON), "metadata.json").get(
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
    return Checkpoint(config, Version(version or "3"), _hdf5(weights), archive=True)


def _open_hdf5(content: bytes) -> Checkpoint:
    try:
        return _read_hdf5(h5py.File(io.BytesIO(content), "r"))
    except DAMAGED:
        raise _damaged_hdf5() from None


def _read_hdf5(file: h5py.File) -> Checkpoint:
    version, backend = (_text(file, key) or "" for key in ("keras_version", "backend"))
    config = _text(file, "model_config")
    if config is None:
        archive = any(root in file for root in ROOTS)
        if not archive and "layer_names" not in file.attrs:
            raise ConvertError(
                "this HDF5 file is not a Keras model: save the whole model with model.save()"
            )
        return Checkpoint(None, Version(version), file, archive, backend)
    if "model_weights" not in file:
        raise ConvertError(
            "this file holds a model without weights: save the trained model with model.save()"
        )
    layers = parse_json(config.encode(), "model_config")
    weights = file["model_weights"]
    return Checkpoint(layers, Version(version or "1"), weights, archive=False, backend=backend)


def with_config(checkpoint: Checkpoint, config: dict[str, Any]) -> Checkpoint:
    """Weights with the layers that `model.to_json()` wrote, of which not all say the version."""
    version = str(config.get("keras_version") or checkpoint.version.text)
    if not version:
        version = "3" if "module" in config else "2"
    backend = checkpoint.backend or str(config.get("backend") or "")
    return replace(checkpoint, config=config, version=Version(version), backend=backend)


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


def parse_json(content: bytes, what: str) -> dict[str, Any]:
    """An object of JSON; `what` is what messages call it."""
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
