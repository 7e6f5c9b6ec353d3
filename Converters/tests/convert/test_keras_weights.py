"""Where weights stand in Keras files: alone, under other names, in nested models."""

import io
import json

import h5py
import numpy as np
import pytest

from conftest import as_keras_takes, randomise
from fmnistrt.convert import cli
from fmnistrt.convert.checkpoint import Checkpoint, SourceOptions
from fmnistrt.convert.frontends import read
from test_keras_models import nested, residual, rewrite_archive
from test_keras_old import arrays, hdf5, predict


def small(keras):
    layers = keras.layers
    return randomise(
        keras.Sequential(
            [
                keras.Input((6, 6, 1)),
                layers.SeparableConv2D(2, 3, name="conv"),
                layers.BatchNormalization(name="norm", center=False),
                layers.PReLU(),
                layers.Flatten(),
                layers.Dense(10, name="answer"),
            ]
        )
    )


def legacy_weights(model, path):
    """What `save_weights` of Keras 2 writes: the weights of a whole model, without the model."""
    model.save(path.with_name("whole.h5"))
    with h5py.File(path.with_name("whole.h5")) as whole, h5py.File(path, "w") as file:
        for name in whole["model_weights"]:
            whole.copy(f"model_weights/{name}", file)
        for key in ("layer_names", "keras_version", "backend"):
            file.attrs[key] = whole["model_weights"].attrs[key]


def check(keras, model, path, options=None):
    """The weights at `path`, with layers from a file, are the model."""
    result = read(Checkpoint.open(path), options)
    shape = result.graph.input.shape
    inputs = np.random.default_rng(5).normal(0, 1, (2, *shape)).astype(np.float32)
    expected = predict(keras, model)(as_keras_takes(result, inputs))
    assert np.abs(result.evaluate(inputs) - expected).max() < 1e-4
    return result


@pytest.fixture(params=["model.weights.h5", "model.h5"])
def saved(request, keras, tmp_path):
    """A model and its weights alone, in the way of Keras 3 and in that of Keras 2."""
    model = small(keras)
    path = tmp_path / request.param
    if request.param == "model.h5":
        legacy_weights(model, path)
    else:
        model.save_weights(path)
    return model, path


@pytest.mark.filterwarnings("ignore:You are saving")
@pytest.mark.parametrize("name", ["model.json", "config.json"])
def test_layers_beside_the_weights(keras, saved, name):
    model, path = saved
    (path.parent / "other.json").write_text("{}")
    path.with_name(name).write_text(model.to_json())
    result = check(keras, model, path)
    assert result.notes == [f"the layers are those in {name}"]


@pytest.mark.filterwarnings("ignore:You are saving")
def test_layers_of_the_same_name_come_first(keras, saved, tmp_path):
    model, path = saved
    path = path.rename(tmp_path / path.name.replace("model", "best"))
    (tmp_path / "model.json").write_text(small(keras).to_json())
    (tmp_path / "best.json").write_text(model.to_json())
    assert check(keras, model, path).notes == ["the layers are those in best.json"]


@pytest.mark.filterwarnings("ignore:You are saving")
def test_layers_that_are_given(keras, saved, tmp_path):
    model, path = saved
    (tmp_path / "model.json").write_text("{broken")
    (tmp_path / "layers").write_text(model.to_json())
    result = check(keras, model, path, SourceOptions(config=tmp_path / "layers"))
    assert result.framework.startswith("keras 3")
    code = ["--config", str(tmp_path / "layers"), "--no-verify"]
    assert cli.main([str(path), str(tmp_path / "m.fmg"), *code]) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{broken", "is damaged"),
        ("[]", "is damaged"),
        ('{"a": 1}', "not the layers of a Keras model"),
    ],
)
def test_layers_that_are_none(keras, tmp_path, capsys, text, message):
    small(keras).save_weights(tmp_path / "a.weights.h5")
    (tmp_path / "layers.json").write_text(text)
    arguments = [str(tmp_path / "a.weights.h5"), str(tmp_path / "m.fmg")]
    assert cli.main([*arguments, "--config", str(tmp_path / "layers.json")]) == 1
    assert message in capsys.readouterr().err
    assert cli.main([*arguments, "--config", str(tmp_path / "nothing.json")]) == 1
    assert "nothing.json: No such file" in capsys.readouterr().err


def test_layers_for_a_file_that_has_them(keras, tmp_path, refused):
    model = small(keras)
    model.save(tmp_path / "a.keras")
    (tmp_path / "a.json").write_text(model.to_json())
    arguments = ["--config", str(tmp_path / "a.json")]
    content = (tmp_path / "a.keras").read_bytes()
    refused(content, "this file holds the layers with the weights", arguments=arguments)


