"""The results as a Markdown table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from .measure import Measured
from .runtimes import OURS

TOLERANCE = 1e-3
"""Scores that differ by more than this are not answers to the same question: no ratio."""


def geometric_mean(values: Sequence[float]) -> float:
    """The nth root of the product of n values."""
    return math.exp(sum(map(math.log, values)) / len(values))


def difference(ours: Measured, peer: Measured) -> float:
    """The largest difference between two runtimes' scores; infinite if one has none, or NaN."""
    if ours.problem or peer.problem or ours.scores.shape != peer.scores.shape:
        return math.inf
    largest = float(np.abs(ours.scores - peer.scores).max())
    return math.inf if math.isnan(largest) else largest


def best(row: Mapping[str, Measured]) -> str | None:
    """The fastest peer by its median, among those that agree with us."""
    ours = row[OURS]
    agreeing = [
        name for name, peer in row.items() if name != OURS and difference(ours, peer) <= TOLERANCE
    ]
    return min(agreeing, key=lambda name: row[name].median, default=None)


def ratio(row: Mapping[str, Measured]) -> tuple[float, float] | None:
    """How many times as long the best peer takes as we do: by median, by minimum.

    By minimum the best peer is chosen anew. None if no peer agrees with us.
    """
    ours, fastest = row[OURS], best(row)
    if fastest is None:
        return None
    minimum = min(
        peer.minimum
        for name, peer in row.items()
        if name != OURS and difference(ours, peer) <= TOLERANCE
    )
    return row[fastest].median / ours.median, minimum / ours.minimum


def render(rows: Mapping[str, Mapping[str, Measured]]) -> str:
    """One row a model, one column a runtime, then the ratio and the largest difference."""
    names = list(next(iter(rows.values())))
    lines = [
        "| model | " + " | ".join(names) + " | best peer / ours | largest difference |",
        "|---|" + "---:|" * (len(names) + 2),
    ]
    for model, row in rows.items():
        cells = [model, *(_cell(row, name) for name in names), _ratio(row), _differences(row)]
        lines.append("| " + " | ".join(cells) + " |")
    ratios = [found for found in map(ratio, rows.values()) if found]
    if ratios:
        medians, minima = (geometric_mean(column) for column in zip(*ratios, strict=True))
        empty = " | ".join([""] * len(names))
        lines.append(
            f"| geometric mean | {empty} | **{medians:.2f}** ({minima:.2f}) | |".replace("  ", " ")
        )
    return "\n".join(lines) + "\n"


def _cell(row: Mapping[str, Measured], name: str) -> str:
    measured = row[name]
    if measured.problem:
        return measured.problem.partition(":")[0]
    times = f"{_time(measured.median)} ({_time(measured.minimum)})"
    if name == best(row):
        return f"**{times}**"
    disagrees = name != OURS and difference(row[OURS], measured) > TOLERANCE
    return f"{times}, differs" if disagrees else times


def _time(microseconds: float) -> str:
    return f"{microseconds:.2f}" if microseconds < 10 else f"{microseconds:.0f}"


def _ratio(row: Mapping[str, Measured]) -> str:
    found = ratio(row)
    return f"{found[0]:.2f} ({found[1]:.2f})" if found else "-"


def _differences(row: Mapping[str, Measured]) -> str:
    """The largest difference of any peer that answered."""
    found = [
        difference(row[OURS], peer)
        for name, peer in row.items()
        if name != OURS and not peer.problem
    ]
    return f"{max(found):.0e}" if found and math.isfinite(max(found)) else "-"
