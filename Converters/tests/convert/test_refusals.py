"""Files that cannot be converted: one sentence with the file, the layer and the remedy."""

import io
import json
import random
import struct
import zipfile

import h5py
import numpy as np
import pytest

from conftest import randomise
from fmnistrt.convert.checkpoint import Checkpoint
from fmnistrt.convert.convert import Options, convert
from fmnistrt.convert.graph import ConvertError
from test_keras_models import rewrite_archive


@pytest.fixture(scope="module")
def small(keras):
    layers = keras.layers
    return randomise(
        keras.Sequential(
            [
                keras.Input((6, 6, 1)),
                layers.Conv2D(2, 3, name="conv"),
                layers.BatchNormalization(name="norm"),
                layers.Flatten(),
                layers.Dense(10, activation="softmax", name="answer"),
            ],
            name="small",
        )
    )


@pytest.fixture(scope="module")
def saved(small, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "a.keras"
    small.save(path)
    return path


def save(model, tmp_path, suffix=".keras"):
    path = tmp_path / f"saved{suffix}"
    model.save(path)
    return path.read_bytes()


def zipped(members):
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return output.getvalue()


def npz():
    output = io.BytesIO()
    np.savez(output, a=np.zeros(3))
    return output.getvalue()


@pytest.mark.parametrize("name", ["model.bin", "model.keras"])
def test_damaged_files_of_known_kinds(refused, name):
    """Those of no known kind are in test_recognise.py."""
    refused(zipped({"model/data.pkl": b"x"}), "the pickle in this file is damaged", name=name)
    old = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02"
    refused(old, "is damaged", name=name)
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    refused(struct.pack("<Q", len(header)) + header + bytes(4), "--arch", name=name)
    refused(npz(), "--arch", name=name)


UNSUPPORTED = {
    "SpectralNormalization": lambda layers: layers.SpectralNormalization(
        layers.Conv2D(2, 3), name="odd"
    ),
    "UnitNormalization": lambda layers: layers.UnitNormalization(name="odd"),
    "TimeDistributed": lambda layers: layers.TimeDistributed(layers.Dense(2), name="odd"),
    "RandomCrop": lambda layers: layers.RandomCrop(3, 3, name="odd"),
}


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_unsupported_layers(keras, tmp_path, refused, kind):
    layers = keras.layers
    odd = UNSUPPORTED[kind](layers)
    model = keras.Sequential([keras.Input((6, 6, 1)), odd, layers.Flatten()])
    content = save(model, tmp_path)
    refused(content, f'the {kind} layer "odd" cannot be converted', "replace it by layers that")


SETTINGS = {
    "threshold": (lambda layers: layers.ReLU(threshold=0.5, name="odd"), "has a threshold"),
    "activation": (
        lambda layers: layers.Conv2D(2, 1, activation="sparsemax", name="odd"),
        'the activation "sparsemax", which cannot be converted',
    ),
    "bicubic": (
        lambda layers: layers.Resizing(9, 9, interpolation="bicubic", name="odd"),
        "in the way bicubic; nearest and bilinear",
    ),
    "antialias": (
        lambda layers: layers.Resizing(3, 3, antialias=True, name="odd"),
        "in the way bilinear with antialias",
    ),
    "pad to ratio": (
        lambda layers: layers.Resizing(3, 9, pad_to_aspect_ratio=True, name="odd"),
        "pads to another aspect ratio",
    ),
    "output padding": (
        lambda layers: layers.Conv2DTranspose(2, 3, 2, output_padding=1, name="odd"),
        "has an output_padding",
    ),
    "lambda": (lambda layers: layers.Lambda(lambda x: x * 2, name="odd"), "holds Python code"),
    "layer norm": (lambda layers: layers.LayerNormalization(name="odd"), "use BatchNormalization"),
    "pad": (lambda layers: layers.ZeroPadding2D(256, name="odd"), "padding 256"),
    "kernel": (lambda layers: layers.MaxPooling2D(300, padding="same", name="odd"), "kernel 300"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_unsupported_settings(keras, tmp_path, refused, case):
    make, message = SETTINGS[case]
    layer = make(keras.layers)
    model = keras.Sequential([keras.Input((6, 6, 2)), layer, keras.layers.Flatten()])
    refused(save(model, tmp_path), 'layer "odd"', message)


def test_unsupported_calculations(keras, tmp_path, refused):
    x = keras.Input((4,))
    for y, kind in [(1.0 / x, "TrueDivide"), (x**2.0, "Power"), (keras.ops.sort(x), "Sort")]:
        refused(save(keras.Model(x, y), tmp_path), f'the {kind} layer "', "cannot be converted")


def test_custom_classes(keras, saved, refused):
    def model(config):
        return {**config, "class_name": "MyModel", "module": "__main__"}

    content = rewrite_archive(saved, lambda file: None, model)
    refused(content, 'custom class "MyModel"', "export it to ONNX")

    def layer(config):
        config["config"]["layers"][2] |= {"class_name": "Odd", "registered_name": "mine>Odd"}
        return config

    content = rewrite_archive(saved, lambda file: None, layer)
    refused(content, 'layer "norm" is of the custom class mine>Odd')

    def unregistered(config):
        config["config"]["layers"][2] |= {"class_name": "Odd", "registered_name": "Odd"}
        config["config"]["layers"][2]["module"] = None
        return config

    content = rewrite_archive(saved, lambda file: None, unregistered)
    refused(content, 'layer "norm" is of the custom class Odd', "export the model to ONNX")


def test_models_with_several_ends(keras, tmp_path, refused):
    layers = keras.layers
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    content = save(keras.Model([x, y], layers.Add()([x, y]), name="two"), tmp_path)
    refused(content, 'the model "two" has 2 inputs (x, y)')
    ends = [layers.Dense(2, name="a")(x), layers.Dense(3, name="b")(x)]
    content = save(keras.Model(x, ends, name="m"), tmp_path)
    refused(content, 'the model "m" has 2 outputs (a, b)', 'model.get_layer("a").output')


def test_shapes_that_are_no_classifier(keras, tmp_path, refused):
    layers = keras.layers
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3)])
    refused(save(model, tmp_path), "its output has the shape (4, 4, 2)", "Flatten")
    model = keras.Sequential([keras.Input((None, None, 1)), layers.GlobalMaxPooling2D()])
    refused(save(model, tmp_path), "no fixed size (None, None, 1)", "keras.Input((28, 28, 1))")
    model = keras.Sequential([keras.Input((6,)), layers.Dropout(0.5)])
    refused(save(model, tmp_path), "no layers that compute anything")
    model = keras.Sequential([keras.Input((4, 4, 4, 4, 2)), layers.Flatten()])
    refused(save(model, tmp_path), "1 to 4 axes")


