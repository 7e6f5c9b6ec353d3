"""Recognises files of weights by their content."""

from __future__ import annotations

from . import files, tables


def looks_like_weights(content: bytes) -> bool:
    """Whether the file is one of PyTorch's, or one of named arrays."""
    return bool(
        files.looks_like_torch(content)
        or tables.looks_like_npz(content)
        or tables.looks_like_safetensors(content)
    )
