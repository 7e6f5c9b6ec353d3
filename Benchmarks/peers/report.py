"""The section of a page that holds the table."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import date

from .measure import Measured
from .table import render

BEGIN, END = "<!-- begin: make bench-peers -->", "<!-- end -->"


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


def versions(rows: Mapping[str, Mapping[str, Measured]]) -> str:
    """The runtimes with their versions."""
    found = {
        name: measured.version
        for row in rows.values()
        for name, measured in row.items()
        if measured.version
    }
    return ", ".join(f"{name} {version}" for name, version in found.items())


def section(
    rows: Mapping[str, Mapping[str, Measured]], arguments: Sequence[str], load: float
) -> str:
    """The table, and all that is needed to judge its figures; `load` is that of the start."""
    priority = [f"nice -n {os.nice(0)}"] if os.nice(0) else []
    command = " ".join([*priority, "Scripts/bench-peers.sh", *arguments])
    facts = {
        "command": f"`{command}`",
        "CPU": cpu(),
        "load average before": f"{load:.1f}",
        "date": date.today(),
        "versions": versions(rows),
    }
    return render(rows) + "\n" + "".join(f"- {name}: {fact}\n" for name, fact in facts.items())


def placed(page: str, new: str) -> str:
    """The page with what stands between its two marks replaced; just the new part without marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n{new}{end}{after}" if begin and end else new
