"""What the converter's tests share: models by real Keras, the command, the reference reader."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import pytest

import reference
from fmnistrt.convert import cli
from fmnistrt.convert.checkpoint import Checkpoint
from fmnistrt.convert.convert import Options, convert
from fmnistrt.convert.frontends import read


def pytest_configure(config):
    config.addinivalue_line("filterwarnings", "ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="session")
def keras():
    import keras as module

    module.utils.set_random_seed(1)
    return module


def randomise(model, seed=0):
    """Weights as after training: biases and moving averages that are not 0 and 1."""
    random = np.random.default_rng(seed)
    for weight in model.weights:
        value = random.normal(0, 0.5, weight.shape)
        if "variance" in weight.path:
            value = random.uniform(0.2, 2, weight.shape)
        if "count" not in weight.path and "seed" not in weight.path:
            weight.assign(value.astype(np.float32))
    return model


@pytest.fixture
def agree(keras, tmp_path):
    """Checks that Keras, the converter's evaluator and the .fmg file answer the same."""

    def check(model, suffix=".keras", tolerance=2e-5, **options):
        path = tmp_path / f"model{suffix}"
        model.save(path)
        return check_bytes(
            path.read_bytes(),
            lambda x: keras.ops.convert_to_numpy(model(x, training=False)),
            tolerance,
            **options,
        )

    return check


def as_keras_takes(result, inputs):
    """Pictures in the model's own shape: channels first, or without their channel axis."""
    network = result.evaluate.network
    if network.takes_channels_first:
        inputs = np.moveaxis(inputs, -1, 1)
    return inputs.reshape(len(inputs), *(network.input_shape or inputs.shape[1:]))


def check_bytes(content, predict, tolerance=2e-5, **options):
    checkpoint = Checkpoint("model.bin", content)
    result = read(checkpoint)
    conversion = convert(checkpoint, Options(labels=options.pop("labels", []), **options))
    file = reference.read(conversion.content)
    shape = file.tensors[0].shape
    inputs = np.random.default_rng(5).normal(0, 1, (3, *shape)).astype(np.float32)
    answers = reference.run(file, inputs)
    evaluated = result.evaluate(inputs)
    assert evaluated.dtype == np.float32
    scale = max(1.0, float(np.abs(evaluated).max()))
    assert np.isfinite(evaluated).all()
    assert np.abs(answers - evaluated).max() <= tolerance * scale
    if predict is not None:
        expected = predict(as_keras_takes(result, inputs))
        assert expected.shape == evaluated.shape
        assert np.abs(expected - evaluated).max() <= tolerance * scale
        assert np.abs(expected - answers).max() <= tolerance * scale
    return file


@pytest.fixture
def refused(capsys, tmp_path):
    """Checks that the command refuses a file with one sentence and leaves nothing behind."""

    def check(content, *words, arguments=(), name="model.bin"):
        path, output = tmp_path / name, tmp_path / "out" / "model.fmg"
        output.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        status = cli.main([str(path), str(output), "--no-verify", *arguments])
        captured = capsys.readouterr()
        assert status == 1
        assert captured.out == ""
        assert captured.err.startswith(f"fmnist-convert: {path}: ")
        assert captured.err.count("\n") == 1
        for word in words:
            assert word in captured.err, captured.err
        assert list(output.parent.iterdir()) == []
        return captured.err

    return check
