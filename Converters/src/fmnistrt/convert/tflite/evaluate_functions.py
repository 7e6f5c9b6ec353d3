"""TensorFlow Lite's elementwise functions in NumPy, for `evaluate.py`."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

_erf = np.vectorize(math.erf, otypes=[np.float64])


def softmax(x: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def _relu6(x: np.ndarray) -> np.ndarray:
    return np.clip(x, 0, 6)


def _relu_n1_to_1(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -1, 1)


ELEMENTWISE: dict[str, Callable[..., np.ndarray]] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "DIV": np.divide,
    "MAXIMUM": np.maximum,
    "MINIMUM": np.minimum,
    "ABS": np.abs,
    "NEG": np.negative,
    "SQUARE": np.square,
    "RELU": _relu,
    "RELU6": _relu6,
    "RELU_N1_TO_1": _relu_n1_to_1,
    "RELU_0_TO_1": lambda x: np.clip(x, 0, 1),
    "TANH": np.tanh,
    "LOGISTIC": _sigmoid,
    "ELU": lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x),
    "HARD_SWISH": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "EXP": np.exp,
    "GELU_ERF": lambda x: x / 2 * (1 + _erf(x / math.sqrt(2))),
    "GELU_TANH": lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
}
FUSED_FUNCTIONS = [lambda x: x, _relu, _relu_n1_to_1, _relu6, np.tanh]
"""By their number in the schema."""