def test_contract_without_pixels(keras, tmp_path, refused):
    content = save(keras.Sequential([keras.Input((7,)), keras.layers.Dense(10)]), tmp_path)
    refused(content, "is not a gray or colour picture", arguments=["--mean", "0.5"])


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.filterwarnings("ignore:You are saving")
def test_bad_weights_name_the_layer(keras, tmp_path, refused, suffix, bad):
    layers = keras.layers
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(2, name="sick")])
    kernel = np.ones((4, 2), np.float32)
    kernel[2, 1] = bad
    model.layers[1].kernel.assign(kernel)
    content = save(model, tmp_path, suffix)
    refused(content, 'layer "sick" has weights that are NaN or infinite', "earlier checkpoint")


def test_negative_variance(keras, tmp_path, refused):
    model = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization(name="sick")])
    model.layers[0].moving_variance.assign([1, -1, 1])
    refused(save(model, tmp_path), 'layer "sick" has a negative variance')


def test_missing_and_foreign_weights(saved, refused):
    def remove(file):
        del file["layers/conv2d"]

    refused(rewrite_archive(saved, remove), 'the Conv2D layer "conv" has no weights in this file')

    def shrink(file):
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = np.zeros((3, 10), np.float32)

    content = rewrite_archive(saved, shrink)
    refused(content, 'layer "answer" has weights of the shapes [(3, 10), (10,)]')

    def text(file):
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = "text"

    refused(rewrite_archive(saved, text), 'layer "answer"', "not numbers")


def test_links_out_of_the_file_are_not_followed(saved, refused, tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["a"] = np.ones((32, 10), np.float32)

    def link(file):
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "a")

    refused(rewrite_archive(saved, link), 'the weights of layer "answer" are not in this file')

    def raw(file):
        del file["layers/dense/vars/0"]
        external = [(str(tmp_path / "secret.h5"), 0, 1280)]
        file["layers/dense/vars"].create_dataset("0", (32, 10), "f4", external=external)

    refused(rewrite_archive(saved, raw), 'the weights of layer "answer" are not in this file')


