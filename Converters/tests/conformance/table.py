"""Writes docs/onnx-support.md: what the converter makes of the tests of ONNX, operator by operator.

Called as a program, it runs all tests and replaces the page.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import onnx

from cases import load_cases
from fmnistrt.convert.onnx.checks import OLDEST_OPSET
from fmnistrt.convert.onnx.qoperators import QOPERATORS
from fmnistrt.convert.onnx.translation import ATTRIBUTES, HANDLERS, IGNORED
from forms import LAYERS
from outcome import Outcome, outcome

PAGE = Path(__file__).resolve().parents[3] / "docs" / "onnx-support.md"
COLLECTIONS = {
    "functions spelt out": "operators of the newest opset spelt out in older ones (`_expanded`)",
    "simple": "small models of several operators",
    "pytorch-operator": "exports of single operators by PyTorch of 2017, opset 6",
    "pytorch-converted": "exports of single layers by PyTorch of 2017, opset 6",
}
LAYER_NAMES = frozenset(HANDLERS) | QOPERATORS
_QUANTISED = "As quantised by onnxruntime"
_HEAD = """# ONNX operators

What `fmnist-convert` makes of the tests that ship in the `onnx` package {version}, opset {opset}:
each is converted, run by the library, and compared. This page is written by

    .venv/bin/python Converters/tests/conformance/table.py

and a test checks that it is up to date, that no test has another answer than ONNX's, and that each
other one is refused with a message. The tests of ONNX are those of single operators, most of them
with several inputs and odd shapes. A test becomes a classifier in up to three ways, in which the
node stays as it is:

- **layer**: one float input is the image, or its first axis the batch; the library computes the
  operator. Other inputs become constants, as weights are.
- **constant**: all inputs are constants, and the converter computes the operator, as in the shape
  arithmetic of PyTorch's exports. That goes for numbers of all types.
- **refused**: neither is possible. Most of these tests are about numbers that are no float32, or
  about operators that no image classifier has.

Of {total} tests, {layer} are right as a layer, {constant} only as a constant, {refused} are
refused, and {wrong} give a wrong answer.

Opsets {oldest} to {opset} are read; older ones are raised to {oldest} by the `onnx` package. The
tests of ONNX are those of the newest opset; where their nodes are valid in older ones, too,
onnxruntime says what is right there.
Activations, all computed in float32, have at most four axes that are not 1, beside the batch,
where an operator does not take them apart. An attribute that is not listed is refused, unless it
means nothing at inference (in brackets).
"""


def outcomes() -> list[Outcome]:
    """The outcome of each test."""
    return [outcome(case) for case in load_cases()]


def page(results: Sequence[Outcome]) -> str:
    """The whole page."""
    by_operator: dict[str, list[Outcome]] = defaultdict(list)
    for result in results:
        by_operator[result.case.operator].append(result)
    kinds = Counter(_kind(result) for result in results)
    text = _HEAD.format(
        version=onnx.__version__,
        opset=onnx.defs.onnx_opset_version(),
        oldest=OLDEST_OPSET,
        total=len(results),
        wrong=sum(bool(result.wrong) for result in results),
        **{kind: kinds[kind] for kind in ("layer", "constant", "refused")},
    )
    names = sorted({*LAYER_NAMES, *by_operator}, key=str.lower)
    sections = defaultdict(list)
    for name in names:
        section, entry = entry_of(name, by_operator.get(name, []))
        sections[section].append(entry)
    text += "\n## Layers\n\n" + _titles(
        "operator | opsets | attributes | what works | layer | constant | refused | why"
    )
    text += "".join(f"{row}\n" for row in sections["layers"])
    text += "\n## Constants only\n\n" + _titles("operator | constant | refused")
    text += "".join(f"{row}\n" for row in sections["constants"])
    text += "\n## Refused\n\nWith the number of tests. The message names the node.\n\n"
    text += "".join(f"- {row}\n" for row in sections["refused"])
    text += "\n## Models of several operators\n\n" + _titles(
        "collection | layer | constant | refused"
    )
    return text + "".join(f"{row}\n" for row in sections["collections"])


def entry_of(name: str, found: Sequence[Outcome]) -> tuple[str, str]:
    """The section of an operator or a collection, and its line there."""
    kinds = set(map(_kind, found))
    if name in COLLECTIONS:
        return "collections", _row(COLLECTIONS[name], *_counts(found))
    if name in LAYER_NAMES:
        return "layers", _layer_row(name, found)
    if "layer" in kinds:
        reasons = _reasons(found)
        how = "By the operators that it is made of"
        return "layers", _row(f"`{name}`", _opsets(name), "", how, *_counts(found), reasons)
    if "constant" in kinds:
        return "constants", _row(f"`{name}`", *_counts(found)[1:])
    return "refused", f"`{name}` ({len(found)})"


def _kind(result: Outcome) -> str:
    if result.passed & LAYERS:
        return "layer"
    return "constant" if result.passed else "refused"


def _counts(found: Sequence[Outcome]) -> tuple[int, int, int]:
    kinds = Counter(map(_kind, found))
    return kinds["layer"], kinds["constant"], kinds["refused"]


def _layer_row(name: str, found: Sequence[Outcome]) -> str:
    handler = HANDLERS.get(name)
    works = _QUANTISED if handler is None else (handler.__doc__ or "").split("\n\n")[0]
    works = " ".join(works.split()).removesuffix(".")
    attributes = [f"`{key}`" for key in sorted(ATTRIBUTES.get(name, ()))]
    attributes += [f"(`{key}`)" for key in sorted(IGNORED.get(name, ()))]
    counts = _counts(found) if found else ("", "", "")
    named = ", ".join(attributes)
    return _row(f"`{name}`", _opsets(name), named, works, *counts, _reasons(found))


def _opsets(name: str) -> str:
    """The opsets from the oldest on in which the operator changed."""
    versions = [
        schema.since_version
        for schema in onnx.defs.get_all_schemas_with_history()
        if schema.name == name and schema.domain == ""
    ]
    first = [version for version in versions if version <= OLDEST_OPSET]
    kept = sorted({*([max(first)] if first else []), *(v for v in versions if v > OLDEST_OPSET)})
    return ", ".join(map(str, kept))


def _reasons(found: Iterable[Outcome]) -> str:
    """Why tests are no layers, with their numbers."""
    reasons = Counter(_reason(result) for result in found if _kind(result) != "layer")
    return "; ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))


def _reason(result: Outcome) -> str:
    texts = [text for form, text in result.refusals if form in LAYERS]
    if not texts:
        return "other types than float32"
    text = re.sub(r"^the node '[^']*' (\(\w*\) |is the operator )?", "", texts[0])
    text = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\b\d+\b", "...", text.split(";")[0])
    return " ".join(text.replace("|", "/").split())[:90]


def _titles(head: str) -> str:
    return f"| {head} |\n" + "|" + "---|" * len(head.split(" | ")) + "\n"


def _row(*cells: object) -> str:
    return re.sub(r" +\|", " |", "| " + " | ".join(map(str, cells)) + " |")


def main() -> int:
    """Writes the page; 1 if a test has a wrong answer."""
    results = outcomes()
    PAGE.write_text(page(results))
    wrong = [result for result in results if result.wrong]
    for result in wrong:
        print(f"{result.case.name}: {'; '.join(result.wrong)}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
