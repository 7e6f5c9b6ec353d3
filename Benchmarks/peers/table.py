"""The results as Markdown tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .measure import Measured
from .runtimes import OURS
from .settings import Setting

TOLERANCE = 1e-3
"""Scores in float32 that are further from Keras's than this are not answers to the same question:
they count in no ratio."""
EQUAL = 0.5
"""Nor does a runtime in int8 that gives fewer images than this share the class of float32."""


def geometric_mean(values: Sequence[float]) -> float:
    """The nth root of the product of n values."""
    return math.exp(sum(map(math.log, values)) / len(values))


def answers(measured: Measured, setting: Setting) -> bool:
    """Whether a runtime computed what was asked for."""
    if measured.problem:
        return False
    if setting.type == "float":
        return measured.difference <= TOLERANCE
    return measured.equal >= EQUAL


def best(row: Mapping[str, Measured], setting: Setting) -> str | None:
    """The fastest peer by its median, among those that answer rightly."""
    right = [name for name in row if name != OURS and answers(row[name], setting)]
    return min(right, key=lambda name: row[name].median, default=None)


def ratio(row: Mapping[str, Measured], setting: Setting) -> tuple[float, float] | None:
    """How many times as long the best peer takes as we do: by median, by minimum.

    By minimum the best peer is chosen anew. None if no peer answers rightly, or we do not.
    """
    fastest = best(row, setting)
    if fastest is None or not answers(row[OURS], setting):
        return None
    minimum = min(
        peer.minimum for name, peer in row.items() if name != OURS and answers(peer, setting)
    )
    return row[fastest].median / row[OURS].median, minimum / row[OURS].minimum


def render(rows: Mapping[str, Mapping[str, Measured]], setting: Setting) -> str:
    """One row a model, one column a runtime, then the ratio, and in float32 the difference.

    A batch of one is told in microseconds, larger ones in images a second.
    """
    names = list(next(iter(rows.values())))
    differences = setting.type == "float"
    ends = ["best peer / ours" if setting.batch == 1 else "ours / best peer"]
    ends += ["largest difference"] * differences
    lines = [
        f"| model | {' | '.join([*names, *ends])} |",
        "|---|" + "---:|" * (len(names) + len(ends)),
    ]
    for model, row in rows.items():
        cells = [model, *(_cell(row, name, setting) for name in names), _ratio(row, setting)]
        cells += [_differences(row)] * differences
        lines.append(f"| {' | '.join(cells)} |")
    ratios = [found for row in rows.values() if (found := ratio(row, setting))]
    if ratios:
        medians, minima = (geometric_mean(column) for column in zip(*ratios, strict=True))
        mean = f"geometric mean |{' |' * len(names)} **{medians:.2f}** ({minima:.2f})"
        lines.append(f"| {mean} |{' |' * differences}")
    return "\n".join(lines) + "\n"


def _cell(row: Mapping[str, Measured], name: str, setting: Setting) -> str:
    measured = row[name]
    if measured.problem:
        return measured.problem.partition(":")[0]
    text = f"{_figure(measured.median, setting)} ({_figure(measured.minimum, setting)})"
    if name == best(row, setting):
        text = f"**{text}**"
    if setting.type == "int8":
        text += f" {100 * measured.equal:.1f} %"
    return text if answers(measured, setting) else f"{text}, differs"


def _figure(microseconds: float, setting: Setting) -> str:
    if setting.batch > 1:
        return f"{setting.batch * 1e6 / microseconds:,.0f}"
    return f"{microseconds:.2f}" if microseconds < 10 else f"{microseconds:.0f}"


def _ratio(row: Mapping[str, Measured], setting: Setting) -> str:
    found = ratio(row, setting)
    return f"{found[0]:.2f} ({found[1]:.2f})" if found else "-"


def _differences(row: Mapping[str, Measured]) -> str:
    """The largest difference of any runtime that answered."""
    found = [measured.difference for measured in row.values() if not measured.problem]
    largest = max(found, default=math.inf)
    return f"{largest:.0e}" if math.isfinite(largest) else "-"
