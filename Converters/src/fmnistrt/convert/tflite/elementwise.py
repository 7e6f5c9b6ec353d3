"""Arithmetic, activations and softmax."""

from __future__ import annotations

import math

import numpy as np

from ..graph import ConvertError, Tensor
from .builder import Translation, translates
from .model import TfliteNode
from .schema import FUSED

_CLIPS = {
    "RELU": (0.0, math.inf),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
    "RELU_0_TO_1": (0.0, 1.0),
}
_NAMED = {
    "TANH": ("tanh", 0.0, 0.0),
    "LOGISTIC": ("sigmoid", 0.0, 0.0),
    "ELU": ("elu", 1.0, 0.0),
    "HARD_SWISH": ("hard_swish", 1 / 6, 0.5),
    "EXP": ("exp", 0.0, 0.0),
}
_BINARY = {
    "ADD": "add",
    "SUB": "subtract",
    "MUL": "multiply",
    "DIV": "divide",
    "MAXIMUM": "maximum",
    "MINIMUM": "minimum",
}
_COMMUTE = ("ADD", "MUL", "MAXIMUM", "MINIMUM")


@translates(*_CLIPS, *_NAMED)
def activation(t: Translation, node: TfliteNode) -> Tensor:
    """The activations without options."""
    return _activated(t, t.activation(node), node.operator)


def _activated(t: Translation, x: Tensor, name: str) -> Tensor:
    if name in _CLIPS:
        return t.activated(x, "clip", *_CLIPS[name])
    return t.activated(x, *_NAMED[name])


def fused(t: Translation, node: TfliteNode, x: Tensor) -> Tensor:
    """x with the activation that the operator has built in."""
    number = int(node.settings.get("fused", 0))
    name = FUSED[number] if 0 <= number < len(FUSED) else f"number {number}"
    if name == "NONE":
        return x
    if name not in _CLIPS and name not in _NAMED:
        raise ConvertError(f"has the activation {name}; use RELU, RELU6 or TANH")
    return _activated(t, x, name)


@translates("LEAKY_RELU")
def leaky_relu(t: Translation, node: TfliteNode) -> Tensor:
    """x, or alpha * x below 0."""
    return t.activated(t.activation(node), "leaky_relu", float(node.settings["alpha"]))


@translates("GELU")
def gelu(t: Translation, node: TfliteNode) -> Tensor:
    """Gelu, exact or by the hyperbolic tangent."""
    kind = "gelu_tanh" if node.settings["approximate"] else "gelu"
    return t.activated(t.activation(node), kind)


@translates("PRELU")
def prelu(t: Translation, node: TfliteNode) -> Tensor:
    """max(x, 0) + slope * min(x, 0)."""
    x, slope = t.activation(node), t.constant_of(node, 1, "slope").astype(np.float64)
    negative = t.activated(x, "clip", -math.inf, 0.0)
    return t.binary("add", t.activated(x, "clip", 0.0, math.inf), _with(t, "MUL", negative, slope))


@translates("NEG")
def negative(t: Translation, node: TfliteNode) -> Tensor:
    """-x."""
    return t.scaled(t.activation(node), -1, 0)


@translates("SQUARE")
def square(t: Translation, node: TfliteNode) -> Tensor:
    """x * x."""
    x = t.activation(node)
    return t.binary("multiply", x, x)


@translates("ABS")
def absolute(t: Translation, node: TfliteNode) -> Tensor:
    """max(x, -x)."""
    x = t.activation(node)
    return t.binary("maximum", x, t.scaled(x, -1, 0))


@translates(*_BINARY)
def binary(t: Translation, node: TfliteNode) -> Tensor:
    """Two activations, or one and a constant that does not enlarge it."""
    if t.is_constant(node, 1):
        y = t.constant_of(node, 1, "operand").astype(np.float64)
        return _with(t, node.operator, t.activation(node), y)
    if t.is_constant(node, 0):
        y, x = t.constant_of(node, 0, "operand").astype(np.float64), t.activation(node, 1)
        if node.operator == "SUB":
            return _with(t, "ADD", t.scaled(x, -1, 0), y)
        if node.operator == "DIV":
            raise ConvertError("divides a constant by an activation, which cannot be converted")
        return _with(t, node.operator, x, y)
    x, y = t.activation(node), t.activation(node, 1)
    if node.operator in _COMMUTE and math.prod(y.shape) > math.prod(x.shape):
        x, y = y, x
    shape = (1,) * (len(x.shape) - len(y.shape)) + y.shape
    if len(y.shape) > len(x.shape) or any(
        one not in (1, size) for one, size in zip(shape, x.shape, strict=True)
    ):
        raise ConvertError(f"combines {x.shape} with {y.shape}, where both would grow")
    if y.shape != x.shape and math.prod(y.shape) != y.shape[-1]:
        raise ConvertError(
            f"combines {x.shape} with {y.shape}; equal shapes, or one number for each channel work"
        )
    return t.binary(_BINARY[node.operator], x, y)


def _with(t: Translation, operator: str, x: Tensor, y: np.ndarray) -> Tensor:
    """x and a constant: where it is one for each channel, a scale and a shift."""
    # An axis of size 1 in front is that of the batch.
    if y.ndim == len(x.shape) + 1 and y.shape[0] == 1:
        y = y[0]
    try:
        full = np.broadcast_to(y, x.shape)
    except ValueError:
        raise ConvertError(
            f"combines the activation {x.shape} with a constant of shape {y.shape}, which would "
            "enlarge it; give them matching shapes"
        ) from None
    rows = full.reshape(-1, x.shape[-1])
    vector = rows[0]
    if not (rows == vector).all():
        return t.binary(_BINARY[operator], x, t.constant(full, "operand"))
    if operator in ("ADD", "SUB"):
        return t.scaled(x, 1, vector if operator == "ADD" else -vector)
    if operator == "MUL":
        return t.scaled(x, vector, 0)
    single = bool((vector == vector[0]).all())
    return t.binary(_BINARY[operator], x, t.constant(vector[:1] if single else vector, "operand"))


@translates("SOFTMAX", "LOG_SOFTMAX")
def softmax(t: Translation, node: TfliteNode) -> Tensor:
    """Over the last axis, of beta * x."""
    x, beta = t.activation(node), node.settings.get("beta", 1.0)
    if beta != 1:
        if not math.isfinite(beta):
            raise ConvertError(f"has the beta {beta}; convert the model again")
        x = t.scaled(x, beta, 0)
    return t.add("softmax", [x], logarithm=int(node.operator == "LOG_SOFTMAX"))
