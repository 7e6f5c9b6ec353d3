"""--check: the pixels that a model was trained on are found by its accuracy."""

import json

import numpy as np
import pytest

from fmnistrt import Model
from fmnistrt.convert import cli
from fmnistrt.convert.contracts import contracts
from fmnistrt.convert.model import Pixels
from fmnistrt.data import default_folder, load

ARCHITECTURE = ["--arch", "flatten linear relu linear"]
USUAL = contracts(Pixels(), 1)


def hidden(inputs, pixels):
    """Random features that bend where the values of `inputs`, prepared by `pixels`, lie."""
    random = np.random.default_rng(0)
    weights = random.normal(0, 1, (200, 784)) / (28 * inputs.std())
    points = inputs[random.integers(0, len(inputs), 200)].reshape(200, 784)
    bias = -(weights * points).sum(axis=1)
    return weights, bias


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Makes the .npz of a network that was trained on pixels prepared in some way."""
    folder = tmp_path_factory.mktemp("trained")
    split = load("train")
    images, targets = split.images[:2000, ..., None], np.eye(10)[split.labels[:2000]]

    def make(pixels, name="net.npz"):
        inputs = pixels.prepare(images).astype(np.float64)
        weights, bias = hidden(inputs, pixels)
        features = np.maximum(inputs.reshape(-1, 784) @ weights.T + bias, 0)
        features = np.hstack([features, np.ones((len(features), 1))])
        square = features.T @ features + np.eye(201)
        last = np.linalg.solve(square, features.T @ targets).T
        arrays = {"a.weight": weights, "a.bias": bias}
        arrays |= {"b.weight": last[:, :-1], "b.bias": last[:, -1]}
        np.savez(folder / name, **{key: value.astype(np.float32) for key, value in arrays.items()})
        return folder / name

    return make


@pytest.fixture
def check(capsys):
    def run(path, *arguments, pictures=250, data=None):
        options = ["--check", str(data or default_folder()), "--check-pictures", str(pictures)]
        assert cli.main([str(path), *ARCHITECTURE, "--json", *options, *arguments]) == 0
        return json.loads(capsys.readouterr().out)["check"]

    return run


@pytest.mark.parametrize("number", range(len(USUAL)), ids=[name for name, _ in USUAL])
def test_finds_what_a_model_was_trained_on(trained, check, number):
    name, pixels = USUAL[number]
    path = trained(pixels)
    given = "--scale 1" if pixels.scale == 255 else "--scale 255"
    found = check(path, *given.split())
    best = found["contracts"][0]
    assert best["trained_on"] == name
    assert best["accuracy"] > 0.7
    assert not best["given"]
    assert f"but on {name}, with" in found["warning"]
    assert f"give {best['options']}" in found["warning"]
    again = check(path, *best["options"].split())
    assert again["contracts"][0]["given"]
    assert again["contracts"][0]["accuracy"] == best["accuracy"]
    assert again["warning"] is None


def test_accuracy_is_that_of_the_finished_file(trained, check, tmp_path):
    path, output = trained(Pixels(255.0, (0.5,), (0.5,))), tmp_path / "a.fmg"
    split = load("t10k")
    images, labels = split.images[:1000], split.labels[:1000]
    np.savez(tmp_path / "a.npz", images=images, labels=labels)
    options = ["--mean", "0.5", "--std", "0.5"]
    found = check(path, str(output), *options, data=tmp_path / "a.npz", pictures=1000)
    answers = Model(output).classify(images).scores
    best = found["contracts"][0]
    assert best["given"]
    assert best["accuracy"] == (answers.argmax(axis=1) == labels).mean()
    answers = answers.astype(np.float64)
    right = answers[np.arange(1000), labels]
    loss = (np.log(np.exp(answers).sum(axis=1)) - right).mean()
    assert best["log_loss"] == pytest.approx(loss, rel=1e-5)
    # Bytes are checked as the floats that they come from.
    calibration = ["--quantize", "int8", "--calibrate", str(tmp_path / "a.npz"), "--force"]
    data = tmp_path / "a.npz"
    assert check(path, str(output), *options, *calibration, data=data, pictures=1000) == found
    assert Model(output).metadata["name"] == "net"


def test_what_is_printed(trained, tmp_path, capsys):
    path, output = trained(Pixels()), tmp_path / "a.fmg"
    data = ["--check", str(default_folder()), "--check-pictures", "400"]
    assert cli.main([str(path), *ARCHITECTURE, *data]) == 0
    printed = capsys.readouterr().out
    assert "accuracy on 400 of the 10,000 pictures in" in printed
    assert len([line for line in printed.splitlines() if "%  " in line]) == len(USUAL)
    assert "none  <- best, given" in printed
    assert "the model was trained on pixels / 255, as the options say" in printed
    assert "not written: net, 10 classes" in printed
    assert not output.exists()
    assert cli.main([str(path), str(output), *ARCHITECTURE, *data, "--invert"]) == 0
    printed = capsys.readouterr().out
    assert "--invert  <- given" in printed
    assert "give none of --scale, --mean, --std and --invert" in printed
    assert output.exists()


def test_contracts_that_cannot_be_told_apart(tmp_path, capsys):
    """A linear layer without a bias answers the same whatever the scale."""
    split = load("train")
    inputs = split.images[:4000].reshape(-1, 784) / 255.0
    square = inputs.T @ inputs + np.eye(784)
    weights = np.linalg.solve(square, inputs.T @ np.eye(10)[split.labels[:4000]]).T
    np.savez(tmp_path / "a.npz", **{"a.weight": weights.astype(np.float32)})
    arguments = [str(tmp_path / "a.npz"), "--arch", "flatten linear", "--scale", "100"]
    arguments += ["--check", str(default_folder()), "--check-pictures", "200"]
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "what the options say" in printed
    assert "do not tell the options given from (more may tell: --check-pictures 10000): " in printed
    last = printed.partition("--check-pictures 10000): ")[2]
    assert "pixels / 255; pixels from 0 to 255" in last
    assert "warning" not in printed


def test_a_model_that_no_contract_suits(trained, check):
    path = trained(Pixels())
    arrays = dict(np.load(path))
    for name in ("b.weight", "b.bias"):
        arrays[name] = arrays[name][[1, 2, 3, 4, 5, 6, 7, 8, 9, 0]]
    path = path.with_name("shifted.npz")
    np.savez(path, **arrays)
    assert "classes in the order of the labels" in check(path)["warning"]


def test_kinds_of_data(trained, check, tmp_path):
    path, split = trained(Pixels()), load("t10k")
    images, labels = split.images[:300], split.labels[:300]
    np.savez(tmp_path / "a.npz", images=images, labels=labels)
    table = np.column_stack([labels, images.reshape(300, -1)])
    names = ",".join(["label", *(f"pixel{i}" for i in range(1, 785))])
    np.savetxt(tmp_path / "a.csv", table, "%d", ",", header=names, comments="")
    np.savetxt(tmp_path / "plain.csv", table, "%d", ",")
    found = [check(path, data=tmp_path / name) for name in ("a.npz", "a.csv", "plain.csv")]
    assert found[0] == found[1] == found[2]
    assert found[0]["pictures"] == 250
    single = default_folder() / "t10k-images-idx3-ubyte.gz"
    assert check(path, data=single, pictures=200) == check(path, pictures=200)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"label,a,b\n1,2,3\n", "has 3 columns: a label and 784 pixels are needed"),
        ("a.csv", b"1,2,3\n1,2,x\n", "is not a table of whole numbers"),
        ("a.csv", b"1,2,3\n1,2\n", "is not a table of whole numbers"),
        ("a.csv", b"1," + b"300," * 783 + b"0\n", "has pixels that are not 0 to 255"),
        ("a.csv", b"10," + b"0," * 783 + b"0\n", "has labels that are not 0 to 9"),
        ("a.csv", b"label," + b"x," * 783 + b"x\n", "has no pictures"),
        ("a.txt", b"hello\n", "holds no pictures: give a folder"),
        ("a.gz", b"\x1f\x8b\x08", "is not called ...-images-idx3-ubyte"),
        ("t10k-images-idx3-ubyte.gz", b"\x1f\x8b\x08", "t10k-images-idx3-ubyte.gz"),
        ("a.npy", b"\x93NUMPY", "holds no pictures"),
    ],
)
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_refused_data(trained, tmp_path, capsys, name, content, words):
    (tmp_path / name).write_bytes(content)
    output = tmp_path / "out.fmg"
    data = ["--check", str(tmp_path / name)]
    assert cli.main([str(trained(Pixels())), str(output), *ARCHITECTURE, *data]) == 1
    assert words in capsys.readouterr().err
    assert not output.exists()


def test_pictures_without_labels(trained, tmp_path, capsys):
    np.save(tmp_path / "a.npy", load("t10k").images[:9])
    arguments = [str(trained(Pixels())), *ARCHITECTURE, "--check", str(tmp_path / "a.npy")]
    assert cli.main(arguments) == 1
    assert "has no labels" in capsys.readouterr().err


def test_models_that_take_no_pictures(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", **{"a.weight": np.ones((3, 8), np.float32)})
    arguments = [str(tmp_path / "a.npz"), "--arch", "flatten linear", "--input", "2x2x2"]
    assert cli.main([*arguments, "--check", str(default_folder())]) == 1
    assert "takes no pictures" in capsys.readouterr().err


def test_colour_has_one_more_contract():
    names = [name for name, _ in contracts(Pixels(), 3)]
    assert "ImageNet's means and deviations, inverted" in names
    given = Pixels(255.0, (0.4, 0.5, 0.6), (0.2, 0.2, 0.2))
    assert contracts(given, 3)[0] == ("what the options say", given)
    # The same map in other words is the same contract.
    assert len(contracts(Pixels(1.0, (127.5,), (127.5,)), 1)) == len(USUAL)


@pytest.mark.parametrize(
    "arguments", [["a", "--check-pictures", "9"], ["a"], ["a", "b", "--check"]]
)
def test_usage_errors(arguments, capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main(arguments)
    assert raised.value.code == 2
