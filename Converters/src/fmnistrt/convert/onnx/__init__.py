"""The ONNX front end."""

from __future__ import annotations

from typing import Any

from .detect import looks_like_onnx

__all__ = ["looks_like_onnx", "read_onnx"]


def __getattr__(name: str) -> Any:
    # Recognising a file should not wait for onnx and onnxruntime.
    if name != "read_onnx":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .read import read_onnx

    return read_onnx
