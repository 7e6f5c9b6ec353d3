"""The operators of ai.onnx.ml that skl2onnx writes for linear models and their preparation."""

from __future__ import annotations

import numpy as np

from ..graph import ConvertError
from .arithmetic import absolute_value, square_root
from .dense import dense
from .elementwise import combine
from .layout import Value
from .nodes import OnnxNode
from .reductions import pooled, total
from .translation import Translation, translates


@translates("ai.onnx.ml.Scaler", attributes="offset scale")
def scaler(t: Translation, node: OnnxNode) -> Value:
    """Any offset and scale."""
    offset, scale = (
        np.asarray(node.attributes.get(key, [default]), np.float32)
        for key, default in (("offset", 0), ("scale", 1))
    )
    x = combine(t, "subtract", t.activation(node), offset, "centred")
    return combine(t, "multiply", x, scale)


@translates("ai.onnx.ml.Normalizer", attributes="norm")
def normalizer(t: Translation, node: OnnxNode) -> Value:
    """Any norm, over the last axis."""
    x, norm = t.activation(node), node.attributes.get("norm", b"MAX")
    axes = [t.axis_of(-1, len(x.shape))]
    if norm == b"MAX":
        size = pooled(t, "global_max_pool", x, axes, "norm")
    elif norm == b"L1":
        size = total(t, absolute_value(t, x, "absolute"), axes, "norm")
    elif norm == b"L2":
        squares = total(t, combine(t, "multiply", x, x, "square"), axes, "squares")
        size = square_root(t, squares, "norm")
    else:
        raise ConvertError(f"has the unknown norm {norm.decode()}")
    return combine(t, "divide", x, size)


@translates(
    "ai.onnx.ml.LinearClassifier",
    attributes="coefficients intercepts post_transform",
    ignored="classlabels_ints classlabels_strings multi_class",
)
def linear_classifier(t: Translation, node: OnnxNode) -> tuple[Value | None, ...]:
    """The scores of three and more classes; not the labels."""
    x, intercepts = t.activation(node), np.asarray(node.attributes.get("intercepts", [0.0]))
    matrix = np.asarray(node.attributes["coefficients"])
    if len(x.shape) != 2 or matrix.size % x.shape[1]:
        raise ConvertError(f"has coefficients that do not fit {t.shape_of(x)}")
    matrix = matrix.reshape(-1, x.shape[1])
    transform = node.attributes.get("post_transform", b"NONE")
    if len(matrix) < 3 or transform not in (b"NONE", b"SOFTMAX", b"LOGISTIC"):
        raise ConvertError(
            f"has {len(matrix)} rows and ends with {transform.decode()}; three classes and NONE, "
            "SOFTMAX or LOGISTIC are possible"
        )
    scores = dense(t, x, matrix, np.broadcast_to(intercepts, (len(matrix),)), None)
    if transform == b"SOFTMAX":
        scores = scores.held_in(t.builder.add("softmax", [scores.tensor], "softmax"))
    elif transform == b"LOGISTIC":
        scores = scores.held_in(t.builder.activation("sigmoid", scores.tensor, part="logistic"))
    return None, scores
