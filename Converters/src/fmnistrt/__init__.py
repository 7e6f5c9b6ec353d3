"""Trains classifiers of small images, converts them to .fmg files, and runs those.

from fmnistrt import Model

model = Model("model.fmg")
for label, score in model.classify(pixels, top_k=3).top[0]:
    print(label, score)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fmnistrt._library import FmnistError
    from fmnistrt.model import Model
    from fmnistrt.results import Fit, Golden, Info, Result, TensorInfo

__all__ = ["Fit", "FmnistError", "Golden", "Info", "Model", "Result", "TensorInfo"]


def __getattr__(name: str) -> Any:
    # The commands live in this package too, and their --help should not wait for NumPy.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "_library" if name == "FmnistError" else "model"
    return getattr(import_module(f"fmnistrt.{module}"), name)
