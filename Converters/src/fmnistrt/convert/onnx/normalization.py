"""BatchNormalization and the softmax functions."""

from __future__ import annotations

import math

import numpy as np

from ..graph import ConvertError
from .elementwise import over_last_axis, spread
from .layout import Value
from .nodes import OnnxNode
from .translation import Translation, translates


@translates(
    "BatchNormalization", attributes="epsilon spatial training_mode", ignored="momentum is_test"
)
def batch_normalization(t: Translation, node: OnnxNode) -> Value:
    """At inference, with constant parameters."""
    value = t.activation(node)
    if node.attributes.get("training_mode", 0):
        raise ConvertError(
            "is in training mode; export the model for inference, such as after model.eval()"
        )
    if not node.attributes.get("spatial", 1):
        raise ConvertError("normalises each pixel on its own (spatial = 0); export it per channel")
    gamma, beta, mean, variance = (
        t.constant(node, index, what).astype(np.float64).reshape(-1)
        for index, what in enumerate(("scale", "bias", "mean", "variance"), 1)
    )
    channels = value.shape[1] if len(value.shape) > 1 else 1
    if any(array.shape != (channels,) for array in (gamma, beta, mean, variance)):
        raise ConvertError(f"has parameters that do not fit {channels} channels; export it again")
    deviation = np.sqrt(variance + node.attributes.get("epsilon", 1e-5))
    if not (deviation > 0).all():
        raise ConvertError("has a variance that is not above 0; train the model again")
    scale = gamma / deviation
    shift = beta - mean * scale
    return scale_shift(t, value, scale, shift)


def scale_shift(t: Translation, value: Value, scale: np.ndarray, shift: np.ndarray) -> Value:
    """Scales and shifts the second ONNX axis, that of channels."""
    builder = t.builder
    column = (-1, *[1] * (len(value.shape) - 2))
    parameters = _vectors(value, scale.reshape(column), shift.reshape(column))
    if parameters is None:
        others = [axis for axis in value.axis_order() if axis != 1]
        if not others:
            value = builder.flat(value)
        else:
            groups = [[axis] for axis in others] if len(others) < 4 else [others]
            groups = [*groups, [1]]
            value = Value.arranged(builder.arrange(value, groups), value.shape, groups)
        parameters = _vectors(value, scale.reshape(column), shift.reshape(column))
    assert parameters is not None
    constants = [
        builder.constant(array, part)
        for array, part in zip(parameters, ("scale", "shift"), strict=True)
    ]
    return value.held_in(builder.add("scale_shift", [value.tensor, *constants]))


def _vectors(
    value: Value, scale: np.ndarray, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Both as vectors over the last axis of the tensor, if they change along no other."""
    first, second = (over_last_axis(spread(value, array)) for array in (scale, shift))
    return None if first is None or second is None else (first, second)


@translates("Softmax", "LogSoftmax", attributes="axis")
def softmax(t: Translation, node: OnnxNode) -> Value:
    """Along any axis but the batch."""
    return _softmax(t, node, node.operator == "LogSoftmax")


@translates("Log")
def log(t: Translation, node: OnnxNode) -> Value:
    """Of a Softmax only."""
    producer = t.producers.get(node.input(0))
    if producer is None or producer.operator != "Softmax":
        raise ConvertError("is no logarithm of a Softmax; only that is possible")
    return _softmax(t, producer, True)


def _softmax(t: Translation, node: OnnxNode, logarithm: bool) -> Value:
    value = t.activation(node)
    shape, rank = value.shape, len(value.shape)
    old = t.model.opset < 13
    axis = t.axis_of(node.attributes.get("axis", 1 if old else -1), rank)
    summed = set(range(axis, rank)) if old else {axis}
    order = value.axis_order(0 if 0 in summed else 1)
    inner = [axis for axis in order if axis in summed]
    outer = [axis for axis in order if axis not in summed]
    if math.prod(shape[axis] for axis in outer) == 1:
        # The order of the summed elements does not matter.
        x = t.builder.flat(value)
        return x.held_in(t.builder.add("softmax", [x.tensor], logarithm=int(logarithm)))
    groups = [*([axis] for axis in outer), inner]
    y = t.builder.add("softmax", [t.builder.arrange(value, groups)], logarithm=int(logarithm))
    return Value.arranged(y, shape, groups)
