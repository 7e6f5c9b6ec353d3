"""Files without any signature, which only their names tell."""

from __future__ import annotations

import re

from .kind import EXPORT_ONNX, Kind

_NAMES = [
    (
        r"\.data-\d{5}-of-\d{5}$",
        Kind("a part of a TensorFlow checkpoint, numbers alone", "give the .index beside it"),
    ),
    (
        r"\.onnx[._]data$",
        Kind("the weights of an ONNX model, without the model", "give the .onnx beside them"),
    ),
    (r"\.(pdmodel|pdiparams)$", Kind("probably a file of PaddlePaddle", EXPORT_ONNX)),
    (r"\.t7$", Kind("probably a file of Torch 7", EXPORT_ONNX, (".t7",))),
]


def name_kind(name: str) -> Kind | None:
    """What the name says; None if it says nothing."""
    return next((kind for pattern, kind in _NAMES if re.search(pattern, name.lower())), None)
