"""A network in front of a pipeline of scikit-learn."""

import hashlib
import pickle

import keras
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from conftest import randomise
from fmnistrt.convert.checkpoint import SourceOptions
from fmnistrt.convert.graph import ConvertError
from scikit_models import answers_of, converted, pictures

IMAGES, LABELS = pictures(60), np.arange(60) % 3
INPUTS = IMAGES[..., None].astype(np.float32) / 255


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A small network with names for its layers."""
    layers = keras.layers
    image = keras.Input((4, 4, 1))
    conv = layers.Conv2D(3, 2, activation="relu", name="conv")(image)
    flat = layers.Flatten(name="flatten")(layers.MaxPooling2D(2, strides=1, name="pool")(conv))
    hidden = layers.Dense(5, activation="tanh", name="hidden")(flat)
    end = layers.Dense(2, activation="softmax", name="end")(hidden)
    model = randomise(keras.Model(image, end))
    path = tmp_path_factory.mktemp("backbone") / "network.keras"
    model.save(path)
    return model, path


def features(model, layer):
    part = keras.Model(model.inputs, model.get_layer(layer).output)
    return part.predict(INPUTS, verbose=0).reshape(len(INPUTS), -1).astype(np.float64)


def source(path, layer=None):
    return SourceOptions(trust_pickle=True, backbone=path, layer=layer)


@pytest.mark.parametrize("layer", ["flatten", "pool", "hidden", None])
def test_features_of_keras(network, layer):
    model, path = network
    x = features(model, layer or "end")
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)).fit(x, LABELS)
    conversion = converted(pipeline, source(path, layer))
    np.testing.assert_allclose(answers_of(conversion, IMAGES), pipeline.predict_proba(x), atol=1e-5)
    assert conversion.model.metadata["framework"].startswith("keras 3.")
    assert ", scikit-learn 1." in conversion.model.metadata["framework"]
    assert conversion.model.pixels.scale == 255
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert conversion.model.metadata["backbone.sha256"] == digest
    assert conversion.model.metadata["backbone.file"] == "network.keras"


def test_votes_on_features(network):
    model, path = network
    x = features(model, "flatten")
    machine = SVC().fit(x, LABELS)
    found = answers_of(converted(machine, source(path, "flatten")), IMAGES)
    np.testing.assert_array_equal(found.argmax(1), machine.predict(x))


def onnx_network(tmp_path):
    """conv, relu, flatten (channels first), dense."""
    random = np.random.default_rng(3)
    values = {
        "w": random.normal(0, 0.5, (3, 1, 2, 2)),
        "v": random.normal(0, 0.5, (27, 2)),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], name="conv"),
        helper.make_node("Relu", ["c"], ["r"], name="relu"),
        helper.make_node("Flatten", ["r"], ["f"], name="flat"),
        helper.make_node("MatMul", ["f", "v"], ["y"], name="end"),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 1, 4, 4])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 2])],
        [numpy_helper.from_array(v.astype(np.float32), name) for name, v in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "network.onnx"
    onnx.save(model, path)
    windows = np.lib.stride_tricks.sliding_window_view(INPUTS[..., 0], (2, 2), (1, 2))
    x = np.einsum("nhwab,oab->nohw", windows, values["w"][:, 0])
    return path, np.maximum(x, 0).reshape(len(x), -1)


@pytest.mark.parametrize("layer", ["relu", "flat", "f", "r"])
def test_features_of_onnx_are_in_its_order(tmp_path, layer):
    path, x = onnx_network(tmp_path)
    model = LogisticRegression(max_iter=300).fit(x, LABELS)
    conversion = converted(model, source(path, layer))
    np.testing.assert_allclose(answers_of(conversion, IMAGES), model.predict_proba(x), atol=1e-5)


def test_refusals(network, tmp_path):
    model, path = network
    x = features(model, "flatten")
    fitted = LogisticRegression(max_iter=300).fit(x, LABELS)
    for layer, message in [
        ("nothing", 'no layer "nothing" for --layer; its layers are .*conv, pool, flatten, hidden'),
        ("hidden", "takes 12 features, but the backbone's layer gives 5"),
    ]:
        with pytest.raises(ConvertError, match=message):
            converted(fitted, source(path, layer))
    with pytest.raises(ConvertError, match="only neighbours among pixels"):
        converted(KNeighborsClassifier(3).fit(x, LABELS), source(path, "flatten"))
    with pytest.raises(ConvertError, match=r'no node or tensor "nothing" for --layer.*flat, end'):
        converted(fitted, source(onnx_network(tmp_path)[0], "nothing"))
    wrong = tmp_path / "wrong.pkl"
    wrong.write_bytes(pickle.dumps(1))
    with pytest.raises(ConvertError, match=r"wrong\.pkl, which is neither a Keras nor an ONNX"):
        converted(fitted, source(wrong))
    with pytest.raises(FileNotFoundError):
        converted(fitted, source(tmp_path / "missing.keras"))
