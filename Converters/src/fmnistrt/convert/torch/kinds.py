"""The layers that a model without a graph can have: what their options are, and the defaults.

The defaults are those of PyTorch's classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..graph import ConvertError
from .tensors import is_size

Pair = tuple[int, int]


@dataclass(frozen=True)
class Option:
    """One option. `form` is pair (one number or height x width), number, or a choice of words."""

    form: str
    default: Any
    least: int = 0
    words: tuple[str, ...] = ()


def _number(default: float) -> Option:
    return Option("number", default)


_STRIDE = Option("pair", (1, 1), 1)
_PADDING = Option("pair", (0, 0))
_POOL = {
    "kernel": Option("pair", (2, 2), 1),
    "stride": Option("pair", None, 1),
    "padding": _PADDING,
    "ceil_mode": Option("pair", (0, 0)),
}
_SIZE = {"size": Option("pair", (1, 1), 1)}

KINDS: dict[str, dict[str, Option]] = {
    "conv": {
        "stride": _STRIDE,
        "padding": Option("pair", (0, 0), words=("same", "valid")),
        "dilation": _STRIDE,
    },
    "linear": {},
    "bn": {"eps": _number(1e-5)},
    "prelu": {},
    "maxpool": _POOL,
    "avgpool": {**_POOL, "count_include_pad": Option("pair", (1, 1))},
    "adaptive_avgpool": _SIZE,
    "adaptive_maxpool": _SIZE,
    "flatten": {},
    "dropout": {},
    "relu": {},
    "relu6": {},
    "leaky_relu": {"slope": _number(0.01)},
    "elu": {"alpha": _number(1.0)},
    "selu": {},
    "gelu": {"approximate": Option("word", "none", words=("none", "tanh"))},
    "silu": {},
    "mish": {},
    "hardswish": {},
    "hardsigmoid": {},
    "hardtanh": {"low": _number(-1.0), "high": _number(1.0)},
    "sigmoid": {},
    "tanh": {},
    "softplus": {},
    "softsign": {},
    "softmax": {},
    "log_softmax": {},
}
"""Every kind of layer with its options."""

ROLES: dict[str, tuple[str, ...]] = {
    "conv": ("weight", "bias"),
    "linear": ("weight", "bias"),
    "bn": ("weight", "bias", "running_mean", "running_var"),
    "prelu": ("weight",),
}
"""The tensors of the kinds that have some."""


@dataclass
class Layer:
    """One layer of a model: its kind, options, and float32 tensors by their role."""

    kind: str
    options: dict[str, Any]
    label: str
    tensors: dict[str, np.ndarray] = field(default_factory=dict)

    def fail(self, message: str) -> ConvertError:
        """An error about this layer."""
        return ConvertError(f'the layer "{self.label}" {message}')


def brief(value: Any) -> str:
    """A value from a file for a message, never longer than a few words."""
    if isinstance(value, tuple | list) and len(value) <= 4:
        return f"({', '.join(_plain(part) for part in value)})"
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return "a number beyond measure"
    if isinstance(value, int | float | str | None):
        return repr(value)[:40]
    return f"a {type(value).__name__}"


def complete(kind: str, given: dict[str, Any], label: str) -> dict[str, Any]:
    """All options of a kind, checked, with the defaults of PyTorch where none is given."""
    known = KINDS[kind]
    for key in given:
        if key not in known:
            most = f"it takes {', '.join(known)}" if known else "it takes none"
            raise ConvertError(f'the layer "{label}" has no option {str(key)[:40]!r}: {most}')
    values = {
        key: _checked(option, key, given[key], label) if key in given else option.default
        for key, option in known.items()
    }
    if values.get("stride", ()) is None:
        values["stride"] = values["kernel"]
    return values


def _checked(option: Option, key: str, given: Any, label: str) -> Any:
    value = given
    if value in option.words if isinstance(value, str) else False:
        return value
    if option.form == "number":
        if isinstance(value, int | float) and abs(value) < 1e30:
            return float(value)
        expected = "a number"
    elif option.form == "pair":
        if isinstance(value, int):
            value = (int(value), int(value))
        if isinstance(value, tuple | list) and len(value) == 1:
            value = (value[0], value[0])
        if isinstance(value, tuple | list) and len(value) == 2:
            first, second = value
            if all(is_size(number) and option.least <= number <= 255 for number in value):
                return first, second
        expected = f"a number from {option.least} to 255, or two such as 3x2"
    else:
        expected = ""
    words = " or ".join(filter(None, [expected, *option.words]))
    raise ConvertError(f'the layer "{label}" has the {key} {brief(given)}: {words} is possible')
