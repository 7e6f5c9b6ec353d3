"""Files that real tools wrote: the converted model answers as the tool did (see README.md)."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from fmnistrt import Model
from fmnistrt.convert import cli
from fmnistrt.data import load

FILES = Path(__file__).parent / "files"
ANSWERS, ABOUT = ".answers.npz", ".json"
MOST_BYTES = 14 << 20
"""Of all files together: about 2 MB for each kind."""


@dataclass(frozen=True)
class Case:
    """A file of a tool, with what NAME.json says of it."""

    name: str
    about: dict
    source: Path


def beside(about):
    """Other files that the conversion needs."""
    return {FILES / name for name in about.get("beside", [])}


def belongs(path, name):
    return path.name == name or path.name.startswith(f"{name}.")


def cases():
    """One for each NAME.json with a "tool"; raises AssertionError for a file of no case."""
    entries = sorted(FILES.iterdir()) if FILES.exists() else []
    abouts = {}
    for path in entries:
        if path.name.endswith(ABOUT):
            about = json.loads(path.read_text())
            if isinstance(about, dict) and "tool" in about:
                abouts[path.name.removesuffix(ABOUT)] = about
    extra = set().union(*map(beside, abouts.values()))
    sources = {name: [] for name in abouts}
    for path in entries:
        stem = path.name.removesuffix(ANSWERS).removesuffix(ABOUT)
        if path in extra or stem in abouts:
            continue
        owners = [name for name in abouts if belongs(path, name)]
        assert owners, f"{path.name} has no NAME{ABOUT}, and no file names it as beside it"
        sources[max(owners, key=len)].append(path)
    for name, found in sources.items():
        assert len(found) == 1, f"{name} has {len(found)} models: {[path.name for path in found]}"
    return [Case(name, about, sources[name][0]) for name, about in abouts.items()]


CASES = cases()


@pytest.fixture(scope="module")
def images():
    return load("t10k").images[:1000]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_answers_as_the_tool_did(case, images, tmp_path, capsys, monkeypatch):
    expected = np.load(FILES / f"{case.name}{ANSWERS}")["answers"]
    assert expected.shape[0] == len(images)
    assert expected.dtype == np.float32
    monkeypatch.chdir(FILES)
    output = tmp_path / "model.fmg"
    status = cli.main([case.source.name, str(output), *case.about["options"]])
    assert status == 0, capsys.readouterr().err
    with Model(output) as model:
        answers = model.classify(images).scores
    assert answers.shape == expected.shape
    largest = 1.0
    if model.info.output_kind != "probabilities":
        largest = max(1.0, float(np.abs(expected).max()))
    tolerance = case.about["tolerance"] * largest
    assert case.about["tolerance"] <= 1e-4 or case.about["reason"]
    assert np.abs(answers - expected).max() <= tolerance
    rows, chosen = np.arange(len(images)), answers.argmax(axis=1)
    # A tie: the tool gave the class that we choose as much as its own, but for the tolerance.
    assert (expected.max(axis=1) - expected[rows, chosen] <= 2 * tolerance).all()


CONVERT_ALL = """
import hashlib, json, os, sys
from fmnistrt.convert import cli
folder, cases = sys.argv[1], json.loads(sys.argv[2])
digests = {}
for name, (source, options) in cases.items():
    output = os.path.join(folder, "model.fmg")
    assert cli.main([source, output, "--no-verify", "--force", *options]) == 0, name
    digests[name] = hashlib.sha256(open(output, "rb").read()).hexdigest()
print("digests", json.dumps(digests))
"""


def test_converting_again_gives_the_same_bytes(tmp_path):
    """In other processes, where hashes of texts and the order of sets are others."""
    cases = {case.name: (case.source.name, case.about["options"]) for case in CASES}
    running = []
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        command = [sys.executable, "-c", CONVERT_ALL, str(tmp_path / seed), json.dumps(cases)]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}
        running.append(
            subprocess.Popen(command, cwd=FILES, env=environment, text=True, stdout=subprocess.PIPE)
        )
    printed = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    first, second = (json.loads(text.rpartition("digests ")[2]) for text in printed)
    assert first.keys() == cases.keys()
    assert first == second


def test_the_answers_are_those_of_trained_models():
    """Nothing is compared with answers that say the same of every image."""
    labels = load("t10k").labels[:1000]
    for case in CASES:
        answers = np.load(FILES / f"{case.name}{ANSWERS}")["answers"]
        if case.about.get("trained", True):
            assert (answers.argmax(axis=1) == labels).mean() >= 0.5, case.name
        assert len(np.unique(answers.argmax(axis=1))) > 1, case.name


def test_the_files_are_small():
    files = [path for path in FILES.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES
