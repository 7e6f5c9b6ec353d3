"""Reads TensorFlow Lite files without TensorFlow."""

from __future__ import annotations


def looks_like_tflite(content: bytes) -> bool:
    """Whether the content is a FlatBuffer with the name of TensorFlow Lite's schema."""
    return content[4:8] == b"TFL3"