def test_bombs(saved, refused):
    def huge(file):
        del file["layers/dense/vars/0"]
        file["layers/dense/vars"].create_dataset(
            "0", (1 << 30, 8), "f4", chunks=(1 << 20, 8), compression="gzip"
        )

    refused(rewrite_archive(saved, huge), 'up to layer "answer" take more than 1 GiB')
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (65 << 20))
    refused(buffer.getvalue(), "config.json in this archive unpacks to 68157440 bytes")
    deep = b'{"class_name": ' + b"[" * 200000
    refused(zipped({"config.json": deep}), "damaged")


def test_weights_without_a_model(small, tmp_path, refused):
    small.save_weights(tmp_path / "a.weights.h5")
    content = (tmp_path / "a.weights.h5").read_bytes()
    refused(content, "weights without a model", "model.json beside it", "--config")
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["layer_names"] = ["a"]
    refused((tmp_path / "old.h5").read_bytes(), "weights without a model")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["data"] = 1
    refused((tmp_path / "other.h5").read_bytes(), "not a Keras model")
    with h5py.File(tmp_path / "config.h5", "w") as file:
        file.attrs["model_config"] = "{}"
    refused((tmp_path / "config.h5").read_bytes(), "a model without weights")


def test_wrong_checksum(saved, refused):
    content = zipped({"config.json": zipfile.ZipFile(saved).read("config.json")}).replace(
        b"class_name", b"class_nome", 1
    )
    refused(content, "damaged (Bad CRC-32 for file 'config.json')")


def test_archives_with_parts_missing(saved, refused):
    source = zipfile.ZipFile(saved)
    config = source.read("config.json")
    refused(zipped({"config.json": config}), "no model.weights.h5")
    refused(zipped({"config.json": b"[]", "model.weights.h5": b""}), "config.json", "damaged")
    refused(zipped({"config.json": config, "model.weights.h5": b"x"}), "HDF5 data", "damaged")


def test_damaged_configurations(saved, refused):
    for change in (
        lambda config: config["config"].pop("layers"),
        lambda config: config["config"].update(layers=3),
        lambda config: config["config"]["layers"][1].pop("config"),
        lambda config: config["config"]["layers"][1]["config"].pop("filters"),
        lambda config: config["config"]["layers"][1]["config"].update(kernel_size="x"),
        lambda config: config["config"]["layers"][1]["config"].update(strides=[1, 2, 3]),
        lambda config: config["config"]["layers"][1]["config"].update(strides=0),
        lambda config: config["config"]["layers"][1]["config"].update(groups=0),
        lambda config: config["config"]["layers"][4]["config"].update(units=None),
        lambda config: config["config"]["layers"][2]["config"].update(name="conv"),
        lambda config: config["config"]["layers"].append(config["config"]["layers"][1]),
    ):

        def apply(config, change=change):
            change(config)
            return config

        refused(rewrite_archive(saved, lambda file: None, apply), "")


def quiet_convert(content):
    """Converting either works or fails with a sentence."""
    try:
        return convert(Checkpoint("x", content), Options(golden=0)).content
    except ConvertError as error:
        assert str(error).strip()
        return None


@pytest.mark.filterwarnings("ignore:You are saving")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_every_truncation_is_refused(small, tmp_path, suffix):
    content = save(small, tmp_path, suffix)
    assert quiet_convert(content)
    step = max(1, len(content) // 300)
    for size in range(0, len(content) - 1, step):
        assert quiet_convert(content[:size]) is None, size


@pytest.mark.filterwarnings("ignore:You are saving")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_flipped_bytes_never_crash(small, tmp_path, suffix):
    content = save(small, tmp_path, suffix)
    generator = random.Random(7)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(generator.randrange(1, 4)):
            damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        quiet_convert(bytes(damaged))
    # Configurations with random values in place of settings.
    if suffix == ".keras":
        source = zipfile.ZipFile(tmp_path / "saved.keras")
        members = {name: source.read(name) for name in source.namelist()}
        for _ in range(200):
            config = json.loads(members["config.json"])
            mutate(config, generator)
            quiet_convert(zipped({**members, "config.json": json.dumps(config)}))


def mutate(config, generator):
    """Replaces one value somewhere in the configuration."""
    node = config
    while True:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        if not keys:
            return
        key = generator.choice(list(keys))
        if isinstance(node[key], (dict, list)) and generator.random() < 0.8:
            node = node[key]
            continue
        odd = [None, 0, -1, 3, 1e9, "x", [], {}, [None], [[1]], True, {"class_name": "x"}]
        node[key] = generator.choice(odd)
        return
