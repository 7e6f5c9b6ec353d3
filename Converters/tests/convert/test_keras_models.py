"""Whole Keras models: branches, nesting, shared layers, old files."""

import json

import h5py
import numpy as np
import pytest

import reference
from conftest import check_bytes, randomise


def residual(keras):
    layers = keras.layers
    x = keras.Input((8, 8, 3), name="image")
    y = layers.Conv2D(6, 3, padding="same", activation="relu", name="first")(x)
    z = layers.Conv2D(6, 3, padding="same", use_bias=False, name="second")(y)
    z = layers.BatchNormalization(name="second_norm")(z)
    z = layers.Add(name="sum")([y, z])
    z = layers.ReLU(name="relu")(z)
    a = layers.Conv2D(4, 1, name="left")(z)
    b = layers.Conv2D(4, 3, padding="same", name="right")(z)
    z = layers.Concatenate(name="both")([a, b, z])
    z = layers.GlobalAveragePooling2D(name="mean")(z)
    return randomise(keras.Model(x, layers.Dense(10, "softmax", name="answer")(z), name="residual"))


def nested(keras):
    layers = keras.layers
    block = keras.Sequential(
        [
            keras.Input((8, 8, 4)),
            layers.Conv2D(4, 3, padding="same", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.SeparableConv2D(4, 3, padding="same", name="separable"),
            layers.BatchNormalization(name="norm2"),
        ],
        name="block",
    )
    x = keras.Input((8, 8, 4))
    inner = keras.Model(x, layers.Add()([x, block(x)]), name="inner")
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(4, 1, name="conv")(x)
    y = inner(y)
    y = layers.Flatten()(y)
    y = keras.Sequential([layers.Dense(10, name="dense"), layers.Softmax()], name="head")(y)
    return randomise(keras.Model(x, y, name="nested"))


def shared(keras):
    layers = keras.layers
    conv = layers.Conv2D(3, 3, padding="same", activation="tanh", name="conv")
    block = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(3, 1, name="one")], name="b")
    x = keras.Input((8, 8, 3))
    y = conv(conv(x))
    y = layers.Add()([block(y), block(x)])
    return randomise(keras.Model(x, layers.Dense(4)(layers.Flatten()(y))))


def unordered(keras):
    """Branches of different depth, so that the file lists layers in another order than made."""
    layers = keras.layers
    x = keras.Input((6, 6, 1))
    deep = x
    for _ in range(4):
        deep = layers.Conv2D(2, 3, padding="same")(deep)
    short = layers.Conv2D(2, 1)(x)
    y = layers.Concatenate()([short, deep])
    return randomise(keras.Model(x, layers.Dense(3)(layers.Flatten()(y))))


def arithmetic(keras):
    """Calculations that are no layers."""
    layers = keras.layers
    x = keras.Input((6, 6, 1))
    y = (2.0 - x / 3.0) * 0.5 + 1
    y = keras.ops.maximum(y - 0.25, 4 * x) + y * x
    y = keras.ops.subtract(layers.Conv2D(1, 1)(y), y)
    return randomise(keras.Model(x, layers.Dense(3)(layers.Flatten()(y))))


def sequential_without_input(keras):
    layers = keras.layers
    model = keras.Sequential([layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(10)])
    model.build((None, 8, 8, 1))
    return randomise(model)


MODELS = [residual, nested, shared, unordered, arithmetic, sequential_without_input]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("make", MODELS)
@pytest.mark.filterwarnings("ignore:You are saving")
def test_model(keras, agree, make, suffix):
    agree(make(keras), suffix=suffix)


def test_output_kinds(keras, tmp_path):
    layers = keras.layers
    ends = {
        "probabilities": [layers.Dense(10, activation="softmax")],
        "logits": [layers.Dense(10)],
        "scores": [layers.Dense(10, activation="sigmoid")],
    }
    kinds = {"scores": 0, "probabilities": 1, "logits": 2}
    for kind, end in ends.items():
        model = keras.Sequential([keras.Input((6,)), *end])
        model.save(tmp_path / "a.keras")
        file = check_bytes((tmp_path / "a.keras").read_bytes(), None)
        assert file.kind == kinds[kind]
    model = keras.Sequential([keras.Input((6,)), layers.Dense(10), layers.Softmax()])
    model.save(tmp_path / "a.keras")
    assert check_bytes((tmp_path / "a.keras").read_bytes(), None).kind == kinds["probabilities"]


