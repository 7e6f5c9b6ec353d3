"""The section of a page that holds the tables, and all figures for other programs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import date

from .measure import Measured
from .settings import Setting
from .table import ratio, render

BEGIN, END = "<!-- begin: make bench-peers -->", "<!-- end -->"

Rows = Mapping[str, Mapping[str, Measured]]
"""By model and runtime."""


def cpu() -> str:
    """The CPU and its caches, as lscpu names them."""
    lines = subprocess.run(
        ["lscpu"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    fields = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    numbers = ("CPU family", "Model", "Stepping")
    about = ", ".join(f"{name.lower()} {fields[name]}" for name in numbers if name in fields)
    caches = ", ".join(f"{key[:-6]} {fields[key]}" for key in fields if key.endswith(" cache"))
    return f"{fields.get('Model name', 'unknown')} ({about}; {fields.get('CPU(s)')} CPUs; {caches})"


def versions(tables: Mapping[Setting, Rows]) -> str:
    """The runtimes with their versions."""
    found = {
        name: measured.version
        for rows in tables.values()
        for row in rows.values()
        for name, measured in row.items()
        if measured.version
    }
    return ", ".join(f"{name} {version}" for name, version in found.items())


def instructions(tables: Mapping[Setting, Rows]) -> str:
    """Which instruction sets the runtimes say that they use, by number type."""
    found: dict[tuple[str, str], set[str]] = {}
    for setting, rows in tables.items():
        for row in rows.values():
            for name, measured in row.items():
                if measured.instructions:
                    found.setdefault((name, setting.type), set()).add(measured.instructions)
    return "; ".join(f"{name} {kind}: {', '.join(sorted(f))}" for (name, kind), f in found.items())


def section(tables: Mapping[Setting, Rows], arguments: Sequence[str], load: float) -> str:
    """The tables, and what is needed to judge their figures; `load` is that of the start."""
    priority = [f"nice -n {os.nice(0)}"] if os.nice(0) else []
    command = " ".join([*priority, "Scripts/bench-peers.sh", *arguments])
    facts = {
        "command": f"`{command}`",
        "CPU": cpu(),
        "load average before": f"{load:.1f}",
        "date": date.today(),
        "versions": versions(tables),
        "kernels, where a runtime names them": instructions(tables),
    }
    text = "".join(
        f"**{setting}**: {_unit(setting)}\n\n{render(rows, setting)}\n"
        for setting, rows in tables.items()
    )
    return text + "".join(f"- {name}: {fact}\n" for name, fact in facts.items())


def _unit(setting: Setting) -> str:
    if setting.batch == 1:
        return "microseconds, median (minimum)"
    return "images a second, median (maximum)"


def placed(page: str, new: str) -> str:
    """The page with what stands between its two marks replaced; just the new part without marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n{new}{end}{after}" if begin and end else new


def figures(tables: Mapping[Setting, Rows]) -> list[dict[str, object]]:
    """All that was measured, a row of a table each; times are those of a call in microseconds."""
    return [
        {
            "type": setting.type,
            "batch": setting.batch,
            "threads": setting.threads,
            "model": model,
            "runtimes": {name: _figures(measured) for name, measured in row.items()},
            "ratio": ratio(row, setting),
        }
        for setting, rows in tables.items()
        for model, row in rows.items()
    ]


def _figures(measured: Measured) -> dict[str, object]:
    if measured.problem:
        return {"problem": measured.problem}
    return {
        "median": measured.median,
        "minimum": measured.minimum,
        "apart": measured.apart,
        "difference": measured.difference,
        "equal": measured.equal,
        "version": measured.version,
        "instructions": measured.instructions,
    }
