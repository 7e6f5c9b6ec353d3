"""Writes a model for LiteRT with TensorFlow's own converter."""

from __future__ import annotations

from pathlib import Path

import keras
import tensorflow as tf


def write_tflite(model: keras.Model, path: Path) -> None:
    """Writes the model in float32, for a batch of one: else it would work out its shapes anew."""
    image = keras.Input(batch_shape=(1, *model.input_shape[1:]))
    one = keras.Model(image, model(image))
    path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(one).convert())
