"""Measures all runtimes with all models and writes the table: make bench-peers."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from .measure import Measured, measure
from .models import MODELS
from .prepare import FOLDER
from .report import placed, section
from .runtimes import OURS, RUNTIMES
from .table import ratio


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="make bench-peers ARGS=...",
        description="Latency at batch 1 on one thread in float32: fmnistrt and other runtimes with "
        "the same weights and images, in alternation.",
    )
    result.add_argument("--models", type=_names(MODELS), metavar="A,B", help=", ".join(MODELS))
    result.add_argument("--peers", type=_names(RUNTIMES), metavar="A,B", help=", ".join(RUNTIMES))
    result.add_argument(
        "--seconds", type=float, default=5, help="for each runtime with each model (default: 5)"
    )
    result.add_argument("--json", type=Path, metavar="FILE", help="also write all figures here")
    result.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        default=Path("build/peers/results.md"),
        help="Markdown file to write, or to renew between its marks (default: %(default)s)",
    )
    return result


def _names(known: Mapping[str, object]) -> Callable[[str], list[str]]:
    """Reads some of the known names, in any case; spaces may be left out."""
    plain = {name.lower().replace(" ", ""): name for name in known}

    def read(text: str) -> list[str]:
        chosen = [part.lower().replace(" ", "") for part in text.split(",")]
        for part in chosen:
            if part not in plain:
                raise argparse.ArgumentTypeError(f"{part} is not one of {', '.join(plain)}")
        return [plain[part] for part in chosen]

    return read


def main() -> None:
    """Runs the command."""
    options = parser().parse_args()
    models, chosen = options.models or list(MODELS), options.peers or list(RUNTIMES)
    runtimes = [OURS, *(name for name in chosen if name != OURS)]
    # In a process of its own: TensorFlow's threads and memory are gone when measuring starts.
    subprocess.run([sys.executable, "-m", "peers.prepare", *models], check=True)
    load = os.getloadavg()[0]
    rows: dict[str, dict[str, Measured]] = {}
    for model in models:
        print(f"measuring {model}", file=sys.stderr, flush=True)
        rows[model] = measure(FOLDER / model, runtimes, options.seconds)
        for name, measured in rows[model].items():
            if measured.problem:
                print(f"{model}: {name}: {measured.problem}", file=sys.stderr)
    text = section(rows, sys.argv[1:], load)
    print(text)
    old = options.output.read_text() if options.output.exists() else ""
    options.output.write_text(placed(old, text))
    if options.json:
        options.json.write_text(json.dumps(_figures(rows), indent=1) + "\n")


def _figures(rows: dict[str, dict[str, Measured]]) -> dict[str, object]:
    return {
        model: {
            "microseconds": {
                name: {"median": measured.median, "minimum": measured.minimum}
                for name, measured in row.items()
                if not measured.problem
            },
            "problems": {name: m.problem for name, m in row.items() if m.problem},
            "versions": {name: m.version for name, m in row.items() if not m.problem},
            "ratio": ratio(row),
        }
        for model, row in rows.items()
    }


if __name__ == "__main__":
    main()
