"""The options of --quantize: what they print, refuse, and leave behind."""

import json

import numpy as np
import pytest

from conftest import randomise
from fmnistrt import Model
from fmnistrt.convert import cli
from fmnistrt.convert.quantize import command


@pytest.fixture(scope="module")
def folder(keras, tmp_path_factory):
    """A model of two layers, pictures of two classes, and the same without labels."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="edges"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax", name="classes"),
        ],
        name="tiny",
    )
    path = tmp_path_factory.mktemp("quantize")
    randomise(model).save(path / "tiny.keras")
    random = np.random.default_rng(2)
    images = random.integers(0, 256, (100, 8, 8)).astype(np.uint8)
    images[::2, :4] //= 4
    np.savez(path / "pictures.npz", images=images, labels=np.arange(100) % 2)
    np.save(path / "bare.npy", images)
    return path


def run(folder, output, *arguments, data="pictures.npz"):
    return cli.main(
        [
            str(folder / "tiny.keras"),
            str(output),
            "--quantize",
            "int8",
            "--calibrate",
            str(folder / data),
            "--max-changed",
            "1",
            *arguments,
        ]
    )


def test_report(folder, tmp_path, capsys):
    output = tmp_path / "tiny.fmg"
    assert run(folder, output, "--keep-float", "edges") == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "1 of 2 layers in bytes" in captured.out
    assert "in floats stays edges: --keep-float" in captured.out
    # 60 to measure on, 20 to choose layers with, 20 for the report.
    assert "accuracy on 20 other pictures: " in captured.out
    assert "largest difference from the simulation of its bytes: " in captured.out
    model = Model(output)
    assert model.metadata["quantization"] == (
        "int8, ranges by mse of 60 pictures, biases corrected"
    )
    for golden in model.golden():
        scores = model.classify(golden.pixels[..., 0]).scores[0]
        assert np.abs(scores - golden.scores).max() <= golden.tolerance


def test_json(folder, tmp_path, capsys):
    output, other = tmp_path / "a.fmg", tmp_path / "b.fmg"
    arguments = ["--json", "--ranges", "minmax", "--calibration-pictures", "10"]
    assert run(folder, output, *arguments, "--no-bias-correction") == 0
    report = json.loads(capsys.readouterr().out)
    found = report["quantized"]
    assert (found["calibrated"], found["evaluated"], found["layers"]) == (10, 70, 2)
    assert 0 <= found["changed"] <= 70
    assert 0 <= found["accuracy"] <= 1
    assert found["float_bytes"] > 0
    assert report["compared"] == "simulation of its bytes"
    assert report["difference"] < 1e-6
    assert "biases rounded" in Model(output).metadata["quantization"]
    # Simulated here instead of run in the library, the report says the same.
    assert run(folder, other, *arguments, "--no-bias-correction", "--no-verify") == 0
    assert json.loads(capsys.readouterr().out)["quantized"] == found
    assert other.read_bytes() == output.read_bytes()


def test_pictures_without_labels(folder, tmp_path, capsys):
    assert run(folder, tmp_path / "a.fmg", data="bare.npy") == 0
    printed = capsys.readouterr().out
    assert "on 20 other pictures: " in printed
    assert "accuracy" not in printed
    arguments = ["--evaluate", str(folder / "pictures.npz")]
    assert run(folder, tmp_path / "b.fmg", *arguments, data="bare.npy") == 0
    printed = capsys.readouterr().out
    assert "accuracy on 100 other pictures: " in printed
    stated = float(Model(tmp_path / "b.fmg").metadata["accuracy"])
    assert f"pictures: {stated:.2%}, as floats" in printed
    assert "accuracy" not in Model(tmp_path / "a.fmg").metadata


def test_names_that_do_not_exist(folder, tmp_path, capsys):
    assert run(folder, tmp_path / "a.fmg", "--keep-float", "edge") == 1
    assert "no layer edge can be quantised; these can: edges, classes" in capsys.readouterr().err
    assert run(folder, tmp_path / "a.fmg", data="none.npz") == 1
    assert "there is no such file or folder of pictures" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--quantize", "int8"], "needs pictures to measure ranges on, such as --calibrate"),
        (["--quantize", "int4"], "invalid choice"),
        (["--calibrate", "x"], "--calibrate belongs to --quantize int8"),
        (["--max-changed", "0.5"], "--max-changed belongs to --quantize int8"),
        (["--no-bias-correction"], "--no-bias-correction belongs to --quantize int8"),
        (["--quantize", "int8", "--calibrate", "x", "--max-changed", "2"], "not between 0 and 1"),
        (["--quantize", "int8", "--calibrate", "x", "--weights", "f16"], "smaller still"),
        (["--quantize", "int8", "--calibrate", "x", "--calibration-pictures", "0"], "not between"),
    ],
)
def test_usage(arguments, words, capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main(["a", "b", *arguments])
    assert raised.value.code == 2
    assert words in capsys.readouterr().err


def test_progress_is_one_line(capsys):
    for share in (0, 0.001, 0.5, 1):
        command.show("measuring", share)
    command.show("", 1)
    printed = capsys.readouterr().err
    assert "\n" not in printed
    assert printed.count("\r") == 4
    assert printed.endswith("\r\x1b[K")
    assert f"[{'#' * 15:<30}] measuring" in printed