@pytest.mark.filterwarnings("ignore:You are saving")
def test_layers_of_another_model(keras, saved, capsys):
    _, path = saved
    other = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten()])
    other.add(keras.layers.Dense(7))
    path.with_name("model.json").write_text(other.to_json())
    assert cli.main([str(path), str(path.with_name("m.fmg"))]) == 1
    assert 'the Dense layer "dense' in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:You are saving")
def test_layers_under_other_names(keras, tmp_path):
    """Another session counts on: conv2d_3 is what was conv2d. Keras goes by order, too."""
    model = small(keras)
    legacy_weights(model, tmp_path / "a.h5")
    config = model.to_json()
    for name in ("conv", "norm", "answer"):
        config = config.replace(f'"{name}"', f'"{name}_7"')
    (tmp_path / "a.json").write_text(config)
    check(keras, model, tmp_path / "a.h5")


def test_layers_with_weights_that_count_twice(keras, tmp_path):
    """Keras 2.12 and 2.13: conv2d, conv2d_2, conv2d_4; layers without weights count once."""
    model = nested(keras)
    model.save(tmp_path / "a.keras")

    def rename(group):
        for name in list(group):
            base, _, number = name.rpartition("_")
            if number.isdigit():
                group.move(name, f"moved_{base}_{2 * int(number)}")
        for name in list(group):
            if name.startswith("moved_"):
                group.move(name, name.removeprefix("moved_"))
            inner = group[name.removeprefix("moved_")]
            if "layers" in inner:
                rename(inner["layers"])
                inner.move("layers", "_layer_checkpoint_dependencies")

    def change(file):
        file.visititems(lambda name, item: item.attrs.pop("name", None))
        rename(file["layers"])
        file.move("layers", "_layer_checkpoint_dependencies")

    content = rewrite_archive(tmp_path / "a.keras", change)
    assert b"separable_conv2d" in content
    (tmp_path / "b.keras").write_bytes(content)
    check(keras, model, tmp_path / "b.keras")


def blocks(keras, names):
    """Two models with layers of the same names, in a model, and its old file.

    `names` are the scopes of the convolutions' arrays.
    """
    layers = keras.layers
    parts = [
        keras.Sequential(
            [keras.Input((6, 6, 2)), layers.Conv2D(2, 3, padding="same", name="conv")], name=name
        )
        for name in ("first", "second")
    ]
    inner = keras.Sequential([keras.Input((6, 6, 2)), *parts], name="inner")
    model = randomise(keras.Sequential([keras.Input((6, 6, 2)), inner, layers.Flatten()]))
    config = json.loads(model.to_json())
    config.pop("module")
    weights = arrays(keras, model, {"inner": ["a", "b", "c", "d"]})["inner"]
    scopes = [f"{name}/{array}:0" for name in names for array in ("kernel", "bias")]
    stored = {"inner": [(scopes[i], weights[i][1]) for i in range(4)]}
    return model, hdf5(config, stored, "2.2.4")


@pytest.mark.parametrize(
    "names", [("first/conv", "second/conv"), ("conv", "conv_1"), ("inner/first/conv", "inner/conv")]
)
def test_layers_of_the_same_name_in_two_models(keras, tmp_path, names):
    model, content = blocks(keras, names)
    (tmp_path / "a.h5").write_bytes(content)
    check(keras, model, tmp_path / "a.h5")


def test_layers_of_two_models_that_cannot_be_told_apart(keras, refused):
    _, content = blocks(keras, ("conv", "other"))
    refused(content, 'the weights of layer "inner/second/conv" cannot be told apart')


def test_state_of_the_optimiser_is_left_alone(keras, tmp_path):
    """A checkpoint of a training that goes on has two more arrays for each weight."""
    model = residual(keras)
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 8, 8, 3)), np.zeros((4, 10)), verbose=0)
    for name in ("a.keras", "a.h5"):
        model.save(tmp_path / name)
        check(keras, model, tmp_path / name)
    with h5py.File(io.BytesIO((tmp_path / "a.h5").read_bytes())) as file:
        assert len(file["optimizer_weights"]) > 0


@pytest.mark.parametrize("name", ["a.keras", "a.h5"])
@pytest.mark.parametrize("policy", ["bfloat16", "float16", "mixed_bfloat16"])
@pytest.mark.filterwarnings("ignore:You are saving")
def test_weights_of_half_the_size(keras, tmp_path, name, policy):
    """They are numbers of float32, which computes with them more exactly than Keras does."""
    layers = keras.layers
    half, full = (
        keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(10, dtype=kind)])
        for kind in (policy, "float32")
    )
    randomise(half).save(tmp_path / name)
    full.set_weights([np.float32(keras.ops.cast(w, "float32")) for w in half.weights])
    check(keras, full, tmp_path / name)


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method")
def test_models_that_keras_quantised(keras, tmp_path, refused):
    model = small(keras)
    model.quantize("int8")
    model.save(tmp_path / "a.keras")
    told = 'the Dense layer "answer" was quantised by Keras', "--quantize int8"
    refused((tmp_path / "a.keras").read_bytes(), *told)
