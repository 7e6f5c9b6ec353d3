"""Keras's activation functions as nodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import Tensor
from ..operators import BINARY
from .builder import Builder

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805

Step = Callable[[Builder, Tensor], Tensor]


def _plain(kind: str, a: float = 0.0, b: float = 0.0) -> Step:
    return lambda builder, x: builder.activation(x, kind, a, b)


def _softmax(logarithm: int) -> Step:
    return lambda builder, x: builder.node("softmax", [x], "softmax", {"logarithm": logarithm})


def _hard_sigmoid(kind: str) -> Step:
    """Keras 3 has a slope of 1/6, its predecessors 0.2."""

    def step(builder: Builder, x: Tensor) -> Tensor:
        slope = 1 / 6 if builder.version.is_modern else 0.2
        return builder.activation(x, kind, slope, 0.5)

    return step


def _log_sigmoid(builder: Builder, x: Tensor) -> Tensor:
    """-softplus(-x)."""
    x = builder.activation(builder.scale_shift(x, -1.0, 0.0, "negative"), "softplus")
    return builder.scale_shift(x, -1.0, 0.0)


FUNCTIONS: dict[str, Step] = {
    "linear": lambda _, x: x,
    "relu": _plain("clip", 0.0, math.inf),
    "relu6": _plain("clip", 0.0, 6.0),
    "hard_tanh": _plain("clip", -1.0, 1.0),
    "leaky_relu": _plain("leaky_relu", 0.2),
    "elu": _plain("elu", 1.0),
    "celu": _plain("elu", 1.0),
    "selu": _plain("selu", SELU_ALPHA, SELU_SCALE),
    "sigmoid": _plain("sigmoid"),
    "hard_sigmoid": _hard_sigmoid("hard_sigmoid"),
    "hard_silu": _plain("hard_swish", 1 / 6, 0.5),
    "hard_swish": _plain("hard_swish", 1 / 6, 0.5),
    "tanh": _plain("tanh"),
    "softplus": _plain("softplus"),
    "softsign": _plain("softsign"),
    "silu": _plain("silu"),
    "swish": _plain("silu"),
    "gelu": _plain("gelu"),
    "gelu_tanh": _plain("gelu_tanh"),
    "exponential": _plain("exp"),
    "mish": _plain("mish"),
    "softmax": _softmax(0),
    "log_sigmoid": _log_sigmoid,
    "log_softmax": _softmax(1),
}


def activate(builder: Builder, x: Tensor, activation: Any) -> Tensor:
    """Appends what a layer's setting `activation` asks for: a name, or an object's description."""
    if activation is None:
        return x
    if isinstance(activation, dict):
        kind, config = activation.get("class_name"), activation.get("config")
        if kind in LAYERS and isinstance(config, dict):
            return _inline_layer(builder, x, str(kind), config)
        activation = config if kind == "function" else kind
    step = FUNCTIONS.get(str(activation))
    if step is None:
        raise builder.fail(
            f'has the activation "{activation}", which cannot be converted: use one of '
            f"{', '.join(sorted(FUNCTIONS))}"
        )
    return step(builder, x)


def _inline_layer(builder: Builder, x: Tensor, kind: str, config: dict[str, Any]) -> Tensor:
    """An activation layer given as another layer's activation."""
    outer = builder.layer.config
    builder.layer.config = config
    try:
        return LAYERS[kind](builder, x)
    finally:
        builder.layer.config = outer


def _activation(builder: Builder, x: Tensor) -> Tensor:
    return activate(builder, x, builder.option("activation"))


def _relu(builder: Builder, x: Tensor) -> Tensor:
    slope = builder.number("negative_slope", default=0.0)
    most = builder.number("max_value", default=math.inf)
    if builder.number("threshold", default=0.0) != 0:
        raise builder.fail("has a threshold, which cannot be converted: use ReLU without one")
    if slope == 0:
        return builder.activation(x, "clip", 0.0, most)
    x = builder.activation(x, "leaky_relu", slope)
    return x if most == math.inf else builder.activation(x, "clip", -math.inf, most)


def _leaky_relu(builder: Builder, x: Tensor) -> Tensor:
    slope = builder.number("negative_slope", "alpha", default=0.3)
    return builder.activation(x, "leaky_relu", slope)


def _elu(builder: Builder, x: Tensor) -> Tensor:
    return builder.activation(x, "elu", builder.number("alpha", default=1.0))


def _softmax_layer(builder: Builder, x: Tensor) -> Tensor:
    axis = builder.axis(builder.option("axis", -1), x)
    return builder.with_last(x, axis, lambda x: _softmax(0)(builder, x))


def _prelu(builder: Builder, x: Tensor) -> Tensor:
    """max(x, 0) + alpha * min(x, 0)."""
    shared = {int(axis) for axis in builder.option("shared_axes", [])}
    shape = tuple(1 if axis + 1 in shared else size for axis, size in enumerate(x.shape))
    (alpha,) = builder.weights(shape)
    varies = [axis for axis, size in enumerate(shape) if size > 1]
    if len(varies) == 1:
        slopes = alpha.reshape(-1)
        return builder.with_last(x, varies[0], lambda x: _slopes(builder, x, slopes))
    return _slopes(builder, x, alpha.reshape(()) if alpha.size == 1 else alpha)


def _slopes(builder: Builder, x: Tensor, alpha: np.ndarray) -> Tensor:
    positive = builder.activation(x, "clip", 0.0, math.inf)
    negative = builder.activation(x, "clip", -math.inf, 0.0)
    if alpha.ndim < 2:
        negative = builder.scale_shift(negative, alpha, 0.0)
    else:
        constant = builder.constant("alpha", np.broadcast_to(alpha, x.shape))
        kind = {"kind": BINARY["multiply"]}
        negative = builder.node("binary", [negative, constant], "negative", kind)
    return builder.node("binary", [positive, negative], "sum", {"kind": BINARY["add"]})


LAYERS: dict[str, Step] = {
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "Softmax": _softmax_layer,
    "PReLU": _prelu,
}
