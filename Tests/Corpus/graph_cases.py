"""Damage to tensors and to how nodes are wired."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from corpus import FORMAT, LIMIT, UNSUPPORTED, case, dense, f32, patched, u32
from fmg import (
    GRPH,
    WGTS,
    Model,
    Node,
    Tensor,
    assemble,
    graph_and_weights,
    sections_of,
    write,
)


def graph_cases() -> None:
    """The graph's header, tensor records and the wiring of nodes."""

    def head(name: str, status: str, why: str, offset: int, value: bytes) -> None:
        case(f"graph-{name}", status, why, patched(GRPH, offset, value))

    head("tensors-0", FORMAT, "no tensors", 0, u32(0))
    head("tensors-3", FORMAT, "a tensor fewer than there are", 0, u32(3))
    head("tensors-4000", FORMAT, "more tensors than bytes", 0, u32(4000))
    head(
        "tensors-huge", FORMAT, "2^25 tensors, so that 128 * count wraps in 32 bits", 0, u32(2**25)
    )
    head("nodes-0", FORMAT, "no nodes", 4, u32(0))
    head("nodes-3", FORMAT, "more nodes than their words hold", 4, u32(3))
    head("nodes-huge", FORMAT, "2^32 - 1 nodes", 4, u32(2**32 - 1))
    head("words-small", FORMAT, "a node goes past the words", 8, u32(6))
    head("words-huge", FORMAT, "2^32 - 1 words", 8, u32(2**32 - 1))
    head("input-1", FORMAT, "the input is not tensor 0", 12, u32(1))
    head("output-1", FORMAT, "the output is not the last node's", 16, u32(1))
    head("output-huge", FORMAT, "output tensor 2^32 - 1", 16, u32(2**32 - 1))
    head("kind-3", FORMAT, "unknown output kind", 20, u32(3))
    head("channels-2", FORMAT, "two pixel channels", 24, u32(2))
    head("channels-3", FORMAT, "pixel channels that are not the input's", 24, u32(3))
    head("invert-2", FORMAT, "invert is neither 0 nor 1", 28, u32(2))
    head("scale-0", FORMAT, "scale 0", 32, f32(0))
    head("scale-nan", FORMAT, "scale NaN", 32, f32(math.nan))
    head("mean-infinite", FORMAT, "an infinite mean", 36, f32(math.inf))
    head("mean-unused", FORMAT, "a mean for a channel that is not there", 40, f32(0.5))
    head("deviation-0", FORMAT, "standard deviation 0", 48, f32(0))
    head("deviation-negative", FORMAT, "a negative standard deviation", 48, f32(-1))
    head("reserved", FORMAT, "a reserved word of the graph is 1", 60, u32(1))

    def record(
        case_name: str, why: str, tensor: int, status: str = FORMAT, **override: object
    ) -> None:
        model = dense()
        model.tensors[tensor].override = override
        sections = sections_of(model)
        case(f"tensor-{case_name}", status, why, assemble(sections))

    def half(case_name: str, status: str, why: str, minor: int, *tensors: Tensor) -> None:
        model = dense()
        model.tensors[3:] = tensors
        model.nodes[1].inputs[1:] = [tensor.name for tensor in tensors]
        case(f"half-{case_name}", status, why, assemble(sections_of(model), minor=minor))

    weights = np.ones((2, 4), np.float16)
    infinite = weights * np.float16(math.inf)
    single = Tensor("w", (2, 4), weights.astype(np.float32))
    half("version-0", FORMAT, "f16 in a file of version 1.0", 0, Tensor("w", (2, 4), weights))
    half("infinite", FORMAT, "f16 weights of infinity", 1, Tensor("w", (2, 4), infinite))
    bias = Tensor("b", (2,), weights[:, 0])
    half("bias", FORMAT, "an f16 bias", 1, single, bias)
    record("role-2", "unknown role", 0, role=2)
    record("role-constant", "the input is a constant", 0, role=1)
    record("type-5", "an element type of a later version", 3, UNSUPPORTED, type=5)
    record("type-activation", "an activation of halves", 1, type=1)
    record("rank-0", "rank 0", 1, rank=0)
    record("rank-5", "rank 5", 1, rank=5)
    record("reserved", "a reserved byte is 1", 1, reserved=1)
    record(
        "quantisation", "a reserved byte for quantisation is 1", 3, quantisation=b"\1" + bytes(23)
    )
    record("axis-0", "an axis of size 0", 1, shape=(0, 0, 0, 0))
    record("axis-unused", "an unused axis with a size", 1, shape=(4, 1, 0, 0))
    record("axis-65536", "an axis above the limit", 0, shape=(65536, 2, 1, 0))
    record("elements", "65535^3 elements", 0, LIMIT, shape=(65535, 65535, 65535, 0))
    record("elements-wrap", "65535^4 elements, beyond 2^63", 0, LIMIT, rank=4, shape=(65535,) * 4)
    record("activation-offset", "an activation with an offset", 1, offset=64)
    record("activation-size", "an activation with a size", 1, size=16)
    record("offset-1", "constant not where it belongs", 3, offset=64)
    record("offset-huge", "constant at 2^64 - 64", 3, offset=2**64 - 64)
    record("size-small", "constant's size is not 4 bytes an element", 3, size=28)
    record("size-huge", "constant of 2^64 - 4 bytes", 3, size=2**64 - 4)
    record("name-empty", "an empty name", 1, name=b"")
    record("name-long", "a name without a zero byte", 1, name=b"x" * 64)
    record("name-after-nul", "text after a name's end", 1, name=b"a\0b")
    record("name-twice", "two tensors of the same name", 1, name=b"in")
    record("name-utf8", "a name that is not UTF-8", 1, name=b"\xff\xfe")

    model = dense()
    model.tensors[3].value = model.tensors[3].value.astype(np.uint8)
    case("tensor-type-2", FORMAT, "bytes as weights of a dense layer", write(model))

    weights = sections_of(dense())[WGTS]
    for name, value in (("nan", math.nan), ("infinite", -math.inf)):
        damaged = weights[:8] + f32(value) + weights[12:]
        case(
            f"weights-{name}",
            FORMAT,
            f"a weight is {value}",
            assemble(sections_of(dense()) | {WGTS: damaged}),
        )
    case(
        "weights-more",
        FORMAT,
        "64 bytes that belong to no constant",
        assemble(sections_of(dense()) | {WGTS: weights + bytes(64)}),
    )
    case(
        "weights-gap",
        FORMAT,
        "padding of the weights is not zero",
        assemble(sections_of(dense()) | {WGTS: weights[:60] + b"\1\1\1\1"}),
    )
    model = dense()
    wide = replace(model.tensors[0], shape=(2, 2, 1))
    case(
        "tensor-unused",
        FORMAT,
        "a constant that no node uses",
        write(replace(model, tensors=[*model.tensors, Tensor("u", (1,), np.ones(1))])),
    )
    case(
        "activation-unused",
        FORMAT,
        "an activation that nothing uses",
        write(
            Model(
                [wide, Tensor("a", (4,)), Tensor("b", (4,))],
                [Node("reshape", ["in"], "a"), Node("reshape", ["in"], "b")],
                output_kind=0,
            )
        ),
    )


