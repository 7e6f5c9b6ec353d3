"""The ONNX front end."""

from .detect import looks_like_onnx
from .read import read_onnx

__all__ = ["looks_like_onnx", "read_onnx"]
