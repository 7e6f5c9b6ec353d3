"""The command: what it prints, its exit statuses, and what it leaves behind."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import fmnistrt
import reference
from conftest import randomise
from fmnistrt.convert import VERSION, cli
from fmnistrt.convert.arguments import EXAMPLES
from fmnistrt.convert.checkpoint import Checkpoint
from fmnistrt.convert.convert import Options, convert
from fmnistrt.convert.golden import golden_inputs
from fmnistrt.convert.verify import largest_difference
from test_onnx_written import classifier
from test_torch import npz, safetensors
from torch_files import File


@pytest.fixture(scope="module")
def checkpoint(keras, tmp_path_factory):
    layers = keras.layers
    model = randomise(
        keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Conv2D(2, 3, strides=2, activation="relu", name="conv"),
                layers.Flatten(),
                layers.Dense(10, activation="softmax"),
            ],
            name="tiny",
        )
    )
    path = tmp_path_factory.mktemp("cli") / "best.ckpt"
    model.save(path.with_suffix(".keras"))
    path.with_suffix(".keras").rename(path)
    return path


class Answers:
    def __init__(self, scores):
        self.scores = scores


class Library:
    """Stands for the binding: answers what the reference interpreter answers, plus `off`."""

    off = 0.0

    def __init__(self, content):
        self.file = reference.read(content)

    @classmethod
    def from_bytes(cls, content):
        return cls(content)

    def run(self, inputs):
        assert inputs.dtype == np.float32
        return reference.run(self.file, inputs).astype(np.float32) + self.off

    def classify(self, pixels):
        assert pixels.dtype == np.uint8
        pixels = pixels.reshape(len(pixels), *self.file.tensors[0].shape)
        return Answers(reference.classify(self.file, pixels).astype(np.float32) + self.off)


@pytest.fixture
def library(monkeypatch):
    monkeypatch.setattr(fmnistrt, "Model", Library, raising=False)
    return Library


def test_converts_and_verifies(checkpoint, tmp_path, capsys, library):
    output = tmp_path / "model.fmg"
    assert cli.main([str(checkpoint), str(output), "--accuracy", "0.94321"]) == 0
    printed = capsys.readouterr().out
    assert "tiny, 10 classes (probabilities), from keras 3." in printed
    assert re.search(r"largest difference from the source model: \d\.\de-0[789]", printed)
    file = reference.read(output.read_bytes())
    assert file.labels[9] == "Ankle boot"
    assert (file.scale, file.invert, file.channels, file.kind) == (255, 0, 1, 1)
    assert file.metadata["accuracy"] == "0.9432"
    assert file.metadata["source.file"] == "best.ckpt"
    assert file.metadata["converter"] == f"fmnist-convert {VERSION}"
    assert re.fullmatch("[0-9a-f]{64}", file.metadata["source.sha256"])
    assert len(file.golden_inputs) == 4
    assert file.tolerance == pytest.approx(1e-4)
    answers = reference.classify(file, file.golden_inputs)
    assert np.abs(answers - file.golden_outputs).max() < 1e-5
    assert list(tmp_path.iterdir()) == [output]


def test_report_as_json(checkpoint, tmp_path, capsys, library):
    arguments = [str(checkpoint), str(tmp_path / "m.fmg"), "--json", "--golden", "2"]
    assert cli.main(arguments) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["classes"] == 10
    assert 0 <= report["difference"] < 1e-6
    assert report["bytes"] == (tmp_path / "m.fmg").stat().st_size


def test_half_precision(checkpoint, tmp_path, capsys, library, monkeypatch):
    output = tmp_path / "model.fmg"
    arguments = [str(checkpoint), str(output), "--weights", "f16"]
    assert cli.main(arguments) == 0
    file = reference.read(output.read_bytes())
    assert file.minor == 1
    assert file.tolerance == pytest.approx(2e-3)
    answers = reference.classify(file, file.golden_inputs)
    assert 1e-7 < np.abs(answers - file.golden_outputs).max() < 2e-3
    monkeypatch.setattr(library, "off", 0.01)
    assert cli.main([*arguments, "--force"]) == 1
    assert "half precision does not suit it" in capsys.readouterr().err


@pytest.mark.parametrize("golden", ["4", "0"])
@pytest.mark.parametrize("off", [0.01, np.nan])
def test_wrong_answers_leave_no_file(
    checkpoint, tmp_path, capsys, library, monkeypatch, off, golden
):
    monkeypatch.setattr(library, "off", off)
    assert cli.main([str(checkpoint), str(tmp_path / "m.fmg"), "--golden", golden]) == 1
    assert "differ from the source model's by" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_models_without_pixels_are_checked(keras, tmp_path, capsys, library, monkeypatch):
    layers = keras.layers
    model = keras.Sequential([keras.Input((4, 4, 2)), layers.Flatten(), layers.Dense(3)])
    model.save(tmp_path / "a.keras")
    arguments = [str(tmp_path / "a.keras"), str(tmp_path / "a.fmg")]
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "takes floats only" in printed
    assert "largest difference from the source model" in printed
    assert reference.read((tmp_path / "a.fmg").read_bytes()).golden_inputs is None
    monkeypatch.setattr(library, "off", 0.5)
    assert cli.main([*arguments, "--force"]) == 1
    assert "differ from the source model's by" in capsys.readouterr().err


def test_no_library(checkpoint, tmp_path, capsys, monkeypatch):
    class Missing:
        def from_bytes(self):
            raise OSError("libfmnistrt.so.0: cannot open shared object file")

    monkeypatch.setattr(fmnistrt, "Model", Missing, raising=False)
    assert cli.main([str(checkpoint), str(tmp_path / "m.fmg")]) == 1
    error = capsys.readouterr().err
    assert "run make lib" in error
    assert "cannot open shared object file" in error
    assert list(tmp_path.iterdir()) == []


def test_library_refuses_the_file(checkpoint, tmp_path, capsys, monkeypatch):
    class Refusing:
        def from_bytes(self):
            raise RuntimeError("byte 64: unknown section")

    monkeypatch.setattr(fmnistrt, "Model", Refusing, raising=False)
    assert cli.main([str(checkpoint), str(tmp_path / "m.fmg")]) == 1
    assert "does not take the new file (byte 64: unknown section)" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_difference_is_the_largest(checkpoint, library):
    conversion = convert(Checkpoint.open(checkpoint), Options())
    golden = conversion.model.golden
    wrong = golden.outputs.copy()
    wrong[1, 3] += 0.25
    assert largest_difference(conversion.content, golden.inputs, wrong) == pytest.approx(
        0.25, abs=1e-5
    )


def test_pixel_contract(checkpoint, tmp_path):
    output = tmp_path / "m.fmg"
    arguments = [str(checkpoint), str(output), "--no-verify", "--scale", "127.5", "--mean", "1"]
    assert cli.main([*arguments, "--std", "0.5", "--invert", "--golden", "3"]) == 0
    file = reference.read(output.read_bytes())
    assert (file.scale, file.mean[0], file.deviation[0], file.invert) == (127.5, 1, 0.5, 1)
    answers = reference.classify(file, file.golden_inputs)
    assert np.abs(answers - file.golden_outputs).max() < 1e-5
    assert cli.main([*arguments[:3], "--force", "--golden", "0"]) == 0
    plain = reference.read(output.read_bytes())
    assert plain.golden_inputs is None
    assert np.abs(reference.classify(plain, file.golden_inputs) - answers).max() > 1e-3


@pytest.mark.parametrize(
    ("first", "scale"),
    [
        ("Rescaling(1 / 255)", 1),
        ("Rescaling(2.0)", 255),
        ("Normalization(mean=70, variance=8000)", 1),
    ],
)
def test_models_that_rescale_themselves_get_raw_pixels(keras, tmp_path, capsys, first, scale):
    layer = eval(f"layers.{first}", {"layers": keras.layers})
    dense = keras.layers.Dense(10)
    model = keras.Sequential([keras.Input((28, 28)), layer, keras.layers.Flatten(), dense])
    model.save(tmp_path / "a.keras")
    arguments = [str(tmp_path / "a.keras"), str(tmp_path / "a.fmg"), "--no-verify"]
    assert cli.main(arguments) == 0
    assert ("--scale 1" in capsys.readouterr().out) == (scale == 1)
    assert reference.read((tmp_path / "a.fmg").read_bytes()).scale == scale
    assert cli.main([*arguments, "--force", "--scale", "51"]) == 0
    assert reference.read((tmp_path / "a.fmg").read_bytes()).scale == 51


def test_labels(checkpoint, tmp_path, capsys):
    output = tmp_path / "m.fmg"
    arguments = [str(checkpoint), str(output), "--no-verify", "--force", "--labels"]
    names = [f"class {i}" for i in range(10)]
    assert cli.main([*arguments, ",".join(names)]) == 0
    assert reference.read(output.read_bytes()).labels == names
    listed = tmp_path / "names.txt"
    listed.write_text("\n".join(names[::-1]) + "\n")
    assert cli.main([*arguments, str(listed)]) == 0
    assert reference.read(output.read_bytes()).labels == names[::-1]
    before = output.read_bytes()
    for wrong, message in [("a,b", "2 labels"), ("missing.txt", "no file of labels missing.txt")]:
        assert cli.main([*arguments, wrong]) == 1
        assert message in capsys.readouterr().err
    listed.write_bytes(b"\xff\xfe")
    assert cli.main([*arguments, str(listed)]) == 1
    assert "not UTF-8" in capsys.readouterr().err
    assert output.read_bytes() == before


def test_other_numbers_of_classes_have_no_labels(keras, tmp_path, capsys):
    keras.Sequential([keras.Input((6, 6)), keras.layers.Flatten()]).save(tmp_path / "a.keras")
    arguments = [str(tmp_path / "a.keras"), str(tmp_path / "a.fmg"), "--no-verify"]
    assert cli.main([*arguments, "--name", "mine"]) == 0
    assert "name them with --labels" in capsys.readouterr().out
    file = reference.read((tmp_path / "a.fmg").read_bytes())
    assert file.labels == []
    assert file.metadata["name"] == "mine"


def test_existing_output_needs_force(checkpoint, tmp_path, capsys):
    output = tmp_path / "m.fmg"
    output.write_bytes(b"precious")
    arguments = [str(checkpoint), str(output), "--no-verify"]
    assert cli.main(arguments) == 1
    assert "exists already: give --force" in capsys.readouterr().err
    assert output.read_bytes() == b"precious"
    assert cli.main([*arguments, "--force"]) == 0
    reference.read(output.read_bytes())
    assert cli.main([str(output), str(output), "--force", "--no-verify"]) == 1
    assert "the checkpoint itself" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [output]


def test_paths_that_cannot_be(checkpoint, tmp_path, capsys):
    assert cli.main([str(tmp_path / "no.keras"), str(tmp_path / "m.fmg")]) == 1
    assert "no.keras: No such file" in capsys.readouterr().err
    assert cli.main([str(checkpoint), str(tmp_path / "no" / "m.fmg")]) == 1
    assert "existing folder" in capsys.readouterr().err
    assert cli.main([str(checkpoint), str(tmp_path)]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_pipes_and_devices(checkpoint, tmp_path, capsys):
    """They are neither read, which might never end, nor replaced by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert cli.main([str(pipe), str(tmp_path / "m.fmg")]) == 1
    assert "pipe: is not a regular file" in capsys.readouterr().err
    assert cli.main([str(checkpoint), str(pipe), "--force"]) == 1
    assert "pipe is not a regular file and stays" in capsys.readouterr().err
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a"],
        ["a", "b", "--scale", "0"],
        ["a", "b", "--scale", "x"],
        ["a", "b", "--scale", "inf"],
        ["a", "b", "--mean", "1,2"],
        ["a", "b", "--mean", "nan"],
        ["a", "b", "--std", "0"],
        ["a", "b", "--std", "-1"],
        ["a", "b", "--accuracy", "94"],
        ["a", "b", "--golden", "65"],
        ["a", "b", "--golden", "-1"],
        ["a", "b", "--unknown"],
    ],
)
def test_usage_errors(arguments, capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main(arguments)
    assert raised.value.code == 2
    assert "usage: fmnist-convert" in capsys.readouterr().err


def test_same_bytes_in_another_process(checkpoint, tmp_path):
    """Hash seeds and the output's name do not matter."""
    outputs = []
    for seed in ("1", "2"):
        output = tmp_path / f"{seed}.fmg"
        code = "import sys; from fmnistrt.convert.cli import main; sys.exit(main(sys.argv[1:]))"
        subprocess.run(
            [sys.executable, "-c", code, str(checkpoint), str(output), "--no-verify"],
            check=True,
            capture_output=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        )
        outputs.append(output.read_bytes())
    assert outputs[0] == outputs[1]


def test_help_starts_fast_and_teaches():
    """Without NumPy, h5py or Keras, which take long to load."""
    code = (
        "import sys\nfrom fmnistrt.convert.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as e:\n"
        "    heavy = {'numpy', 'h5py', 'keras', 'onnx'} & set(sys.modules)\n"
        "    sys.exit(f'loaded {heavy}' if heavy or e.code else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert result.returncode == 0, result.stderr
    assert "fmnist-convert runs/bncnn/best.ckpt bncnn.fmg" in result.stdout
    assert "SeparableConv2D" in result.stdout


def test_help_lists_every_layer():
    from fmnistrt.convert.keras.merges import LAYERS
    from fmnistrt.convert.keras.translate import SINGLE

    listed = set(re.findall(r"\w+", EXAMPLES.partition("Keras layers:")[2]))
    assert {*SINGLE, *LAYERS} <= listed


def test_version_is_that_of_the_project():
    project = Path(__file__).parents[2] / "pyproject.toml"
    assert tomllib.loads(project.read_text())["project"]["version"] == VERSION


def test_golden_inputs_are_varied_pictures():
    inputs = golden_inputs(64, (28, 28, 3))
    assert inputs.dtype == np.uint8
    assert len({picture.tobytes() for picture in inputs}) == 64
    assert inputs.min() == 0
    assert all(picture.max() > 150 and (picture < 8).mean() > 0.05 for picture in inputs)
    assert (inputs[..., 0] != inputs[..., 1]).any()


def test_options_may_stand_anywhere(checkpoint, tmp_path):
    output = tmp_path / "m.fmg"
    for arguments in (
        [str(checkpoint), "--no-verify", str(output)],
        ["--no-verify", "--force", str(checkpoint), "--scale", "1", str(output)],
    ):
        assert cli.main(arguments) == 0
        assert output.exists()


HEAVY = {"h5py", "keras", "onnx", "onnxruntime", "tensorflow", "torch", "sklearn", "scipy"}


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("keras", {"h5py"}),
        ("onnx", {"onnx", "onnxruntime"}),
        ("pt", {"onnx", "onnxruntime"}),
        ("npz", {"onnx", "onnxruntime"}),
        ("safetensors", {"onnx", "onnxruntime"}),
    ],
)
def test_only_the_libraries_of_the_format_are_loaded(checkpoint, tmp_path, kind, needed):
    """Layers of weights without a model go through ONNX."""
    path, arguments = tmp_path / f"a.{kind}", []
    weights = {"fc.weight": np.ones((10, 784), np.float32)}
    if kind == "keras":
        path = checkpoint
    elif kind == "onnx":
        path.write_bytes(classifier())
    else:
        arguments = ["--arch", "flatten linear"]
        file = File()
        tensors = {name: file.tensor(value) for name, value in weights.items()}
        write = {"pt": lambda: file.zipped(tensors), "npz": lambda: npz(weights)}
        path.write_bytes(write.get(kind, lambda: safetensors(weights))())
    code = (
        "import json, sys\nfrom fmnistrt.convert.cli import main\n"
        "assert main(sys.argv[1:]) == 0\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path / "a.fmg"), "--no-verify", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert HEAVY & set(json.loads(result.stdout.splitlines()[-1])) == needed
