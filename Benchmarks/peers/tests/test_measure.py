"""Timing: the runtimes that the tests have agree, and one that is missing is said to be so."""

from importlib.util import find_spec

import numpy as np
import pytest

from fmnistrt.convert.cli import main as fmnist_convert

from ..int8_writers import write_qdq
from ..measure import Measured, Worker, better, measure
from ..models import MODELS
from ..onnx_writer import write_onnx
from ..settings import Setting
from ..table import best, ratio
from ..weights import pixels, prepared, weighted

NAMES = ["fmnistrt", "ONNX Runtime"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("dense")
    network = weighted(MODELS["dense"], path)
    network.save(path / "model.keras")
    write_onnx(network, path / "model.onnx")
    assert fmnist_convert([str(path / "model.keras"), str(path / "model.fmg")]) == 0
    images = pixels("train", (28, 28, 1), 64, last=True)
    np.save(path / "images.npy", images)
    np.save(path / "answers.npy", network.predict(prepared(images), verbose=0))
    return path


SETTINGS = [
    Setting(),
    Setting(batch=5),
    Setting(threads=2),
    Setting(batch=5, threads=2),
    Setting(batch=5, threads=2, apart=True),
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_runtimes_are_timed_and_agree(folder, setting, monkeypatch):
    monkeypatch.setattr(Setting, "ways", lambda one: [one])
    row = measure(folder, NAMES, setting, 0.1)
    for measured in row.values():
        assert measured.problem == ""
        assert measured.version
        assert measured.difference < 1e-5
        assert measured.equal == 1
        assert 0 < measured.minimum <= measured.median
        assert measured.apart == setting.apart
    assert best(row, setting) == "ONNX Runtime"
    assert all(value > 0 for value in ratio(row, setting))
    assert row["fmnistrt"].instructions


def test_int8_is_compared_with_float(folder, tmp_path):
    for name in ("images.npy", "answers.npy"):
        (tmp_path / name).symlink_to(folder / name)
    images = prepared(pixels("train", (28, 28, 1), 64)).transpose(0, 3, 1, 2)
    write_qdq(folder / "model.onnx", images, tmp_path / "model.int8.onnx")
    row = measure(tmp_path, NAMES, Setting("int8", batch=2), 0.1)
    assert 0.9 <= row["ONNX Runtime"].equal <= 1
    assert 1e-5 < row["ONNX Runtime"].difference < 0.1
    assert row["fmnistrt"].problem == "missing: no model.int8.fmg"


def test_a_runtime_without_its_file_fails_alone(folder, tmp_path):
    for name in ("model.fmg", "images.npy", "answers.npy"):
        (tmp_path / name).symlink_to(folder / name)
    row = measure(tmp_path, NAMES, Setting(), 0.1)
    assert row["fmnistrt"].microseconds
    assert row["ONNX Runtime"].problem == "missing: no model.onnx"


@pytest.mark.parametrize(("total", "turns"), [(0.001, 3), (100, 5)])
def test_slow_calls_get_fewer_turns(folder, total, turns):
    worker = Worker("fmnistrt", folder, Setting())
    worker.ready()
    counts = []
    for _ in range(5):
        worker.turn(0.01, total)
        counts.append(len(worker.measured.microseconds))
    worker.stop()
    assert worker.measured.problem == ""
    assert len(set(counts)) == turns


def test_of_two_ways_the_faster_one_counts():
    together, apart = Measured(microseconds=[5, 1]), Measured(microseconds=[2, 2], apart=True)
    failed = Measured(problem="failed: x")
    assert better([together, apart]) is apart
    assert better([failed, together]) is together
    assert better([failed]) is failed


@pytest.mark.skipif(find_spec("ncnn") is not None, reason="ncnn is installed")
def test_a_runtime_that_is_not_installed_is_missing(folder):
    assert measure(folder, ["ncnn"], Setting(), 0.1)["ncnn"].problem.startswith("missing: ")
