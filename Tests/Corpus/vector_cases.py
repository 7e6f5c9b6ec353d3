"""Support vectors with constants or attributes that are not allowed."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from corpus import FORMAT, case
from fmg import Model, Node, Tensor, assemble, sections_of, write

LINEAR, POLYNOMIAL, RADIAL, SIGMOID = range(1, 5)


def vectors(
    attributes: tuple = (1, RADIAL, 0.5, 0.0, 0),
    counts: tuple = (1, 2, 1),
    shape: tuple = (4,),
    **constants: tuple,
) -> Model:
    """Three classes with four support vectors; `constants` gives other shapes of these."""
    shapes = {"vectors": (4, 4), "coefficients": (2, 4), "intercepts": (3,)} | constants
    tensors = [Tensor("in", shape), Tensor("out", (max(len(counts), 1),))]
    for name, size in shapes.items():
        tensors.append(Tensor(name, size, np.ones(size, np.float32)))
    node = Node("support_vectors", ["in", *shapes], "out", [*attributes, *counts])
    return Model(tensors, [node], output_kind=0, channels=0, scale=1.0)


def vector_cases() -> None:
    """The operator of version 1.2."""

    def bad(name: str, why: str, model: Model) -> None:
        case(f"vectors-{name}", FORMAT, why, write(model))

    good = sections_of(vectors())
    case("vectors-minor-1", FORMAT, "version 1.1 lacks the operator", assemble(good, minor=1))
    bad("output-0", "output 0", vectors((0, RADIAL, 0.5, 0.0, 0)))
    bad("output-3", "output 3", vectors((3, RADIAL, 0.5, 0.0, 0)))
    bad("kernel-0", "kernel 0", vectors((1, 0, 0.5, 0.0, 0)))
    bad("kernel-5", "kernel 5", vectors((1, 5, 0.5, 0.0, 0)))
    bad("gamma-nan", "gamma NaN", vectors((1, RADIAL, math.nan, 0.0, 0)))
    bad("gamma-infinite", "an infinite gamma", vectors((1, RADIAL, math.inf, 0.0, 0)))
    bad("gamma-negative", "a negative gamma", vectors((1, RADIAL, -0.5, 0.0, 0)))
    bad("coef0-infinite", "an infinite coef0", vectors((1, SIGMOID, 0.5, math.inf, 0)))
    bad("degree-256", "degree 256", vectors((1, POLYNOMIAL, 0.5, 0.0, 256)))
    bad("linear-gamma", "a gamma that is not used", vectors((1, LINEAR, 0.5, 0.0, 0)))
    bad("radial-coef0", "a coef0 that is not used", vectors((1, RADIAL, 0.5, 1.0, 0)))
    bad("sigmoid-degree", "a degree that is not used", vectors((1, SIGMOID, 0.5, 1.0, 3)))
    bad("attributes", "attributes end before the classes", vectors((1, RADIAL, 0.5, 0.0), ()))
    one = {"coefficients": (1, 4), "intercepts": (1,)}
    bad("one-class", "a single class", vectors(counts=(4,), **one))
    bad("count-0", "a class without vectors", vectors(counts=(0, 3, 1)))
    bad("counts-few", "fewer vectors in the classes than in all", vectors(counts=(1, 1, 1)))
    bad("counts-many", "more vectors in the classes than in all", vectors(counts=(1, 2, 2)))
    bad("count-huge", "2^32 - 1 vectors in a class", vectors(counts=(1, 2, 2**32 - 1)))
    bad("size", "vectors longer than the input", vectors(vectors=(4, 5)))
    bad("rank", "vectors of rank 3", vectors(vectors=(4, 2, 2)))
    bad("image", "an image as input", vectors(shape=(2, 2, 1)))
    bad("coefficients", "a row of coefficients for each class", vectors(coefficients=(3, 4)))
    bad("coefficients-short", "rows that end early", vectors(coefficients=(2, 3)))
    bad("coefficients-flat", "coefficients of rank 1", vectors(coefficients=(8,)))
    bad("intercepts", "an intercept for each class only", vectors(intercepts=(2,)))
    model = vectors()
    model.nodes[0].inputs.append("intercepts")
    bad("inputs", "a fifth input", model)
    for index, name in ((3, "coefficients"), (4, "intercepts")):
        model = vectors()
        model.tensors[index].value = model.tensors[index].value.astype(np.float16)
        bad(f"{name}-f16", f"{name} in half precision", model)
    model = vectors()
    model.tensors[2].value = np.ones((4, 4), np.uint8)
    bad("bytes", "vectors of bytes", model)
    for name, shape, size in (
        ("vectors", (2, 2, 4), (4, 4)),
        ("coefficients", (1, 2, 4), (2, 4)),
        ("intercepts", (1, 1, 3), (3,)),
    ):
        model = vectors(vectors=(4, shape[2]))
        activations = [Tensor("in", shape), Tensor("mean", shape[2:]), Tensor(name, size)]
        constants = [tensor for tensor in model.tensors[2:] if tensor.name != name]
        model.tensors = [*activations, model.tensors[1], *constants]
        model.nodes[0].inputs[0] = "mean"
        model.nodes.insert(0, Node("reshape", ["in"], name))
        model.nodes.insert(0, Node("global_average_pool", ["in"], "mean"))
        bad(f"{name}-computed", f"{name} that are computed", model)
