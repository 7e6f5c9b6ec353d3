"""Operators with inputs or attributes that are not allowed."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from corpus import FORMAT, LIMIT, UNSUPPORTED, case, operator
from fmg import (
    Model,
    Node,
    Tensor,
    write,
)


def operator_cases() -> None:
    """Attributes and shapes."""

    def node(
        name: str, why: str, *arguments: object, status: str = FORMAT, **fields: object
    ) -> None:
        case(name, status, why, operator(*arguments, **fields))

    weights = np.ones((3, 3, 3, 2), np.float32)
    same = [1, 1, 1, 1, 1, 1, 1, 1, 1]

    def conv(name: str, why: str, index: int, value: int, status: str = FORMAT) -> None:
        attributes = list(same)
        attributes[index] = value
        node(f"conv-{name}", why, "conv2d", attributes, (4, 4, 3), weights, status=status)

    conv("stride-0", "stride 0", 0, 0)
    conv("stride-256", "stride above the limit", 1, 256)
    conv("dilation-0", "dilation 0", 2, 0)
    conv("dilation-huge", "dilation 2^32 - 1", 3, 2**32 - 1)
    conv("padding-3", "padding as large as the kernel", 4, 3)
    conv("padding-huge", "padding 2^32 - 1", 5, 2**32 - 1)
    conv("groups-0", "no groups", 8, 0)
    conv("groups-2", "groups that do not divide the outputs", 8, 2)
    conv("groups-huge", "2^32 - 1 groups", 8, 2**32 - 1)
    node("conv-shape", "output shape is not the inferred one", "conv2d", same, (4, 5, 3), weights)
    node(
        "conv-kernel-large",
        "kernel larger than the padded image",
        "conv2d",
        [1, 1, 2, 2, 0, 0, 0, 0, 1],
        (1, 1, 3),
        weights,
    )
    node(
        "conv-channels",
        "weights for other channels",
        "conv2d",
        same,
        (4, 4, 3),
        np.ones((3, 3, 3, 1), np.float32),
    )
    node(
        "conv-bias",
        "bias of another size",
        "conv2d",
        same,
        (4, 4, 3),
        weights,
        np.ones(4, np.float32),
    )
    node("conv-rank", "weights of rank 2", "conv2d", same, (4, 4, 3), np.ones((3, 2), np.float32))
    node("conv-attributes", "eight attributes", "conv2d", same[:8], (4, 4, 3), weights)
    node("dense-rank", "dense on an image", "dense", [], (3,), np.ones((3, 32), np.float32))
    node(
        "dense-size",
        "weights for another input",
        "dense",
        [],
        (3,),
        np.ones((3, 5), np.float32),
        shape=(4,),
    )
    node("pool-kernel-0", "kernel 0", "max_pool", [0, 2, 2, 2, 0, 0, 0, 0], (2, 2, 2))
    node(
        "pool-padding",
        "padding as large as the kernel",
        "max_pool",
        [2, 2, 2, 2, 2, 0, 0, 0],
        (3, 2, 2),
    )
    node(
        "pool-empty-window",
        "a window that lies in the padding",
        "max_pool",
        [3, 3, 2, 2, 2, 2, 2, 2],
        (1, 1, 1),
        shape=(1, 1, 1),
    )
    node("pool-count-2", "count_padding 2", "average_pool", [2, 2, 2, 2, 0, 0, 0, 0, 2], (2, 2, 2))
    node("pool-rank", "pooling of a vector", "global_max_pool", [], (4,), shape=(4,))
    node(
        "scale-size",
        "scale of another size",
        "scale_shift",
        [],
        (4, 4, 2),
        np.ones(3, np.float32),
        np.ones(2, np.float32),
    )
    node(
        "activation-0",
        "activation kind 0",
        "activation",
        [0, 0.0, 0.0],
        (4, 4, 2),
        status=UNSUPPORTED,
    )
    node(
        "activation-16",
        "activation of a later version",
        "activation",
        [16, 0.0, 0.0],
        (4, 4, 2),
        status=UNSUPPORTED,
    )
    node(
        "activation-attribute",
        "an unused attribute is not 0",
        "activation",
        [8, 1.0, 0.0],
        (4, 4, 2),
    )
    node("clip-order", "clip with a > b", "activation", [1, 1.0, 0.0], (4, 4, 2))
    node("clip-nan", "clip to NaN", "activation", [1, math.nan, 1.0], (4, 4, 2))
    node("leaky-infinite", "an infinite slope", "activation", [2, math.inf, 0.0], (4, 4, 2))
    node(
        "activation-shape",
        "an activation changes the shape",
        "activation",
        [8, 0.0, 0.0],
        (4, 4, 1),
    )
    node("softmax-logarithm", "logarithm 2", "softmax", [2], (4, 4, 2))
    node("binary-kind", "binary kind 7", "binary", [7], (4, 4, 2), np.ones(2, np.float32))
    node(
        "binary-shape",
        "y of a shape that does not fit",
        "binary",
        [1],
        (4, 4, 2),
        np.ones((4, 1, 1), np.float32),
    )
    node("concatenate-axis", "axis 3 of an image", "concatenate", [3], (4, 4, 4), extra=["in"])
    node("concatenate-one", "a single input", "concatenate", [2], (4, 4, 2))
    node("concatenate-shape", "wrong total", "concatenate", [2], (4, 4, 5), extra=["in"])
    node("reshape-size", "another number of elements", "reshape", [], (33,))
    node("pad-huge", "padding 65535", "pad", [65535, 0, 0, 0, 0.0], (65539, 4, 2))
    node("pad-nan", "padded with NaN", "pad", [1, 0, 0, 0, math.nan], (5, 4, 2))
    node("transpose-twice", "an axis occurs twice", "transpose", [0, 0, 1], (4, 4, 4))
    node("transpose-axis", "axis 3 of an image", "transpose", [0, 1, 3], (4, 4, 2))
    node("transpose-count", "two axes for three", "transpose", [1, 0], (4, 4))

    image, weights = (2048, 2048, 1), np.ones((1, 32, 32, 1), np.float32)
    layers = [Tensor(f"t{i}", image) for i in range(20)]
    attributes = [1, 1, 1, 1, 16, 16, 15, 15, 1]
    chain = [
        Node("conv2d", [layers[i - 1].name if i else "in", "w"], layers[i].name, attributes)
        for i in range(20)
    ]
    case(
        "multiply-adds",
        LIMIT,
        "hours of work for one image",
        write(
            Model(
                [Tensor("in", image), *layers, Tensor("w", weights.shape, weights)],
                chain,
                output_kind=0,
                channels=0,
                scale=1.0,
            )
        ),
    )
    axis = (65535, 4096)
    copies = [Tensor("in", axis), *(Tensor(f"t{i}", axis) for i in range(4))]
    chain = [Node("binary", [copies[i].name, "in"], f"t{i}", [1]) for i in range(4)]
    case(
        "arena",
        LIMIT,
        "activations of 1 GiB each that live at the same time",
        write(Model(copies, chain, output_kind=0, channels=0, scale=1.0)),
    )
