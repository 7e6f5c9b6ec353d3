"""LiteRT's files compute what the Keras model computes, for batches of any size."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from ..tflite_writer import write_tflite
from ..weights import pixels, prepared


def answers(path, images):
    interpreter = tf.lite.Interpreter(str(path))
    (entry,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(entry["index"], images.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(entry["index"], images)
    interpreter.invoke()
    (entry,) = interpreter.get_output_details()
    return interpreter.get_tensor(entry["index"])


@pytest.mark.parametrize(("int8", "tolerance"), [(False, 1e-5), (True, 0.03)])
def test_answers_in_batches(int8, tolerance, tmp_path):
    keras.utils.set_random_seed(1)
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(4, 3, 2, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    images = prepared(pixels("train", (28, 28, 1), 48))
    write_tflite(network, tmp_path / "model.tflite", images if int8 else None)
    expected = network.predict(images, verbose=0)
    for batch in (images[:1], images[:3]):
        found = answers(tmp_path / "model.tflite", batch)
        np.testing.assert_allclose(found, expected[: len(batch)], atol=tolerance)
