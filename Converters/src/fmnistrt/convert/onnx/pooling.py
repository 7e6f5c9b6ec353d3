"""Pooling over windows and over whole images, and the reductions that amount to it."""

from __future__ import annotations

from ..graph import ConvertError
from .builder import IMAGE
from .convolution import Windows, windows_of
from .layout import Value
from .model import OnnxNode
from .translation import Translation, axis_of, translates


@translates("MaxPool", "AveragePool")
def pool(t: Translation, node: OnnxNode) -> Value:
    """MaxPool and AveragePool; the sizes that ceil_mode gives are reached by extra padding."""
    x = t.builder.image(t.activation(node))
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
    return Value.arranged(y, (y.shape[2], y.shape[0], y.shape[1]), IMAGE)


def _ceil(windows: Windows, shape: tuple[int, ...]) -> bool:
    """Extends the padding so that a last, partial window is counted; whether there is one."""
    extended = False
    for axis in range(2):
        size, kernel, stride = shape[axis], windows.kernel[axis], windows.strides[axis]
        padded = size + windows.before[axis] + windows.after[axis]
        count = -(-(padded - kernel) // stride) + 1
        if (count - 1) * stride >= size + windows.before[axis]:
            raise ConvertError(
                "rounds its output size up to a window that lies in the padding, which ONNX and "
                "onnxruntime count differently; set ceil_mode to false"
            )
        missing = (count - 1) * stride + kernel - padded
        if missing > 0:
            windows.after[axis] += missing
            extended = True
    return extended


@translates("GlobalMaxPool", "GlobalAveragePool")
def global_pool(t: Translation, node: OnnxNode) -> Value:
    """Pooling over all of an image; the result is (batch, channels, 1, 1)."""
    x = t.builder.image(t.activation(node))
    operator = "global_max_pool" if node.operator == "GlobalMaxPool" else "global_average_pool"
    return Value.plain(t.builder.add(operator, [x]), (x.shape[2], 1, 1))


@translates("ReduceMean", "ReduceMax")
def reduce(t: Translation, node: OnnxNode) -> Value:
    """The mean or maximum over some axes, as a global pooling over an image of those axes."""
    value = t.activation(node)
    shape, rank = value.shape, len(value.shape) + 1
    given = t.integers(node, "axes", 1)
    if not given and node.attributes.get("noop_with_empty_axes", 0):
        return value
    if not given:
        raise ConvertError("reduces over the whole batch; name the axes without the first")
    axes = {axis_of(axis, rank) for axis in given}
    order = value.axis_order()
    reduced = [axis for axis in order if axis in axes]
    kept = [axis for axis in order if axis not in axes]
    x = t.builder.arrange(value, [reduced[:-1], reduced[-1:], kept])
    operator = "global_max_pool" if node.operator == "ReduceMax" else "global_average_pool"
    y = t.builder.add(operator, [x])
    remaining = tuple(1 if axis in axes else size for axis, size in enumerate(shape))
    result = Value.arranged(y, remaining, [kept])
    if node.attributes.get("keepdims", 1):
        return result
    return result.reshaped(tuple(shape[axis] for axis in sorted(kept)))
