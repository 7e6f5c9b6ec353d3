"""Resize and Upsample: along each axis a multiplication by a fixed matrix."""

from __future__ import annotations

import numpy as np

from ..graph import ConvertError
from .fold import evaluated
from .layout import Value
from .nodes import OnnxNode
from .translation import Translation, translates

_LARGEST = 1024
_OPSET = 19
_BEFORE_11 = {"coordinate_transformation_mode": b"asymmetric", "nearest_mode": b"floor"}


@translates(
    "Resize",
    "Upsample",
    attributes="antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside "
    "extrapolation_value keep_aspect_ratio_policy mode nearest_mode scales",
)
def resize(t: Translation, node: OnnxNode) -> Value:
    """Constant sizes or scales and any interpolation, but no cropping and no kept aspect ratio."""
    value = t.activation(node)
    attributes = dict(node.attributes)
    attributes.pop("scales", None)
    old = node.operator == "Upsample" or len(node.inputs) == 2
    if old:
        attributes.update(_BEFORE_11)
    if attributes.get("coordinate_transformation_mode") == b"tf_crop_and_resize":
        raise ConvertError("crops while it resizes; crop the image before the model instead")
    if attributes.pop("keep_aspect_ratio_policy", b"stretch") != b"stretch":
        raise ConvertError("keeps the aspect ratio; resize to constant sizes")
    rank = len(value.shape)
    axes = attributes.pop("axes", range(rank))
    scales = _given(t, node, "scales", 1 if old else 2)
    sizes = _given(t, node, "sizes", 3)
    amounts = sizes if scales is None else scales
    if amounts is None or len(amounts) != len(axes):
        raise ConvertError("has scales that do not fit its axes; export the model again")
    for axis, amount in zip(axes, amounts, strict=True):
        axis %= rank
        size = t.shape_of(value)[axis]
        if amount == (1 if sizes is None else size):
            continue
        matrix = _interpolation(node, size, amount, sizes is None, attributes)
        value = t.builder.along(value, t.axis_of(axis, rank), matrix, "resized")
    return value


def _given(t: Translation, node: OnnxNode, key: str, index: int) -> np.ndarray | None:
    if key in node.attributes:
        return np.asarray(node.attributes[key])
    given = t.optional(node, index, key)
    return None if given is None or not given.size else given.reshape(-1)


def _interpolation(
    node: OnnxNode, size: int, amount: float, scaled: bool, attributes: dict
) -> np.ndarray:
    """The matrix (out, in): what ONNX's reference makes of each unit vector."""
    wanted = size * amount if scaled else amount
    if not 1 <= wanted <= _LARGEST or size > _LARGEST:
        raise ConvertError(f"resizes {size} to {wanted:g}; 1 to {_LARGEST} are possible")
    corners = attributes.get("coordinate_transformation_mode") == b"align_corners"
    if corners and abs(wanted - round(wanted)) > 1e-4:
        raise ConvertError(
            f"aligns corners and resizes {size} by {amount:g}, which ONNX and onnxruntime compute "
            "differently; resize to whole sizes"
        )
    unit = np.eye(size, dtype=np.float32)
    if scaled:
        names, given = ("x", "", "amount"), [unit, None, np.asarray([1, amount], np.float32)]
    else:
        names = ("x", "", "", "amount")
        given = [unit, None, None, np.asarray([size, amount], np.int64)]
    single = OnnxNode("Resize", "", node.label, names, ("y",), attributes)
    return evaluated(single, given, _OPSET)[0].T
