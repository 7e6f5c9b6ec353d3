"""Writes a model for LiteRT with TensorFlow's own converter."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

BATCH = 2
"""That of the file: with 1 the converter drops dimensions that a resized batch would need."""


def write_tflite(model: keras.Model, path: Path, images: np.ndarray | None = None) -> None:
    """Writes the model in float32, or in int8 with ranges from `images`, float32 (n, h, w, c).

    An int8 model takes and gives float32 too. The batch is known, else the runtime would work out
    its shapes anew at every call, and can be resized before the model is loaded.
    """
    image = keras.Input(batch_shape=(BATCH, *model.input_shape[1:]))
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(image, model(image)))
    if images is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [images[first : first + BATCH]] for first in range(0, len(images), BATCH)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    with contextlib.redirect_stdout(io.StringIO()):
        # It prints every tensor that it captures.
        content = converter.convert()
    path.write_bytes(_any_batch(content))


def _any_batch(content: bytes) -> bytes:
    """The model with every reshape to BATCH rows made one to as many rows as there are."""
    from tensorflow.lite.python import schema_py_generated as schema
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    for graph in model.subgraphs:
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex].builtinCode
            if code != schema.BuiltinOperator.RESHAPE:
                continue
            buffer = model.buffers[graph.tensors[operator.inputs[1]].buffer]
            shape = np.frombuffer(bytes(buffer.data), np.int32).copy()
            if shape[0] == BATCH:
                shape[0] = -1
                buffer.data = np.frombuffer(shape.tobytes(), np.uint8)
                if operator.builtinOptions is not None:
                    operator.builtinOptions.newShape = shape
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
