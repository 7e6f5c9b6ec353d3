"""Timing: the runtimes that the tests have agree, and one that is missing is said to be so."""

from importlib.util import find_spec

import numpy as np
import pytest

from fmnistrt.convert.cli import main as fmnist_convert

from ..measure import measure
from ..models import MODELS
from ..onnx_writer import write_onnx
from ..table import best, ratio
from ..weights import images, weighted


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("dense")
    network = weighted(MODELS["dense"], path)
    network.save(path / "model.keras")
    write_onnx(network, path / "model.onnx")
    assert fmnist_convert([str(path / "model.keras"), str(path / "model.fmg")]) == 0
    np.save(path / "images.npy", images("t10k", (28, 28, 1), 3))
    return path


def test_runtimes_are_timed_and_agree(folder):
    row = measure(folder, ["fmnistrt", "ONNX Runtime"], 0.1)
    for measured in row.values():
        assert measured.problem == ""
        assert measured.version
        assert measured.scores.shape == (3, 10)
        assert len(set(measured.scores[:, 0])) == 3
        assert 0 < measured.minimum <= measured.median
    assert best(row) == "ONNX Runtime"
    assert all(value > 0 for value in ratio(row))


def test_a_runtime_without_its_file_fails_alone(folder, tmp_path):
    for name in ("model.fmg", "images.npy"):
        (tmp_path / name).symlink_to(folder / name)
    row = measure(tmp_path, ["fmnistrt", "ONNX Runtime"], 0.1)
    assert row["fmnistrt"].microseconds
    assert row["ONNX Runtime"].problem.startswith("failed: ")


@pytest.mark.skipif(find_spec("ncnn") is not None, reason="ncnn is installed")
def test_a_runtime_that_is_not_installed_is_missing(folder):
    assert measure(folder, ["ncnn"], 0.1)["ncnn"].problem == "missing"
