"""Conv, and the windows that it shares with pooling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..graph import ConvertError, Tensor
from .builder import IMAGE
from .layout import Value
from .nodes import OnnxNode
from .translation import Translation, translates


@dataclass
class Windows:
    """Strides, dilations and paddings of a sliding window, each (height, width)."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    before: list[int]
    after: list[int]

    def extent(self, axis: int) -> int:
        """Cells that the dilated kernel spans."""
        return (self.kernel[axis] - 1) * self.dilations[axis] + 1

    def attributes(self) -> dict[str, int]:
        """Strides and paddings as the graph names them."""
        return {
            "stride_h": self.strides[0],
            "stride_w": self.strides[1],
            "pad_top": self.before[0],
            "pad_left": self.before[1],
            "pad_bottom": self.after[0],
            "pad_right": self.after[1],
        }


def windows_of(node: OnnxNode, sizes: Sequence[int], kernel: Sequence[int]) -> Windows:
    """The windows of a node over an image of `sizes`, explicit or automatic padding resolved."""
    strides = _pair(node, "strides", len(kernel))
    dilations = _pair(node, "dilations", len(kernel))
    pads = list(node.attributes.get("pads", [0, 0] * len(kernel)))
    if len(kernel) == 1 and len(pads) == 2:
        kernel, pads = (1, *kernel), [0, pads[0], 0, pads[1]]
    if len(kernel) != 2 or len(pads) != 4:
        raise ConvertError(f"slides over {len(kernel)} axes; images and rows work")
    windows = Windows((kernel[0], kernel[1]), strides, dilations, pads[:2], pads[2:])
    mode = node.attributes.get("auto_pad", b"NOTSET").decode()
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        for axis in range(2):
            steps = -(-sizes[axis] // strides[axis]) - 1
            total = max(steps * strides[axis] + windows.extent(axis) - sizes[axis], 0)
            less, more = total // 2, total - total // 2
            upper = mode == "SAME_UPPER"
            windows.before[axis], windows.after[axis] = (less, more) if upper else (more, less)
    elif mode == "VALID":
        windows.before, windows.after = [0, 0], [0, 0]
    elif mode != "NOTSET":
        raise ConvertError(f"has the unknown auto_pad {mode!r}; export it with explicit pads")
    if min(windows.before + windows.after) < 0:
        raise ConvertError("has negative padding; crop the image before the model instead")
    return windows


def _pair(node: OnnxNode, attribute: str, count: int) -> tuple[int, int]:
    values = node.attributes.get(attribute, [1] * count)
    if len(values) != count or count not in (1, 2) or min(values) < 1:
        raise ConvertError(
            f"has the {attribute} {list(values)}; a positive number for each of one or two axes is "
            "needed, since images and rows work"
        )
    return (1, values[0]) if count == 1 else (values[0], values[1])


def image_result(y: Tensor, like: Value) -> Value:
    """The value of an image (height, width, channel), which is a row if `like` is one."""
    height, width, channels = y.shape
    value = Value.arranged(y, (1, channels, height, width), IMAGE)
    return value.reshaped((1, channels, width)) if len(like.shape) == 3 else value


@translates("Conv", attributes="auto_pad dilations group kernel_shape pads strides")
def convolution(t: Translation, node: OnnxNode) -> Value:
    """With constant weights and bias, over images and rows."""
    value, weights = t.activation(node), t.constant(node, 1, "weights")
    if weights.ndim not in (3, 4) or len(value.shape) != weights.ndim:
        raise ConvertError(f"is a convolution over {weights.ndim - 2} axes; images and rows work")
    x = t.builder.image(value)
    kernel = weights.shape[2:]
    windows = windows_of(node, x.shape[:2], kernel)
    if list(node.attributes.get("kernel_shape", kernel)) != list(kernel):
        raise ConvertError("has a kernel_shape that is not that of its weights; export it again")
    weights = weights.reshape(*weights.shape[:2], *windows.kernel)
    bias = t.optional(node, 2, "bias")
    attributes = windows.attributes()
    surplus = _surplus(windows)
    if any(surplus.values()):
        x = t.builder.add("pad", [x], "padded", value=0.0, **surplus)
        for key, amount in surplus.items():
            attributes[f"pad_{key}"] -= amount
    steps = t.steps_of(node, 1, 0)
    inputs = [x, t.builder.constant(weights.transpose(0, 2, 3, 1), "weights", steps)]
    if bias is not None:
        inputs.append(t.builder.constant(bias, "bias"))
    y = t.builder.add(
        "conv2d",
        inputs,
        dilation_h=windows.dilations[0],
        dilation_w=windows.dilations[1],
        groups=node.attributes.get("group", 1),
        **attributes,
    )
    return image_result(y, value)


def _surplus(windows: Windows) -> dict[str, int]:
    """Padding that a convolution cannot hold, since it is not less than the kernel's extent."""
    rows, columns = windows.extent(0) - 1, windows.extent(1) - 1
    return {
        "top": max(windows.before[0] - rows, 0),
        "left": max(windows.before[1] - columns, 0),
        "bottom": max(windows.after[0] - rows, 0),
        "right": max(windows.after[1] - columns, 0),
    }


def add_bias(t: Translation, name: str, bias: np.ndarray) -> bool:
    """Gives the convolution or dense layer that computed `name` a bias, if it can hold one."""
    producer = t.producers.get(name)
    if producer is None or producer.operator not in ("Conv", "MatMul", "Gemm"):
        return False
    tensor = t.values[name].tensor
    node = next(node for node in reversed(t.builder.graph.nodes) if node.output is tensor)
    if t.uses[name] != 1 or node.operator not in ("conv2d", "dense") or len(node.inputs) != 2:
        return False
    outputs = tensor.shape[-1]
    node.inputs.append(t.builder.constant(np.broadcast_to(bias, (outputs,)), "bias"))
    tensor.name = t.builder.names.unique(t.builder.scope)
    return True
