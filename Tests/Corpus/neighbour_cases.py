"""Nearest neighbours with constants or attributes that are not allowed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from corpus import FORMAT, case
from fmg import Model, Node, Tensor, assemble, sections_of, write


def neighbours(
    attributes: tuple = (1, 2, 3), labels: tuple = (0, 1, 2), size: int = 4, **fields: object
) -> Model:
    """Nearest neighbours of an image of 2x2 among three rows."""
    rows = np.arange(3 * size, dtype=np.uint8).reshape(3, size)
    numbers = np.array(labels, np.uint8)
    tensors = [Tensor("in", (2, 2, 1)), Tensor("out", (attributes[-1],))]
    tensors += [Tensor("rows", rows.shape, rows), Tensor("labels", numbers.shape, numbers)]
    node = Node("nearest_neighbours", ["in", "rows", "labels"], "out", list(attributes))
    return Model(tensors, [node], **({"output_kind": 1, "scale": 1.0} | fields))


def neighbour_cases() -> None:
    """The operator of version 1.1."""

    def bad(name: str, why: str, model: Model) -> None:
        case(f"neighbours-{name}", FORMAT, why, write(model))

    case(
        "neighbours-minor-0",
        FORMAT,
        "version 1.0 does not have the operator",
        assemble(sections_of(neighbours())),
    )
    bad("k-0", "no neighbours", neighbours((1, 0, 3)))
    bad("k-4", "more neighbours than rows", neighbours((1, 4, 3)))
    bad("k-huge", "2^32 - 1 neighbours", neighbours((1, 2**32 - 1, 3)))
    bad("metric-0", "metric 0", neighbours((0, 2, 3)))
    bad("metric-3", "metric 3", neighbours((3, 2, 3)))
    bad("classes-257", "more classes than a byte can name", neighbours((1, 2, 257)))
    bad("attributes", "an attribute too many", neighbours((1, 2, 3, 3)))
    bad("label", "a label that is no class", neighbours(labels=(0, 3, 1)))
    bad("labels-few", "two labels for three rows", neighbours(labels=(0, 1)))
    bad("row-size", "rows longer than the input", neighbours(size=5))
    bad("scale", "pixels that are prepared", neighbours(scale=255.0))
    bad("mean", "pixels that are prepared", neighbours(mean=(1.0, 0.0, 0.0)))
    bad("invert", "pixels that are prepared", neighbours(invert=1))
    for index, name in ((2, "rows"), (3, "labels")):
        model = neighbours()
        model.tensors[index].value = model.tensors[index].value.astype(np.float32)
        bad(f"{name}-f32", f"{name} that are floats", model)
        model = neighbours()
        model.tensors[index] = Tensor(name, model.tensors[index].shape)
        model.nodes[0].inputs[index - 1] = "in"
        model.tensors.pop(index)
        bad(f"{name}-activation", f"{name} that are computed", model)
    model = neighbours()
    model.tensors.insert(1, Tensor("first", (2, 2, 1)))
    model.nodes.insert(0, Node("activation", ["in"], "first", [1, 0.0, 1.0]))
    model.nodes[1].inputs[0] = "first"
    bad("two-nodes", "another operator in the model", model)
    long = Model(
        [
            Tensor("in", (32769,)),
            Tensor("out", (1,)),
            Tensor("rows", (1, 32769), np.zeros((1, 32769), np.uint8)),
            Tensor("labels", (1,), np.zeros(1, np.uint8)),
        ],
        [Node("nearest_neighbours", ["in", "rows", "labels"], "out", [2, 1, 1])],
        channels=0,
        scale=1.0,
    )
    bad("row-long", "rows whose squared differences overflow", long)
