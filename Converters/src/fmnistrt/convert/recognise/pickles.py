"""Pickles, told by the names in them. They are never executed."""

from __future__ import annotations

import pickletools
import re

from .kind import EXPORT_ONNX, EXPORT_SKLEARN, NO_TREES, Kind

MAX_OPCODES = 100_000
_SUFFIXES = (".pkl", ".pickle", ".joblib")
_NEVER = "which is never executed here"
_OLD = (b"ccopy_reg\n", b"ccopyreg\n", b"csklearn", b"cnumpy", b"(i", b"(d", b"(l", b"}q", b"]q")
"""How pickles without a version begin."""

_STORES = ("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT")
_FETCHES = ("GET", "BINGET", "LONG_BINGET")
_NAME = re.compile(r"\w+(\.[\w<>]+)*")

_LIBRARIES = {
    "sklearn": ("a pickle of scikit-learn", EXPORT_SKLEARN),
    "xgboost": ("a pickle of XGBoost", NO_TREES),
    "lightgbm": ("a pickle of LightGBM", NO_TREES),
    "catboost": ("a pickle of CatBoost", NO_TREES),
    "keras": ("a pickle of Keras", "load it where it was made and save it as model.keras"),
    "tensorflow": ("a pickle of TensorFlow", "load it where it was made and save it as .keras"),
    "torch": (
        "a pickle of PyTorch's objects",
        "load it where it was made and save model.state_dict() with torch.save()",
    ),
    "theano": ("a pickle of Theano", EXPORT_ONNX),
    "chainer": ("a pickle of Chainer", EXPORT_ONNX),
    "paddle": ("a pickle of PaddlePaddle", EXPORT_ONNX),
    "pandas": ("a pickle of pandas, data and no model", "give the trained model's file"),
}
"""The first that a pickle names is taken; NumPy alone says nothing."""


def library_of(content: bytes) -> str | None:
    """The library whose objects a pickle holds, by its package; None for no pickle of one known."""
    return _library(_packages(content) or [])


def _library(packages: list[str]) -> str | None:
    return next((package for package in packages if package in _LIBRARIES), None)


def _packages(content: bytes) -> list[str] | None:
    """The packages that a pickle names; None for no pickle."""
    versioned = content[:1] == b"\x80" and content[1:2] <= b"\x05"
    if not versioned and not content.startswith(_OLD):
        return None
    names = names_in(content)
    if not versioned and not names:
        return None
    return [name.partition(".")[0] for name in names]


def pickle_kind(content: bytes) -> Kind | None:
    """What a pickle is; None for no pickle."""
    packages = _packages(content)
    if packages is None:
        return None
    known = _library(packages)
    if known:
        what, advice = _LIBRARIES[known]
        return Kind(f"{what}, {_NEVER}", advice, _SUFFIXES)
    if "numpy" in packages and set(packages) <= {"numpy", "joblib", "_codecs", "copyreg"}:
        advice = "save the arrays by their names with numpy.savez(), then say --arch"
        return Kind(f"a pickle of NumPy arrays, {_NEVER}", advice, _SUFFIXES)
    advice = "load it where it was made and save the model as .keras or .onnx"
    return Kind(f"a Python pickle, {_NEVER}", advice, _SUFFIXES)


def names_in(content: bytes) -> list[str]:
    """The functions and classes that a pickle names, in order, each once; nothing is executed.

    Of a damaged pickle, and of one with other bytes in between (joblib's), those before the damage.
    """
    names: dict[str, None] = {}
    texts: list[str] = []
    memo: dict[int, str] = {}
    stored, pushed = 0, False
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(content)):
            if count == MAX_OPCODES:
                break
            kind = opcode.name
            if kind in ("GLOBAL", "INST"):
                names[str(argument).replace(" ", ".")] = None
            elif kind == "STACK_GLOBAL":
                names[".".join(texts)] = None
            elif kind in _STORES:
                # MEMOIZE numbers what it stores by itself.
                place = stored if argument is None else int(argument)
                stored += 1
                if pushed:
                    memo[place] = texts[-1]
            text = memo.get(int(argument)) if kind in _FETCHES else None
            if "UNICODE" in kind:
                text = str(argument)
            if text is not None:
                texts = [*texts[-1:], text]
            pushed = text is not None
    except Exception:  # genops raises whatever a damaged argument makes it stumble over.
        pass
    return [name for name in names if _NAME.fullmatch(name)]
