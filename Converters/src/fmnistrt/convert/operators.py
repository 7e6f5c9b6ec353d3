"""The operators of docs/fmg-format.md: numbers, attributes, and the shapes that follow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .graph import ConvertError, Node, Shape, Tensor

MAX_AXIS = 65535
MAX_ELEMENTS = 2**28
MAX_RANK = 4
MAX_EXTENT = 255
"""Largest kernel, stride, dilation, and padding on one side."""

ACTIVATIONS = {
    "clip": 1,
    "leaky_relu": 2,
    "elu": 3,
    "selu": 4,
    "sigmoid": 5,
    "hard_sigmoid": 6,
    "hard_swish": 7,
    "tanh": 8,
    "softplus": 9,
    "softsign": 10,
    "silu": 11,
    "gelu": 12,
    "gelu_tanh": 13,
    "exp": 14,
    "mish": 15,
}
BINARY = {"add": 1, "multiply": 2, "subtract": 3, "divide": 4, "maximum": 5, "minimum": 6}
METRICS = {"manhattan": 1, "euclidean": 2}
VECTOR_KERNELS = {"linear": 1, "poly": 2, "rbf": 3, "sigmoid": 4}
VECTOR_OUTPUTS = {"votes": 1, "ovr": 2}
MAX_VECTOR_CLASSES = 250
"""Classes of support vectors: each takes one of the 255 words that attributes can be."""
MAX_ROW = 32768
"""Bytes of a row of nearest neighbours: up to here a sum of squares fits into 32 bits."""
MAX_NEIGHBOURS = 255
MAX_VOTED = 256
"""Classes that neighbours, whose labels are bytes, can have."""

Attributes = dict[str, Any]
Infer = Callable[[list[Shape], Attributes], Shape]


@dataclass(frozen=True)
class Operator:
    """One row of the specification's table.

    `attributes` maps each attribute, in file order, to its default; a float default marks an f32
    word. `constants` are the inputs that must be constants, `infer` gives the output's shape.
    """

    number: int
    inputs: tuple[int, int]
    constants: tuple[int, ...]
    attributes: dict[str, int | float | tuple[int, ...]]
    infer: Infer
    bytes: bool = False
    """Whether its constants are bytes, not floats."""


def _demand(condition: bool, message: str) -> None:
    if not condition:
        raise ConvertError(message)


def _image(shape: Shape) -> Shape:
    _demand(len(shape) == 3, f"needs an image (height, width, channels), but gets {shape}")
    return shape


def _windows(size: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> int:
    """How many windows fit along one axis."""
    extent = (kernel - 1) * dilation + 1
    for what, value in [("kernel", kernel), ("stride", stride), ("dilation", dilation)]:
        _demand(1 <= value <= MAX_EXTENT, f"has the {what} {value}; 1 to {MAX_EXTENT} is possible")
    for value in (before, after):
        limit = min(extent - 1, MAX_EXTENT)
        _demand(0 <= value <= limit, f"has the padding {value}; 0 to {limit} is possible here")
    room = size + before + after - extent
    _demand(room >= 0, f"has a window of {extent}, larger than its padded input of {size}")
    return room // stride + 1


def _vectors(shapes: list[Shape], outputs: int) -> None:
    """Bias and multiplier, as far as they are there."""
    for what, shape in zip(("bias", "multiplier"), shapes[2:], strict=False):
        _demand(shape == (outputs,), f"has a {what} that is not [{outputs}]")


def _conv2d(shapes: list[Shape], attributes: Attributes) -> Shape:
    height, width, channels = _image(shapes[0])
    weights, groups = shapes[1], attributes["groups"]
    _demand(len(weights) == 4, f"has weights of shape {weights}; four axes are expected")
    outputs, kernel_h, kernel_w, depth = weights
    _demand(
        groups >= 1 and outputs % groups == 0 and depth * groups == channels,
        f"has weights of shape {weights} in {groups} groups, which do not fit {channels} channels",
    )
    _vectors(shapes, outputs)
    a = attributes
    return (
        _windows(height, kernel_h, a["stride_h"], a["dilation_h"], a["pad_top"], a["pad_bottom"]),
        _windows(width, kernel_w, a["stride_w"], a["dilation_w"], a["pad_left"], a["pad_right"]),
        outputs,
    )


def _dense(shapes: list[Shape], _: Attributes) -> Shape:
    _demand(len(shapes[0]) == 1, f"needs a vector, but gets {shapes[0]}")
    weights = shapes[1]
    _demand(
        len(weights) == 2 and weights[1] == shapes[0][0],
        f"has weights of shape {weights}, which do not fit an input of {shapes[0]}",
    )
    _vectors(shapes, weights[0])
    return (weights[0],)


def _pool(shapes: list[Shape], a: Attributes) -> Shape:
    height, width, channels = _image(shapes[0])
    # Padding is less than the kernel, so that every window holds a cell of the image.
    return (
        _windows(height, a["kernel_h"], a["stride_h"], 1, a["pad_top"], a["pad_bottom"]),
        _windows(width, a["kernel_w"], a["stride_w"], 1, a["pad_left"], a["pad_right"]),
        channels,
    )


def _global_pool(shapes: list[Shape], _: Attributes) -> Shape:
    return (_image(shapes[0])[2],)


def _scale_shift(shapes: list[Shape], _: Attributes) -> Shape:
    expected = shapes[0][-1:]
    _demand(
        shapes[1] == expected and shapes[2] == expected,
        f"scales and shifts by {shapes[1]} and {shapes[2]}; {expected} is expected",
    )
    return shapes[0]


def _activation(shapes: list[Shape], attributes: Attributes) -> Shape:
    kind, a, b = (attributes[key] for key in ("kind", "a", "b"))
    _demand(kind in ACTIVATIONS.values(), f"has the unknown activation {kind}")
    if kind == ACTIVATIONS["clip"]:
        _demand(a <= b and a < math.inf and b > -math.inf, f"clips to {a} ... {b}")
    else:
        _demand(math.isfinite(a) and math.isfinite(b), f"has the activation parameters {a}, {b}")
    return shapes[0]


def _softmax(shapes: list[Shape], attributes: Attributes) -> Shape:
    _demand(attributes["logarithm"] in (0, 1), "has a wrong softmax attribute")
    return shapes[0]


def _binary(shapes: list[Shape], attributes: Attributes) -> Shape:
    x, y = shapes
    _demand(attributes["kind"] in BINARY.values(), f"has the unknown kind {attributes['kind']}")
    spread = (1,) * (len(x) - 1) + x[-1:]
    _demand(
        y in (x, spread, x[-1:]) or math.prod(y) == 1,
        f"combines the shapes {x} and {y}, which do not fit each other",
    )
    return x


def _concatenate(shapes: list[Shape], attributes: Attributes) -> Shape:
    first, axis = shapes[0], attributes["axis"]
    _demand(0 <= axis < len(first), f"concatenates along axis {axis} of {first}")
    for shape in shapes[1:]:
        same = len(shape) == len(first) and all(
            a == b for i, (a, b) in enumerate(zip(first, shape, strict=True)) if i != axis
        )
        _demand(same, f"concatenates {first} and {shape} along axis {axis}; other sizes must agree")
    total = sum(shape[axis] for shape in shapes)
    return (*first[:axis], total, *first[axis + 1 :])


def _pad(shapes: list[Shape], a: Attributes) -> Shape:
    height, width, channels = _image(shapes[0])
    for key in ("top", "left", "bottom", "right"):
        _demand(0 <= a[key] <= MAX_EXTENT, f"has the padding {a[key]}; 0 to 255 is possible")
    _demand(math.isfinite(a["value"]), f"pads with {a['value']}")
    return (height + a["top"] + a["bottom"], width + a["left"] + a["right"], channels)


def _transpose(shapes: list[Shape], attributes: Attributes) -> Shape:
    axes, x = tuple(attributes["axes"]), shapes[0]
    _demand(sorted(axes) == list(range(len(x))), f"transposes {x} by {axes}")
    return tuple(x[axis] for axis in axes)


def _nearest_neighbours(shapes: list[Shape], attributes: Attributes) -> Shape:
    x, rows, labels = shapes
    metric, k, classes = (attributes[key] for key in ("metric", "k", "classes"))
    _demand(
        len(rows) == 2 and rows[1] == math.prod(x) <= MAX_ROW,
        f"compares {x} with rows of shape {rows}; (count, {math.prod(x)}) is needed, at most "
        f"{MAX_ROW} values a row",
    )
    _demand(labels == rows[:1], f"has labels of shape {labels} for {rows[0]} rows")
    _demand(metric in METRICS.values(), f"has the unknown metric {metric}")
    most = min(MAX_NEIGHBOURS, rows[0])
    _demand(1 <= k <= most, f"looks for {k} neighbours; 1 to {most} are possible here")
    _demand(1 <= classes <= MAX_VOTED, f"has {classes} classes; 1 to {MAX_VOTED} are possible")
    return (classes,)


def _quantize(shapes: list[Shape], attributes: Attributes) -> Shape:
    factor = attributes["factor"]
    _demand(math.isfinite(factor) and factor > 0, f"quantises with the factor {factor}")
    return shapes[0]


def _support_vectors(shapes: list[Shape], attributes: Attributes) -> Shape:
    x, vectors, coefficients, intercepts = shapes
    counts = attributes["counts"]
    classes = len(counts)
    _demand(2 <= classes <= MAX_VECTOR_CLASSES, f"has {classes} classes; 2 to 250 are possible")
    _demand(
        len(x) == 1 and len(vectors) == 2 and vectors[1] == x[0],
        f"compares {x} with vectors of shape {vectors}; (count, size) and a vector are needed",
    )
    _demand(
        min(counts) >= 1 and sum(counts) == vectors[0],
        f"has {vectors[0]} vectors, but its classes {list(counts)}",
    )
    _demand(
        coefficients == (classes - 1, vectors[0]),
        f"has coefficients of shape {coefficients}; {(classes - 1, vectors[0])} is needed",
    )
    pairs = classes * (classes - 1) // 2
    _demand(intercepts == (pairs,), f"has intercepts of shape {intercepts}; ({pairs},) is needed")
    _demand(attributes["output"] in VECTOR_OUTPUTS.values(), "has an unknown kind of output")
    kernel = attributes["kernel"]
    _demand(kernel in VECTOR_KERNELS.values(), f"has the unknown kernel {kernel}")
    gamma, coef0, degree = (attributes[key] for key in ("gamma", "coef0", "degree"))
    linear, poly, sigmoid = (VECTOR_KERNELS[key] for key in ("linear", "poly", "sigmoid"))
    unused = (
        (gamma != 0 and kernel == linear)
        or (coef0 != 0 and kernel not in (poly, sigmoid))
        or (degree != 0 and kernel != poly)
    )
    valid = math.isfinite(gamma) and gamma >= 0 and math.isfinite(coef0) and 0 <= degree <= 255
    _demand(valid and not unused, f"has gamma {gamma}, coef0 {coef0} and degree {degree}")
    return (classes,)


_STRIDES: dict[str, int | float | tuple[int, ...]] = {"stride_h": 1, "stride_w": 1}
_PADS: dict[str, int | float | tuple[int, ...]] = {
    "pad_top": 0,
    "pad_left": 0,
    "pad_bottom": 0,
    "pad_right": 0,
}
_POOL = {"kernel_h": 1, "kernel_w": 1, **_STRIDES, **_PADS}

OPERATORS: dict[str, Operator] = {
    "conv2d": Operator(
        1,
        (2, 4),
        (1, 2, 3),
        {**_STRIDES, "dilation_h": 1, "dilation_w": 1, **_PADS, "groups": 1},
        _conv2d,
    ),
    "dense": Operator(2, (2, 4), (1, 2, 3), {}, _dense),
    "max_pool": Operator(3, (1, 1), (), _POOL, _pool),
    "average_pool": Operator(4, (1, 1), (), {**_POOL, "count_padding": 0}, _pool),
    "global_max_pool": Operator(5, (1, 1), (), {}, _global_pool),
    "global_average_pool": Operator(6, (1, 1), (), {}, _global_pool),
    "scale_shift": Operator(7, (3, 3), (1, 2), {}, _scale_shift),
    "activation": Operator(8, (1, 1), (), {"kind": 0, "a": 0.0, "b": 0.0}, _activation),
    "softmax": Operator(9, (1, 1), (), {"logarithm": 0}, _softmax),
    "binary": Operator(10, (2, 2), (), {"kind": 0}, _binary),
    "concatenate": Operator(11, (2, 64), (), {"axis": 0}, _concatenate),
    "reshape": Operator(12, (1, 1), (), {}, lambda shapes, _: shapes[0]),
    "pad": Operator(
        13, (1, 1), (), {"top": 0, "left": 0, "bottom": 0, "right": 0, "value": 0.0}, _pad
    ),
    "transpose": Operator(14, (1, 1), (), {"axes": ()}, _transpose),
    "nearest_neighbours": Operator(
        15,
        (3, 3),
        (1, 2),
        {"metric": 0, "k": 0, "classes": 0},
        _nearest_neighbours,
        bytes=True,
    ),
    "quantize": Operator(16, (1, 1), (), {"factor": 0.0}, _quantize),
    "dequantize": Operator(17, (1, 1), (), {}, lambda shapes, _: shapes[0]),
    "support_vectors": Operator(
        18,
        (4, 4),
        (1, 2, 3),
        {"output": 0, "kernel": 0, "gamma": 0.0, "coef0": 0.0, "degree": 0, "counts": ()},
        _support_vectors,
    ),
}


def complete(operator: str, attributes: Attributes) -> Attributes:
    """All attributes in file order, defaults filled in; a name that does not exist is an error."""
    known = OPERATORS[operator].attributes
    unknown = attributes.keys() - known.keys()
    _demand(not unknown, f"has no attribute {', '.join(sorted(unknown))} as a {operator}")
    return {key: attributes.get(key, default) for key, default in known.items()}


def infer_shape(
    operator: str, inputs: Sequence[Tensor], attributes: Attributes, reshaped: Shape = ()
) -> Shape:
    """The shape of what `operator` computes; `reshaped` is the new shape of a reshape."""
    _demand(operator in OPERATORS, f"uses the operator {operator}, which .fmg files do not have")
    row = OPERATORS[operator]
    least, most = row.inputs
    _demand(least <= len(inputs) <= most, f"has {len(inputs)} inputs; {least} to {most} are needed")
    for index, tensor in enumerate(inputs):
        free = operator == "binary" and index == 1
        wrong = (tensor.value is not None) != (index in row.constants) and not free
        _demand(not wrong, f"has a wrong input {index} for a {operator}: constant or computed")
    shape = row.infer([tensor.shape for tensor in inputs], complete(operator, attributes))
    if operator == "reshape":
        _demand(
            math.prod(reshaped) == math.prod(shape), f"reshapes {shape} to {reshaped}: other size"
        )
        shape = reshaped
    check_shape(shape)
    return shape


def check_shape(shape: Shape) -> None:
    """Refuses a tensor that is larger than the format allows."""
    _demand(1 <= len(shape) <= MAX_RANK, f"has the shape {shape}; 1 to 4 axes are possible")
    _demand(
        all(1 <= size <= MAX_AXIS for size in shape) and math.prod(shape) <= MAX_ELEMENTS,
        f"has the shape {shape}: an axis may have 1 to {MAX_AXIS} elements, a tensor 2^28",
    )


def multiply_adds(node: Node) -> int:
    """Multiplications with weights for one image."""
    if node.operator == "conv2d":
        return math.prod(node.output.shape) * math.prod(node.inputs[1].shape[1:])
    matrix = node.operator in ("dense", "nearest_neighbours", "support_vectors")
    return math.prod(node.inputs[1].shape) if matrix else 0
