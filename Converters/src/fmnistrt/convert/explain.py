"""Shows how a graph becomes smaller: a listing of it, and what each pass changes in that."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .graph import Graph, Node, Tensor
from .operators import (
    ACTIVATIONS,
    BINARY,
    METRICS,
    OPERATORS,
    VECTOR_KERNELS,
    VECTOR_OUTPUTS,
    complete,
)

Watch = Callable[[str, Graph], None]
"""Is told of each step (what it does, the graph after it)."""

_CONTEXT = 1
_WORDS = {
    ("activation", "kind"): ACTIVATIONS,
    ("binary", "kind"): BINARY,
    ("nearest_neighbours", "metric"): METRICS,
    ("support_vectors", "kernel"): VECTOR_KERNELS,
    ("support_vectors", "output"): VECTOR_OUTPUTS,
}


Row = tuple[str, str, str]
"""What is computed: name, shape, how."""


@dataclass(frozen=True)
class Step:
    """What was done, and the rows before and after it, which differ."""

    what: str
    before: list[Row]
    after: list[Row]


class Explanation:
    """Collects the steps of a conversion that change something to be seen; it is a Watch."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def __call__(self, what: str, graph: Graph) -> None:
        """Notes the graph after a step, if it shows another than before."""
        before, after = self.steps[-1].after if self.steps else [], rows(graph)
        if before != after:
            self.steps.append(Step(what, before, after))

    def text(self, colour: bool = False) -> Iterator[str]:
        """The first graph, the difference that each step makes, and the last graph.

        Lines that go begin with "-", new ones with "+".
        """
        first, *others = self.steps
        yield f"{first.what} ({_count(first.after)}):"
        yield from (f"  {line}" for line in lines(first.after, first.after))
        for step in others:
            yield f"{step.what} ({len(step.before) - 1} -> {_count(step.after)})"
            yield from (_coloured(line) if colour else line for line in _difference(step))
        if others:
            last = others[-1].after
            yield f"the finished model ({_count(last)}):"
            yield from (f"  {line}" for line in lines(last, last))

    def as_json(self) -> list[dict[str, object]]:
        """The steps as plain values."""
        return [
            {
                "step": one.what,
                "before": lines(one.before, one.before),
                "after": lines(one.after, one.after),
            }
            for one in self.steps
        ]


def _count(after: list[Row]) -> str:
    """How many operators; the first row is the input."""
    return f"{len(after) - 1} operator{'' if len(after) == 2 else 's'}"


def _difference(step: Step) -> Iterator[str]:
    both = step.before + step.after
    before, after = lines(step.before, both), lines(step.after, both)
    changes = difflib.unified_diff(before, after, lineterm="", n=_CONTEXT)
    for number, line in enumerate(changes):
        if line.startswith("@@"):
            if number > 2:
                yield "  ..."
        elif number >= 2:  # After the names of two files, which there are none of.
            yield f"{line[0]} {line[1:]}"


def _coloured(line: str) -> str:
    colour = {"-": 31, "+": 32}.get(line[0])
    return f"\x1b[{colour}m{line}\x1b[0m" if colour else line


def lines(shown: list[Row], wide: list[Row]) -> list[str]:
    """Rows as lines, in columns that are wide enough for all of `wide`."""
    names, shapes = (max((len(row[column]) for row in wide), default=0) for column in (0, 1))
    return [f"{name:<{names}}  {shape:<{shapes}}  {what}" for name, shape, what in shown]


def rows(graph: Graph) -> list[Row]:
    """One for the input and one for each node: operator, attributes, and constants.

    A node that takes something else than the row before says what.
    """
    result = [(graph.input.name, _shape(graph.input), "input")]
    previous = graph.input
    for node in graph.nodes:
        result.append((node.output.name, _shape(node.output), _description(node, previous)))
        previous = node.output
    return result


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) + (" u8" if tensor.bytes else "")


def _description(node: Node, previous: Tensor) -> str:
    parts = [node.operator, *_attributes(node)]
    taken = [tensor for tensor in node.inputs if tensor.value is None]
    if taken != [previous]:
        parts.append("of " + " and ".join(tensor.name for tensor in taken))
    parts += [_constant(tensor) for tensor in node.inputs if tensor.value is not None]
    return " ".join(parts)


def _attributes(node: Node) -> Iterator[str]:
    """Those that are not as by default; height and width, and four sides, as one."""
    given = complete(node.operator, node.attributes)
    if given.get("kind") == ACTIVATIONS["clip"] and node.operator == "activation":
        yield f"clip={given['a']:.4g}..{given['b']:.4g}"
        return
    default = OPERATORS[node.operator].attributes
    sides = ("top", "left", "bottom", "right")
    pads = [given[f"pad_{side}"] for side in sides if f"pad_{side}" in given]
    if any(pads):
        same = len(set(pads)) == 1
        yield f"pad={pads[0]}" if same else "pad=" + ",".join(map(str, pads))
    for key, value in given.items():
        other = given.get(key[:-2] + "_w") if key.endswith("_h") else None
        if other is not None:
            if (value, other) != (default[key], default[key[:-2] + "_w"]):
                yield f"{key[:-2]}={value}x{other}"
        elif value != default[key] and not key.startswith("pad_") and not key.endswith("_w"):
            words = _WORDS.get((node.operator, key), {})
            word = next((word for word, number in words.items() if number == value), value)
            if isinstance(word, float):
                word = f"{word:.4g}"
            elif not isinstance(word, str | int):
                word = ",".join(map(str, word))
            yield str(word) if key == "kind" else f"{key}={word}"


def _constant(tensor: Tensor) -> str:
    """The shape, the range of the values, and their type if it is not float32."""
    value = tensor.value
    assert value is not None
    kind = "" if value.dtype == np.float32 else f" {value.dtype}"
    least, most = f"{float(value.min()):.4g}", f"{float(value.max()):.4g}"
    values = least if least == most else f"{least}..{most}"
    return f"[{'x'.join(map(str, tensor.shape)) or '1'}{kind}: {values}]"
