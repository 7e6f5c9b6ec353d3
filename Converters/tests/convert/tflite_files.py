"""TensorFlow Lite files for the tests: written by TensorFlow, and changed by hand."""

from pathlib import Path

import numpy as np

FILES = Path(__file__).parent.parent / "real" / "files"
INT8 = FILES / "tflite-2.21.0-int8.tflite"
HALF = FILES / "tflite-2.21.0-half.tflite"
FLOAT = FILES / "tflite-2.8.4-mobile.tflite"
RANDOM = np.random.default_rng(4)


def numbers(*shape):
    return RANDOM.normal(0, 0.5, shape).astype(np.float32)


def written(tf, function, shape, batch=1):
    """A file of `function`, which gets (batch, *shape)."""
    spec = tf.TensorSpec((batch, *shape), tf.float32)
    concrete = tf.function(function, autograph=False).get_concrete_function(spec)
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module()).convert()


def changed(path, change):
    """A file after a change of what it holds."""
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(path.read_bytes(), 0))
    change(model)
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
