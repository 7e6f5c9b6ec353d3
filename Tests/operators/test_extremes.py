"""Values far from 1: saturation, overflow to infinity, signed zeros, division by zero."""

from __future__ import annotations

import numpy as np
import pytest

import oracle
from build import Builder
from cases_elementwise import KINDS
from fmnistrt.convert.graph import Graph
from fmnistrt.convert.model import Model
from fmnistrt.convert.writer import write
from library import Session, instruction_sets

MAGNITUDES = [0, 1e-38, 1e-7, 0.5, 5, 20, 50, 88.5, 89, 104, 1e3, 1e6, 1e12, 1e19, 1e30]
EXTREMES = np.float32([sign * value for value in MAGNITUDES for sign in (1, -1)])


def _compare(graph: Graph, image: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        expected = oracle.evaluate(graph, image)[graph.output].astype(np.float32)
    content = write(Model(graph))
    for isa in instruction_sets():
        with Session(content, isa, False) as session:
            result = session.run(image[None], graph.output.shape[0])[0]
        # exp(89) differs from exp(88.99999) by 1e-5; relative errors grow with the argument.
        np.testing.assert_allclose(result, expected, rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize(("kind", "a", "b"), KINDS)
def test_activations(kind: str, a: float, b: float) -> None:
    """Every kind: no NaN comes from a number."""
    builder = Builder(f"extremes-{kind}-{a}-{b}", len(EXTREMES))
    builder.activation(builder.input, kind, float(a), float(b))
    _compare(builder.graph, EXTREMES)


@pytest.mark.parametrize("logarithm", [0, 1])
@pytest.mark.parametrize("scale", [0.0, 1.0, 80.0, 1e4, 1e30])
def test_softmax(logarithm: int, scale: float) -> None:
    """Scores far apart, and all equal."""
    b = Builder(f"softmax-{scale}", 5)
    b.node("softmax", b.input, logarithm=logarithm)
    for scores in ([-1, 0, 1, 0.5, -0.25], [1, 1, 1, 1, 1], [-1, -1, -1, -1, -2]):
        _compare(b.graph, np.float32(scores) * np.float32(scale))


@pytest.mark.parametrize("shape", [(16,), (2, 2, 3), (1, 5, 17)])
def test_division_by_zero(shape: tuple[int, ...]) -> None:
    """Infinity with the sign of the dividend, as IEEE 754 has it."""
    b = Builder(f"zero-{shape}", *shape)
    zero = b.constant(shape[-1], scale=0.0)
    zero.value[:] = 0
    b.flat(b.binary("divide", b.input, zero))
    values = np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    _compare(b.graph, np.where(values == 0, np.float32(1), values))
