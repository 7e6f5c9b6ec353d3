"""The ONNX file of a benchmark model computes what the Keras model computes."""

import keras
import numpy as np
import onnxruntime
import pytest
from keras import layers

from ..models import MODELS
from ..onnx_writer import write_onnx
from ..weights import weighted


def check(network, path, tolerance=1e-5):
    write_onnx(network, path)
    image = np.random.default_rng(1).random((2, *network.input_shape[1:]), np.float32)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"in0": image.transpose(0, 3, 1, 2)})
    np.testing.assert_allclose(found, network.predict(image, verbose=0), atol=tolerance)


@pytest.mark.parametrize("name", ["cnn4", "wrn16_4"])
def test_answers_of_models(name, tmp_path):
    check(weighted(MODELS[name], tmp_path), tmp_path / "model.onnx")


def test_answers_of_every_other_layer(tmp_path):
    image = keras.Input((11, 9, 3))
    x = layers.Conv2D(8, 3, 2, padding="same", use_bias=False)(image)
    x = layers.BatchNormalization(scale=False)(x)
    pooled = [
        layers.AveragePooling2D(3, 1, padding="same")(x),
        layers.MaxPooling2D(3, 1, padding="same")(x),
        layers.Activation("relu")(x),
    ]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    x = layers.LeakyReLU(negative_slope=0.3)(x)
    parts = [layers.Flatten()(x), layers.GlobalAveragePooling2D()(x)]
    sides = [layers.Dense(7)(part) for part in parts]
    check(keras.Model(image, layers.Add()(sides)), tmp_path / "model.onnx")


def test_a_layer_without_translation_is_named(tmp_path):
    network = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Softmax(name="s")])
    with pytest.raises(TypeError, match=r"^s: .*Softmax$"):
        write_onnx(network, tmp_path / "model.onnx")
