"""Makes the files in must-fail/ and its MANIFEST: python Tests/Corpus/make_corpus.py.

Each file breaks one rule of docs/fmg-format.md and has correct checksums unless the checksum is
what is broken, so that the rule itself has to catch it. MANIFEST has a line for each file: its
name, the status that loading must give, why.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from byte_cases import byte_cases
from corpus import CASES
from file_cases import file_cases, metadata_cases
from graph_cases import graph_cases, wiring_cases
from neighbour_cases import neighbour_cases
from operator_cases import operator_cases
from strict_cases import limit_cases, silence_cases
from vector_cases import vector_cases


def main() -> None:
    """Writes the folder anew."""
    for collect in (
        file_cases,
        metadata_cases,
        graph_cases,
        wiring_cases,
        operator_cases,
        neighbour_cases,
        byte_cases,
        vector_cases,
        silence_cases,
        limit_cases,
    ):
        collect()
    folder = Path(__file__).with_name("must-fail")
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.fmg"):
        old.unlink()
    lines = []
    for name, (status, why, content) in sorted(CASES.items()):
        (folder / f"{name}.fmg").write_bytes(content)
        lines.append(f"{name}.fmg {status} {why}\n")
    (folder / "MANIFEST").write_text("".join(lines))
    print(f"{len(CASES)} files")


if __name__ == "__main__":
    main()
