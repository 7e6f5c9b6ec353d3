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
from .report import figures, placed, section
from .runtimes import OURS, RUNTIMES, of_type
from .settings import TYPES, Setting, product


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="make bench-peers ARGS=...",
        description="Measures fmnistrt and other runtimes with the same weights and images, in "
        "alternation: by default every model in float32 and int8, one image and 64 a call, on one "
        "thread and on two.",
        epilog="For example: ARGS='--models vgg,bncnn --type int8 --batch 1 --threads 1'",
    )
    result.add_argument("--models", type=_names(MODELS), metavar="A,B", help=", ".join(MODELS))
    result.add_argument("--peers", type=_names(RUNTIMES), metavar="A,B", help=", ".join(RUNTIMES))
    result.add_argument(
        "--type",
        type=_names(dict.fromkeys(TYPES)),
        default=TYPES,
        metavar="A,B",
        help="float, int8",
    )
    result.add_argument(
        "--batch",
        type=_counts,
        default=(1, 64),
        metavar="N,N",
        help="images a call; default: 1,64",
    )
    result.add_argument(
        "--threads", type=_counts, default=(1, 2), metavar="N,N", help="default: 1,2"
    )
    result.add_argument(
        "--seconds", type=float, default=5, help="for each runtime in each row (default: 5)"
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


def _counts(text: str) -> list[int]:
    """Reads numbers from 1 to 1024."""
    counts = [int(part) if part.isdecimal() else 0 for part in text.split(",")]
    if not all(1 <= count <= 1024 for count in counts):
        raise argparse.ArgumentTypeError(f"{text}: numbers from 1 to 1024 are expected")
    return counts


def main() -> None:
    """Runs the command."""
    options = parser().parse_args()
    models, chosen = options.models or list(MODELS), options.peers or list(RUNTIMES)
    runtimes = [OURS, *(name for name in chosen if name != OURS)]
    # In a process of its own: TensorFlow's threads and memory are gone when measuring starts.
    names = ",".join(options.type), ",".join(models)
    subprocess.run([sys.executable, "-m", "peers.prepare", *names], check=True)
    load = os.getloadavg()[0]
    tables: dict[Setting, dict[str, dict[str, Measured]]] = {}
    for setting in product(options.type, options.batch, options.threads):
        print(f"measuring {setting}", file=sys.stderr, flush=True)
        rows = tables[setting] = {}
        for model in models:
            names = of_type(runtimes, setting.type)
            rows[model] = measure(FOLDER / model, names, setting, options.seconds)
            for name, measured in rows[model].items():
                if measured.problem:
                    print(f"{model}: {name}: {measured.problem}", file=sys.stderr)
    text = section(tables, sys.argv[1:], load)
    print(text)
    old = options.output.read_text() if options.output.exists() else ""
    options.output.write_text(placed(old, text))
    if options.json:
        options.json.write_text(json.dumps(figures(tables), indent=1) + "\n")


if __name__ == "__main__":
    main()
