"""Conv, and the windows that it shares with pooling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..graph import ConvertError
from .builder import IMAGE
from .layout import Value
from .model import OnnxNode
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
    strides = _pair(node, "strides")
    dilations = _pair(node, "dilations")
    pads = list(node.attributes.get("pads", [0, 0, 0, 0]))
    if len(kernel) != 2 or len(pads) != 4:
        raise ConvertError("does not slide over two axes; only two-dimensional images work")
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


def _pair(node: OnnxNode, attribute: str) -> tuple[int, int]:
    values = node.attributes.get(attribute, [1, 1])
    if len(values) != 2 or min(values) < 1:
        raise ConvertError(
            f"has the {attribute} {list(values)}; two positive numbers are needed, since only "
            "two-dimensional images work"
        )
    return values[0], values[1]


@translates("Conv")
def convolution(t: Translation, node: OnnxNode) -> Value:
    """Conv: weights (O, I / groups, KH, KW)."""
    value, weights = t.activation(node), t.constant(node, 1, "weights")
    if weights.ndim != 4 or len(value.shape) != 3:
        raise ConvertError(
            f"is a convolution over {weights.ndim - 2} axes; only two-dimensional ones work"
        )
    x = t.builder.image(value)
    windows = windows_of(node, x.shape[:2], weights.shape[2:])
    if list(node.attributes.get("kernel_shape", weights.shape[2:])) != list(weights.shape[2:]):
        raise ConvertError("has a kernel_shape that is not that of its weights; export it again")
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
    return Value.arranged(y, (y.shape[2], y.shape[0], y.shape[1]), IMAGE)


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
