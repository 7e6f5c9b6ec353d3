"""What the tests of the command-line tools share."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
CLASSIFY = ROOT / "build/bin/fmnist-classify"
BENCH = ROOT / "build/bin/fmnist-bench"
INSPECT = ROOT / "build/bin/fmnist-inspect"
EVAL = ROOT / "build/bin/fmnist-eval"
EXAMPLES = ROOT / "Examples"
SHIPPED = ROOT / "Models/default.fmg"
# Small and quick; what it answers means nothing.
TINY = ROOT / "Tests/models/tiny.fmg"
sys.path.append(str(ROOT / "Tests/models"))


class Answer:
    """What a run of a tool left."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode("utf-8")
        self.err = done.stderr.decode("utf-8")

    @property
    def json(self):
        """Standard output, parsed."""
        return json.loads(self.out)


def runner(tool):
    """Runs a tool; no run may crash or hang."""

    def run(*arguments, stdin=b"", environment=None, timeout=60, cwd=None):
        variables = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        variables.update({"FMNISTRT_MODEL": str(TINY), **(environment or {})})
        command = [tool, *arguments]
        done = subprocess.run(
            command, input=stdin, capture_output=True, env=variables, timeout=timeout, cwd=cwd
        )
        assert done.returncode in (0, 1, 2), f"{command}: {done.returncode} {done.stderr}"
        return Answer(done)

    return run


@pytest.fixture
def classify():
    """Runs fmnist-classify."""
    return runner(CLASSIFY)


@pytest.fixture
def bench():
    """Runs fmnist-bench."""
    return runner(BENCH)


@pytest.fixture
def inspect():
    """Runs fmnist-inspect."""
    return runner(INSPECT)


@pytest.fixture
def evaluate():
    """Runs fmnist-eval."""
    return runner(EVAL)


@pytest.fixture
def garment():
    """A gray picture of 60 x 80 pixels: something like a pair of trousers on white."""
    pixels = np.full((80, 60), 255, np.uint8)
    pixels[5:75, 15:45] = 85
    pixels[25:75, 27:33] = 255
    return pixels


@pytest.fixture
def png(tmp_path, garment):
    """The garment as a PNG file."""
    path = tmp_path / "garment.png"
    Image.fromarray(garment).save(path)
    return path
