"""Reads Keras files without Keras."""

from __future__ import annotations

import io
import zipfile

from .checkpoint import DAMAGED, HDF5_MAGIC


def looks_like_keras(content: bytes) -> bool:
    """True for a Keras 3 archive and for any HDF5 file, whatever their names."""
    if content.startswith(HDF5_MAGIC):
        return True
    if not content.startswith(b"PK"):
        return False
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except DAMAGED:
        return b"config.json" in content[:4096]
    return "config.json" in names
