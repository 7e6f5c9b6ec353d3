"""Converts the forms of a test, runs them in the library, and compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cases import Case
from fmnistrt import Model as Library
from fmnistrt.convert.element_types import holds_bytes
from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.model import Model
from fmnistrt.convert.onnx import read_onnx
from fmnistrt.convert.passes import optimise
from fmnistrt.convert.quantize.lower import lower
from fmnistrt.convert.writer import write
from forms import Attempt, attempts

RELATIVE, ABSOLUTE = 1e-3, 1e-5
OTHER_TYPES = "has no array of numbers as each input and output"


@dataclass
class Outcome:
    """What became of a test.

    `passed` are the forms whose answers were right, for every output of the test in one of them;
    `wrong` the forms with other answers, `refusals` the reasons of each form that was refused.
    """

    case: Case
    passed: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)


def outcome(case: Case) -> Outcome:
    """Tries all forms of a test, as a constant only what is no layer.

    Any exception but ConvertError is an error of the converter.
    """
    result = Outcome(case)
    outputs: dict[int, set[str]] = {index: set() for index in range(len(case.outputs))}
    tried = False
    for attempt in attempts(case):
        tried = True
        if attempt.form == "constant" and outputs[attempt.output]:
            continue
        try:
            answers = answers_of(attempt)
        except ConvertError as error:
            result.refusals.append((attempt.form, str(error)))
            continue
        if agree(answers, attempt.answers):
            outputs[attempt.output].add(attempt.form)
        else:
            difference = np.abs(answers - attempt.answers).max()
            result.wrong.append(f"{attempt.form}, output {attempt.output}: {difference:.3g} off")
    if not tried:
        result.refusals.append(("", OTHER_TYPES))
    result.passed = _in_all(list(outputs.values()))
    return result


def _in_all(outputs: Sequence[set[str]]) -> set[str]:
    """The forms that gave outputs, if each output was given by one."""
    return set().union(*outputs) if outputs and all(outputs) else set()


def answers_of(attempt: Attempt) -> np.ndarray:
    """The library's answers to the images of an attempt."""
    result = read_onnx(attempt.content, "case.onnx", channels_first=True)
    graph = optimise(result.graph)
    if holds_bytes(graph):
        graph = optimise(lower(graph, {}))
    images = attempt.images
    if images.ndim == 4:
        images = images.transpose(0, 2, 3, 1)
    images = np.ascontiguousarray(images).reshape(len(images), *graph.input.shape)
    content = write(Model(graph, result.output_kind, None, [], {"name": "case"}))
    with Library.from_bytes(content) as library:
        return library.run(images)


def agree(answers: np.ndarray, expected: np.ndarray) -> bool:
    return answers.shape == expected.shape and np.allclose(
        answers, expected, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True
    )
