"""Activations, and what disappears at inference."""

from __future__ import annotations

import math

import numpy as np
import onnx

from ..graph import ConvertError
from .checks import type_name
from .layout import Value
from .nodes import OnnxNode
from .translation import Translation, translates

# Each parameter is (attribute, default) of the ONNX operator, or a number.
_Parameter = tuple[str, float] | float
ACTIVATIONS: dict[str, tuple[str, _Parameter, _Parameter]] = {
    "Relu": ("clip", 0.0, math.inf),
    "LeakyRelu": ("leaky_relu", ("alpha", 0.01), 0.0),
    "Elu": ("elu", ("alpha", 1.0), 0.0),
    "Selu": ("selu", ("alpha", 1.67326319217681884765625), ("gamma", 1.05070102214813232421875)),
    "Sigmoid": ("sigmoid", 0.0, 0.0),
    "HardSigmoid": ("hard_sigmoid", ("alpha", 0.2), ("beta", 0.5)),
    "HardSwish": ("hard_swish", 1 / 6, 0.5),
    "Tanh": ("tanh", 0.0, 0.0),
    "Softplus": ("softplus", 0.0, 0.0),
    "Softsign": ("softsign", 0.0, 0.0),
    "Exp": ("exp", 0.0, 0.0),
    "Mish": ("mish", 0.0, 0.0),
}


def activation(t: Translation, node: OnnxNode) -> Value:
    """Of any shape."""
    value = t.activation(node)
    kind, *parameters = ACTIVATIONS[node.operator]
    a, b = (
        node.attributes.get(*entry) if isinstance(entry, tuple) else entry for entry in parameters
    )
    return value.held_in(t.builder.activation(kind, value.tensor, a, b))


for _name, (_, *_parameters) in ACTIVATIONS.items():
    _names = " ".join(entry[0] for entry in _parameters if isinstance(entry, tuple))
    translates(_name, attributes=_names)(activation)


@translates("Gelu", attributes="approximate")
def gelu(t: Translation, node: OnnxNode) -> Value:
    """Exact or by the hyperbolic tangent."""
    value = t.activation(node)
    form = node.attributes.get("approximate", b"none")
    kinds = {b"none": "gelu", b"tanh": "gelu_tanh"}
    if form not in kinds:
        raise ConvertError(f"has the unknown approximation {form!r}; use none or tanh")
    return value.held_in(t.builder.activation(kinds[form], value.tensor))


@translates("Clip", attributes="max min")
def clip(t: Translation, node: OnnxNode) -> Value:
    """With constant limits."""
    value = t.activation(node)
    limits = [-math.inf, math.inf]
    for index, key in enumerate(("min", "max")):
        given = t.optional(node, index + 1, f"{key}imum")
        limits[index] = node.attributes.get(key, limits[index])
        if given is not None and given.size == 1:
            limits[index] = float(given.reshape(-1)[0])
    low, high = min(limits), limits[1]
    if not (low <= high and low < math.inf and high > -math.inf):
        raise ConvertError(f"clips to {limits[0]} ... {high}; correct the limits")
    return value.held_in(t.builder.activation("clip", value.tensor, low, high))


@translates("Identity")
def identity(t: Translation, node: OnnxNode) -> Value:
    """Costs nothing."""
    return t.activation(node)


@translates("Dropout", ignored="ratio seed")
def dropout(t: Translation, node: OnnxNode) -> Value:
    """Only at inference, where it does nothing."""
    training = t.optional(node, 2, "training_mode")
    if training is not None and np.any(training):
        raise ConvertError(
            "is in training mode; export the model for inference, such as after model.eval()"
        )
    return t.activation(node)


@translates("CastLike", ignored="saturate round_mode")
def cast_like(t: Translation, node: OnnxNode) -> Value:
    """To the type of an activation, or of a constant of float32 or double."""
    like = t.constants.get(node.input(1))
    if like is not None and like.dtype.name not in ("float32", "float64"):
        raise ConvertError(f"casts activations to {like.dtype}; export the model in float32")
    return t.activation(node)


@translates("Cast", attributes="to", ignored="saturate round_mode")
def cast(t: Translation, node: OnnxNode) -> Value:
    """To float32 and double, both of which are computed as float32."""
    if node.attributes["to"] not in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE):
        kind = type_name(node.attributes["to"])
        raise ConvertError(f"casts activations to {kind}; export the model in float32 throughout")
    return t.activation(node)
