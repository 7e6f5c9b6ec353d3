"""Every operator against the oracle on every instruction set, fused and with kept tensors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import cases_chains
import cases_concatenation
import cases_convolution
import cases_elementwise
import cases_halves
import cases_image
import cases_moving
import cases_pooling
import cases_random
import cases_winograd
from build import Builder
from compare import Expected
from fmnistrt.convert.model import Model
from fmnistrt.convert.writer import write
from library import ISA_NAMES, Session, instruction_sets

MODULES = (
    cases_convolution,
    cases_halves,
    cases_pooling,
    cases_elementwise,
    cases_moving,
    cases_chains,
    cases_random,
    cases_winograd,
    cases_image,
    cases_concatenation,
)
CASES = {b.name: b for b in itertools.chain.from_iterable(m.cases() for m in MODULES)}
INSTRUCTION_SETS = instruction_sets()


@pytest.mark.parametrize("name", CASES)
def test_operators(name: str) -> None:
    """Two inputs in one call, after one of NaN that must leave no trace in the scratch memory."""
    b: Builder = CASES[name]
    graph = b.graph
    inputs = b.rng.normal(size=(2, *graph.input.shape)).astype(np.float32)
    expected = Expected(graph, inputs)
    content = write(Model(graph))
    broken = np.full((1, *graph.input.shape), np.nan, np.float32)
    for isa, keep in itertools.product(INSTRUCTION_SETS, (False, True)):
        context = f"{name}, {ISA_NAMES[isa]}{', kept tensors' if keep else ''}"
        with Session(content, isa, keep) as session:
            result = session.run(np.concatenate([broken, inputs]), graph.output.shape[0])
            for image in range(len(inputs)):
                expected.check(graph.output, result[1 + image], image, context)
            if keep:
                tensors = [graph.input, *(node.output for node in graph.nodes)]
                for index, tensor in enumerate(tensors):
                    expected.check(tensor, session.tensor(index, tensor.shape), 1, context)


def test_names_are_unique() -> None:
    """A name that stands twice would hide a case, and seeds its weights."""
    assert len(CASES) == sum(1 for m in MODULES for _ in m.cases())
