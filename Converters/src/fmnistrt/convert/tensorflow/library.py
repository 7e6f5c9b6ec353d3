"""Loads TensorFlow, which most conversions do without."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from ..graph import ConvertError

INSTALL = "pip install './Converters[tensorflow]'"
SETTINGS = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Sums in one order, whatever the processor.
    "TF_ENABLE_ONEDNN_OPTS": "0",
}


def tensorflow() -> ModuleType:
    """The module, on the processor and without its messages; ConvertError if it is missing."""
    if "tensorflow" not in sys.modules:
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
    try:
        import tensorflow as module
    except ImportError as error:
        raise ConvertError(
            f"needs TensorFlow to be read ({reason_of(error)}): run {INSTALL}, or save the model "
            "as .keras where it was made"
        ) from error
    module.get_logger().setLevel("ERROR")
    return module


def reason_of(error: Exception) -> str:
    """What TensorFlow says, on one line and not too long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}..."


@contextmanager
def quiet() -> Iterator[None]:
    """Drops what TensorFlow's C++ code writes on the standard error stream, hundreds of lines."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)
