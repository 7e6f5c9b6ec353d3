"""No test of ONNX has a wrong answer, and docs/onnx-support.md says what becomes of each."""

from functools import cache

import onnx
import pytest

from cases import load_cases
from fmnistrt.convert.graph import ConvertError
from older import in_older_opsets, versions
from outcome import agree, answers_of, outcome
from table import COLLECTIONS, LAYER_NAMES, PAGE, entry_of

SLOW = frozenset(("Attention", *COLLECTIONS))
"""What takes longest and depends on the operators that are tested in full; a part is run."""
PARTS = 2


@cache
def by_operator():
    found = {}
    for case in load_cases():
        found.setdefault(case.operator, []).append(case)
    return found


def right(cases):
    """The outcomes; any exception of the converter but its own refusal fails here."""
    results = [outcome(case) for case in cases]
    wrong = {result.case.name: result.wrong for result in results if result.wrong}
    assert not wrong
    return results


@pytest.mark.parametrize("part", range(PARTS))
def test_each_operator(part):
    page = PAGE.read_text()
    comparable = f"package {onnx.__version__}," in page
    names = sorted(by_operator().keys() - SLOW)
    assert len(names) > 100
    for name in names[part::PARTS]:
        _, entry = entry_of(name, right(by_operator()[name]))
        if comparable:
            assert entry in page, f"run {PAGE.name}'s script again: {entry}"


@pytest.mark.parametrize("name", sorted(SLOW))
def test_a_part_of_the_slow_ones(name):
    cases = by_operator()[name]
    results = right(cases[:: max(len(cases) // 5, 1)])
    assert any(result.passed for result in results)


def test_a_part_in_older_opsets():
    """Where the meaning of an operator has changed, the answers are those of its opset."""
    history, compared, refused = versions(), 0, 0
    for name in sorted((by_operator().keys() & LAYER_NAMES) - SLOW):
        for case in by_operator()[name][::8]:
            for attempt in in_older_opsets(case, history.get(name, [])):
                try:
                    answers = answers_of(attempt)
                except ConvertError:
                    refused += 1
                    continue
                assert agree(answers, attempt.answers), (case.name, attempt.form)
                compared += 1
    assert compared > max(100, refused)
