"""Keras's activation functions in NumPy, for `evaluate.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def _softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    exponentials = np.exp(x - x.max(axis, keepdims=True))
    return exponentials / exponentials.sum(axis, keepdims=True)


def _log_softmax(x: np.ndarray) -> np.ndarray:
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(x / 2)


def _elu(x: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _selu(x: np.ndarray) -> np.ndarray:
    return 1.0507009873554805 * _elu(x, 1.6732632423543772)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(x, 0)


def _gelu(x: np.ndarray) -> np.ndarray:
    return x * 0.5 * np.vectorize(math.erfc, otypes=[float])(-x / math.sqrt(2))


def _gelu_tanh(x: np.ndarray) -> np.ndarray:
    return x * 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _hard(x: np.ndarray) -> np.ndarray:
    return np.clip(x + 3, 0, 6) / 6


FUNCTIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": _elu,
    "celu": _elu,
    "selu": _selu,
    "sigmoid": _sigmoid,
    "hard_sigmoid": _hard,
    "hard_silu": lambda x: x * _hard(x),
    "hard_swish": lambda x: x * _hard(x),
    "tanh": np.tanh,
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "silu": lambda x: x * _sigmoid(x),
    "swish": lambda x: x * _sigmoid(x),
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "exponential": np.exp,
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "softmax": _softmax,
    "log_sigmoid": lambda x: -np.logaddexp(-x, 0),
    "log_softmax": _log_softmax,
}


def apply_activation(x: np.ndarray, activation: Any, modern: bool) -> np.ndarray:
    """The function that a layer's `activation` setting names."""
    if activation is None:
        return x
    if isinstance(activation, dict):
        kind, config = activation["class_name"], activation.get("config")
        if kind in ACTIVATION_LAYERS and isinstance(config, dict):
            return ACTIVATION_LAYERS[kind](x, config, [], modern)
        activation = config if kind == "function" else kind
    if activation == "hard_sigmoid" and not modern:
        return np.clip(0.2 * x + 0.5, 0, 1)
    return FUNCTIONS[activation](x)


def _number(config: dict, key: str, default: float) -> float:
    value = config.get(key)
    if isinstance(value, dict):
        value = value["value"]
    return default if value is None else float(np.ravel(value)[0])


def _relu(x: np.ndarray, config: dict, weights: list, modern: bool) -> np.ndarray:
    x = np.where(x > 0, x, _number(config, "negative_slope", 0.0) * x)
    return np.minimum(x, _number(config, "max_value", np.inf))


def _leaky_relu(x: np.ndarray, config: dict, weights: list, modern: bool) -> np.ndarray:
    slope = _number(config, "negative_slope", _number(config, "alpha", 0.3))
    return np.where(x > 0, x, slope * x)


def _prelu(x: np.ndarray, config: dict, weights: list, modern: bool) -> np.ndarray:
    return np.where(x > 0, x, weights[0] * x)


def _softmax_layer(x: np.ndarray, config: dict, weights: list, modern: bool) -> np.ndarray:
    return _softmax(x, int(np.ravel(config.get("axis", -1))[0]))


ACTIVATION_LAYERS = {
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": lambda x, config, weights, modern: _elu(x, _number(config, "alpha", 1.0)),
    "Softmax": _softmax_layer,
    "PReLU": _prelu,
}