def test_tensors_carry_the_names_and_values_of_layers(keras, tmp_path):
    """Every tensor with a layer's name holds what that layer gives in Keras."""
    layers = keras.layers
    model = randomise(
        keras.Sequential(
            [
                keras.Input((8, 8, 1), name="image"),
                layers.BatchNormalization(name="input_norm"),
                layers.Conv2D(4, 3, padding="same", activation="relu", name="conv1"),
                layers.BatchNormalization(name="conv1_norm"),
                layers.Conv2D(4, 3, name="conv2"),
                layers.BatchNormalization(name="conv2_norm"),
                layers.ReLU(name="conv2_relu"),
                layers.BatchNormalization(name="second_norm"),
                layers.Flatten(name="flatten"),
                layers.Dense(7, activation="relu", name="dense1"),
                layers.BatchNormalization(name="dense1_norm"),
                layers.Dense(10, activation="softmax", name="probabilities"),
            ]
        )
    )
    model.save(tmp_path / "a.keras")
    file = check_bytes((tmp_path / "a.keras").read_bytes(), None)
    inputs = np.random.default_rng(1).normal(0, 1, (2, 8, 8, 1)).astype(np.float32)
    values = reference.run(file, inputs, everything=True)
    found = []
    x = inputs
    for layer in model.layers:
        x = keras.ops.convert_to_numpy(layer(x, training=False))
        if layer.name in values:
            found.append(layer.name)
            assert np.abs(values[layer.name] - x).max() < 2e-5 * max(1, np.abs(x).max())
    assert found == ["input_norm", "conv1", "conv2_norm", "conv2_relu", "dense1", "probabilities"]
    # Folded into the layer before or after them, so that their values exist nowhere.
    folded = {"conv1_norm", "second_norm", "dense1_norm", "flatten", "conv2"}
    assert not folded & set(values)
    assert file.tensors[0].name == "image"


def test_names_in_nested_and_shared_models(keras, agree):
    names = agree(nested(keras)).names()
    assert "conv" in names
    assert "inner/block/norm" in names
    names = agree(shared(keras)).names()
    assert {"conv", "conv:2", "b/one", "b/one:2"} <= set(names)


def test_long_and_foreign_names(keras, agree):
    layers = keras.layers
    long = "very_long_name_" * 6
    file = agree(
        randomise(
            keras.Sequential(
                [
                    keras.Input((4, 4, 1)),
                    layers.Conv2D(2, 2, activation="relu", name=long + "1"),
                    layers.Conv2D(2, 2, activation="relu", name=long + "2"),
                    layers.Flatten(name="größe"),
                ]
            )
        )
    )
    first, second = file.names()[2], file.names()[4]
    assert first != second
    assert first.startswith("very_long_name_")
    assert file.names()[-1] == "größe"


def test_class_named_groups_without_names(keras, tmp_path):
    """Archives of Keras 2.12 to 3.2 do not say which layer a group belongs to."""
    model = nested(keras)
    path = tmp_path / "a.keras"
    model.save(path)

    def strip(file):
        file.visititems(lambda name, item: item.attrs.pop("name", None))

    old = rewrite_archive(path, strip)
    check_bytes(old, lambda x: keras.ops.convert_to_numpy(model(x, training=False)))

    def root(file):
        strip(file)
        file.move("layers", "_layer_checkpoint_dependencies")

    model = sequential_without_input(keras)
    model.save(path)
    old = rewrite_archive(path, root)
    check_bytes(old, lambda x: keras.ops.convert_to_numpy(model(x, training=False)))


def rewrite_archive(path, change, config=None):
    """The archive with other weights or another configuration."""
    import io
    import zipfile

    source = zipfile.ZipFile(path)
    members = {name: source.read(name) for name in source.namelist()}
    buffer = io.BytesIO(members["model.weights.h5"])
    with h5py.File(buffer, "r+") as file:
        change(file)
    members["model.weights.h5"] = buffer.getvalue()
    if config:
        members["config.json"] = json.dumps(config(json.loads(members["config.json"]))).encode()
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as target:
        for name, content in members.items():
            target.writestr(name, content)
    return output.getvalue()


def test_groups_named_after_layers(keras, tmp_path):
    model = residual(keras)
    path = tmp_path / "a.keras"
    model.save(path)

    def rename(file):
        groups = {name: group["vars"].attrs["name"] for name, group in file["layers"].items()}
        for name in groups:
            file.move(f"layers/{name}", f"layers/tmp_{name}")
        for name, layer in groups.items():
            file.move(f"layers/tmp_{name}", f"layers/{layer}")

    content = rewrite_archive(path, rename)
    check_bytes(content, lambda x: keras.ops.convert_to_numpy(model(x, training=False)))


def test_real_recipe(keras, agree):
    from fmnistrt.train.recipes import bncnn

    model = randomise(bncnn())
    for weight in model.weights:
        if weight.path.endswith("kernel"):
            weight.assign(weight * 0.1)
    file = agree(model, labels=None)
    assert file.labels[0] == "T-shirt/top"
    assert file.metadata["name"] == "bncnn"
    # The norm of the images and the one between two padded convolutions cannot be folded.
    assert file.operators().count(reference.SCALE_SHIFT) == 2
