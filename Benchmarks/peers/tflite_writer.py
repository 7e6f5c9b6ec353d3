"""Writes a model for LiteRT with TensorFlow's own converter."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


def write_tflite(model: keras.Model, path: Path, images: np.ndarray | None = None) -> None:
    """Writes the model in float32, or in int8 with ranges from `images`, float32 (n, h, w, c).

    An int8 model takes and gives float32 too. The file is for a batch of one, else it would work
    out its shapes anew at every call, but can be resized before it is loaded.
    """
    image = keras.Input(batch_shape=(1, *model.input_shape[1:]))
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(image, model(image)))
    if images is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([one[None]] for one in images)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    with contextlib.redirect_stdout(io.StringIO()):
        # It prints every tensor that it captures.
        content = converter.convert()
    path.write_bytes(_any_batch(content))


def _any_batch(content: bytes) -> bytes:
    """The model with every reshape to one row made a reshape to as many rows as there are."""
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
            if len(shape) == 2 and shape[0] == 1:
                shape[0] = -1
                buffer.data = np.frombuffer(shape.tobytes(), np.uint8)
                if operator.builtinOptions is not None:
                    operator.builtinOptions.newShape = shape
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
