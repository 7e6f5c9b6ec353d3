"""The page that holds the table, and all that is needed to judge its figures."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from datetime import date

from .measure import Measured
from .table import render


def cpu() -> str:
    """The CPU and its caches, as lscpu names them."""
    lines = subprocess.run(["lscpu"], capture_output=True, text=True, check=True).stdout.splitlines()
    fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    numbers = ("CPU family", "Model", "Stepping")
    about = ", ".join(f"{name.lower()} {fields[name]}" for name in numbers if name in fields)
    caches = ", ".join(f"{key[:-6]} {fields[key]}" for key in fields if key.endswith(" cache"))
    return f"{fields.get('Model name', 'unknown')} ({about}; {fields.get('CPU(s)')} CPUs; {caches})"


def versions(rows: Mapping[str, Mapping[str, Measured]]) -> str:
    """The runtimes with their versions."""
    found = {
        name: measured.version for row in rows.values() for name, measured in row.items()
        if measured.version
    }
    return ", ".join(f"{name} {version}" for name, version in found.items())


def page(rows: Mapping[str, Mapping[str, Measured]], arguments: Sequence[str]) -> str:
    """The whole page in Markdown."""
    command = " ".join(["Scripts/bench-peers.sh", *arguments])
    return TEXT.format(
        table=render(rows), command=command, cpu=cpu(), date=date.today(), versions=versions(rows)
    )


TEXT = """\
# Performance

Latency of one image (batch 1) in float32 on one thread, in microseconds: median (minimum). The
fastest peer of each row is bold. The ratio says how many times as long it takes as fmnistrt does,
by medians (by minima); below 1, fmnistrt is the slower one.

{table}
- command: `{command}`
- CPU: {cpu}
- date: {date}
- versions: {versions}

All runtimes have the same weights and the same image, each in a process of its own, and compute in
turns of a tenth of a second, so that a busy moment of the machine meets them all. Timed is the
cheapest call that the Python module of each offers, with input and output in buffers made before;
that call alone is most of the time of `dense`. The largest difference is that of any score on four
test images, between fmnistrt and any peer; a peer that differs by more than 0.001 counts in no
ratio. Weights are those of the shipped checkpoint for `bncnn` and random for the others.

`make bench-peers` measures anew; `Benchmarks/peers` holds what it does.
"""