def wiring_cases() -> None:
    """Nodes: heads, inputs, outputs."""
    graph, _ = graph_and_weights(dense())
    nodes = len(graph) - 4 * (3 + 4)

    def word(name: str, why: str, index: int, value: int, status: str = FORMAT) -> None:
        case(f"node-{name}", status, why, patched(GRPH, nodes + 4 * index, u32(value)))

    word("operator-0", "operator 0", 3, 0 | 2 << 16, UNSUPPORTED)
    word("operator-15", "an operator of version 1.1 in a file of 1.0", 3, 15 | 2 << 16)
    word("operator-17", "an operator of version 1.2 in a file of 1.0", 3, 17 | 2 << 16)
    word("operator-19", "an operator of a later version", 3, 19 | 2 << 16, UNSUPPORTED)
    word("operator-65535", "operator 65535", 3, 65535 | 2 << 16, UNSUPPORTED)
    word("inputs-0", "a node without inputs", 0, 12)
    word("inputs-255", "255 inputs", 3, 2 | 255 << 16)
    word("attributes", "an attribute too many", 3, 2 | 1 << 16 | 1 << 24)
    word("output-self", "a node writes the input", 1, 0)
    word("output-constant", "a node writes a constant", 4, 3)
    word("output-huge", "output tensor 2^32 - 1", 4, 2**32 - 1)
    word("input-later", "a node reads its own output", 2, 1)
    word("input-constant", "the first input of a node is a constant", 2, 3)
    word("input-huge", "input tensor 2^31", 5, 2**31)
    word("weights-activation", "an activation as weights", 6, 0)
