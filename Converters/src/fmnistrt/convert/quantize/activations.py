"""The activations of docs/fmg-format.md on float32, for the simulation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..operators import ACTIVATIONS

_erf = np.vectorize(math.erf, otypes=[np.float64])


def _exponential(x: np.ndarray) -> np.ndarray:
    return np.expm1(np.minimum(x, 0))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(x / 2)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(x, 0)


Function = Callable[[np.ndarray, float, float], np.ndarray]

# In single precision, where each step is one operation of IEEE 754: the same bits everywhere.
_EXACT: dict[str, Function] = {
    "clip": lambda x, a, b: np.minimum(np.maximum(x, np.float32(a)), np.float32(b)),
    "leaky_relu": lambda x, a, b: np.where(x < 0, np.float32(a) * x, x),
}
# In double precision, rounded at the end: a runtime's answer may be a unit off.
_ROUNDED: dict[str, Function] = {
    "elu": lambda x, a, b: np.where(x < 0, a * _exponential(x), x),
    "selu": lambda x, a, b: b * np.where(x < 0, a * _exponential(x), x),
    "sigmoid": lambda x, a, b: _sigmoid(x),
    "hard_sigmoid": lambda x, a, b: np.clip(a * x + b, 0, 1),
    "hard_swish": lambda x, a, b: x * np.clip(a * x + b, 0, 1),
    "tanh": lambda x, a, b: np.tanh(x),
    "softplus": lambda x, a, b: _softplus(x),
    "softsign": lambda x, a, b: x / (1 + np.abs(x)),
    "silu": lambda x, a, b: x * _sigmoid(x),
    "gelu": lambda x, a, b: x / 2 * (1 + _erf(x / math.sqrt(2))),
    "gelu_tanh": lambda x, a, b: (
        x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    ),
    "exp": lambda x, a, b: np.exp(x),
    "mish": lambda x, a, b: x * np.tanh(_softplus(x)),
}
_NAMES = {number: name for name, number in ACTIVATIONS.items()}


def is_exact(kind: int) -> bool:
    """Whether every runtime gives the same bits."""
    return _NAMES[kind] in _EXACT


def activate(kind: int, x: np.ndarray, a: float, b: float) -> np.ndarray:
    """float32 to float32 of the same shape."""
    name = _NAMES[kind]
    if name in _EXACT:
        return _EXACT[name](x, a, b)
    with np.errstate(over="ignore"):
        return _ROUNDED[name](x.astype(np.float64), a, b).astype(np.float32)
