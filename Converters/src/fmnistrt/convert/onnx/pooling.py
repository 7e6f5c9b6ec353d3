"""Pooling over windows."""

from __future__ import annotations

from ..graph import ConvertError
from .convolution import Windows, image_result, windows_of
from .layout import Value
from .nodes import OnnxNode
from .translation import Translation, translates

_ATTRIBUTES = "auto_pad ceil_mode dilations kernel_shape pads strides"


@translates("MaxPool", attributes=_ATTRIBUTES, ignored="storage_order")
@translates("AveragePool", attributes=f"{_ATTRIBUTES} count_include_pad")
def pool(t: Translation, node: OnnxNode) -> Value:
    """Over images and rows, without dilation."""
    value = t.activation(node)
    x = t.builder.image(value)
    windows = windows_of(node, x.shape[:2], node.attributes["kernel_shape"])
    if windows.dilations != (1, 1):
        raise ConvertError("has dilated windows; use a pooling layer with a dilation of 1")
    average = node.operator == "AveragePool"
    attributes = {"kernel_h": windows.kernel[0], "kernel_w": windows.kernel[1]}
    if average:
        attributes["count_padding"] = int(bool(node.attributes.get("count_include_pad", 0)))
    padded = any(windows.before + windows.after)
    if node.attributes.get("ceil_mode", 0) and _ceil(windows, x.shape) and average:
        if attributes["count_padding"] and padded:
            raise ConvertError(
                "counts its padding and rounds its output size up (ceil_mode), which has no exact "
                "equivalent; set ceil_mode or count_include_pad to false"
            )
        # Without padding of its own, only cells of the image were ever to be counted.
        attributes["count_padding"] = 0
    y = t.builder.add(
        "average_pool" if average else "max_pool", [x], **attributes, **windows.attributes()
    )
    result = image_result(y, value)
    inferred = t.model.shapes.get(node.outputs[0])
    if node.attributes.get("ceil_mode", 0) and inferred not in (None, t.shape_of(result)):
        raise ConvertError(
            "rounds its output size up to a window that lies in the padding, which versions of "
            "ONNX count differently; set ceil_mode to false"
        )
    return result


def _ceil(windows: Windows, shape: tuple[int, ...]) -> bool:
    """Extends the padding so that a last, partial window is counted; whether there is one."""
    extended = False
    for axis in range(2):
        size, kernel, stride = shape[axis], windows.kernel[axis], windows.strides[axis]
        padded = size + windows.before[axis] + windows.after[axis]
        count = -(-(padded - kernel) // stride) + 1
        if (count - 1) * stride >= size + windows.before[axis]:
            count -= 1  # The window would lie in the padding.
        missing = (count - 1) * stride + kernel - padded
        if missing > 0:
            windows.after[axis] += missing
            extended = True
    return extended
