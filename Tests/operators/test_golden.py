"""The golden models through a C program: natively, and under qemu as CPUs of two generations."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from build import Builder
from fmnistrt.convert.model import Golden, Model, Pixels
from fmnistrt.convert.writer import write
from library import BUILT, ISA_NAMES, ROOT, instruction_sets
from make_golden import IMAGES, make

QEMU = "qemu-x86_64"
CPUS = [("Conroe", "baseline"), ("Nehalem", "baseline"), ("Haswell", "v3")]
"""Conroe has no SSE4.2: its checksums come from the portable code."""


class Program:
    """golden.c, built against the library under test."""

    def __init__(self, folder: Path):
        library = Path(os.environ.get("FMNISTRT_LIBRARY", BUILT)).resolve()
        # The loader looks for the library's SONAME.
        (folder / "libfmnistrt.so.0").symlink_to(library)
        self.environment = os.environ | {"LD_LIBRARY_PATH": str(folder)}
        self.path = folder / "golden"
        source = Path(__file__).with_name("golden.c")
        flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1"]
        include = f"-I{ROOT / 'include'}"
        command = ["cc", *flags, include, str(source), str(library), "-o", str(self.path)]
        subprocess.run(command, check=True)

    def run(
        self, files: list[Path], isa: str = "", emulator: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Checks the files, on one instruction set or on the CPU's best."""
        return subprocess.run(
            [*emulator, str(self.path), *map(str, files)],
            env=self.environment | {"FMNISTRT_ISA": isa},
            capture_output=True,
            text=True,
            timeout=300,
        )


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The C program."""
    return Program(tmp_path_factory.mktemp("program"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The golden models."""
    folder = tmp_path_factory.mktemp("golden")
    assert make(folder) >= 300
    return sorted(folder.glob("*.fmg"))


def _expect(result: subprocess.CompletedProcess[str], count: int, isa: str) -> None:
    # Fused and with kept tensors.
    line = f"{count} models, {2 * IMAGES * count} vectors, isa {isa}\n"
    assert (result.returncode, result.stdout) == (0, line), result.stderr


@pytest.mark.parametrize("isa", [ISA_NAMES[isa] for isa in instruction_sets()])
def test_native(program: Program, models: list[Path], isa: str) -> None:
    """Every instruction set of this CPU."""
    _expect(program.run(models, isa), len(models), isa)


@pytest.mark.parametrize(("cpu", "isa"), CPUS)
def test_emulated(program: Program, models: list[Path], cpu: str, isa: str) -> None:
    """CPUs that end the program at the first instruction they do not have."""
    _expect(program.run(models, emulator=(QEMU, "-cpu", cpu)), len(models), isa)


@pytest.mark.parametrize(("error", "status"), [(0.0, 0), (0.01, 1), (-0.01, 1)])
def test_wrong_answers_fail(program: Program, tmp_path: Path, error: float, status: int) -> None:
    """The program does notice an answer that is off."""
    b = Builder("identity", 1, 3, 1)
    b.flat(b.input)
    images = np.array([[[[0], [51], [255]]]], np.uint8)
    outputs = np.float32([[0, 0.2 + error, 1]])
    path = tmp_path / "identity.fmg"
    golden = Golden(images, outputs, 0.001)
    path.write_bytes(write(Model(b.graph, pixels=Pixels(), golden=golden)))
    assert program.run([path]).returncode == status


def test_bad_files_fail(program: Program, tmp_path: Path) -> None:
    """No files, a file that is no model, and one without golden vectors."""
    assert program.run([]).returncode == 1
    path = tmp_path / "text.fmg"
    path.write_text("This is not a model.")
    result = program.run([path])
    assert result.returncode == 1
    assert "not an .fmg file" in result.stderr
    b = Builder("no-golden", 1, 3, 1)
    b.flat(b.input)
    path.write_bytes(write(Model(b.graph, pixels=Pixels())))
    assert program.run([path]).returncode == 1
