"""Reads Keras files without Keras."""

from __future__ import annotations

from ..torch.files import members

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"


def looks_like_keras(content: bytes) -> bool:
    """True for a Keras 3 archive and for any HDF5 file, whatever their names."""
    if content.startswith(HDF5_MAGIC):
        return True
    names = members(content)
    damaged = content.startswith(b"PK") and not names
    return "config.json" in names or (damaged and b"config.json" in content[:4096])
