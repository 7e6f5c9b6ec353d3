"""Reads TensorFlow's SavedModels, graphs and checkpoints, with TensorFlow."""

from __future__ import annotations

import io
import zipfile
import zlib

from ..checkpoint import Checkpoint

GRAPH = "saved_model.pb"
INDEX_END = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
"""The last bytes of a checkpoint's index."""
DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError)


def looks_like_saved_model(checkpoint: Checkpoint) -> bool:
    """Whether it is a SavedModel's folder, or a zip archive of one."""
    if checkpoint.is_folder:
        assert checkpoint.path is not None
        return (checkpoint.path / GRAPH).is_file()
    return checkpoint.content.startswith(b"PK") and zipped_root(checkpoint.content) is not None


def looks_like_checkpoint(checkpoint: Checkpoint) -> bool:
    """Whether it is the index of a checkpoint of weights."""
    return checkpoint.content.endswith(INDEX_END)


def zipped_root(content: bytes) -> str | None:
    """The folder within an archive that is a SavedModel, with a slash at its end or empty."""
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except DAMAGED:
        return None
    roots = [name.removesuffix(GRAPH) for name in names if name.split("/")[-1] == GRAPH]
    return min(roots, key=len) if roots else None
