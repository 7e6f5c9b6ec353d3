"""Trains classifiers of small images, converts them to .fmg files, and runs those.

    from fmnistrt import Model

    model = Model("model.fmg")
    for label, score in model.classify(pixels, top_k=3).top[0]:
        print(label, score)
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fmnistrt._library import FmnistError
    from fmnistrt.model import Fit, Golden, Info, Model, Result, TensorInfo

__all__ = ["Fit", "FmnistError", "Golden", "Info", "Model", "Result", "TensorInfo"]


def __getattr__(name: str) -> object:
    """Imports NumPy and the library's declarations on first use: the converter's help needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "FmnistError":
        from fmnistrt import _library as module
    else:
        from fmnistrt import model as module
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(globals() | dict.fromkeys(__all__))
