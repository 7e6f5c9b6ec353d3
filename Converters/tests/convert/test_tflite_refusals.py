"""TensorFlow Lite files that cannot be converted: operators, forms, and damage."""

import random
import struct

import numpy as np
import pytest

from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.tflite.frontend import read_tflite
from tflite_files import FLOAT, INT8, changed, numbers, written

IMAGE = (7, 6, 3)


@pytest.fixture(scope="module")
def tf():
    import tensorflow

    return tensorflow


REFUSED = {
    "mirrored": (lambda tf, x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT"), "MIRROR"),
    "enlarged": (lambda tf, x: tf.image.resize(x, (9, 9)), "(RESIZE_BILINEAR) cannot be converted"),
    "cosine": (lambda tf, x: tf.cos(x), "(COS) cannot be converted; replace this layer"),
    "cut": (lambda tf, x: x[:, 1:4], "(STRIDED_SLICE) is computed from the image"),
    "normalised": (lambda tf, x: 1.0 / (1.0 + tf.exp(x)), "divides a constant by an activation"),
    "grown": (lambda tf, x: tf.exp(x[:, :, :, :1]) + numbers(3), ""),
    "first axis": (lambda tf, x: tf.reshape(x, (7, -1)), "first axis is not the batch"),
    "one number": (lambda tf, x: tf.reduce_sum(x, (1, 2, 3)), "gives one number for each image"),
    "batch": (lambda tf, x: tf.reduce_mean(x, 0), "works across the images of a batch"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_operator(tf, name):
    function, words = REFUSED[name]
    content = written(tf, lambda x: tf.tanh(function(tf, x)), IMAGE)
    with pytest.raises(ConvertError) as error:
        read_tflite(content)
    assert words in str(error.value)


def change_input(model):
    model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].type = 2


def open_sizes(model):
    model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shapeSignature = [-1, -1, -1, 1]


def two_outputs(model):
    model.subgraphs[0].outputs = [*model.subgraphs[0].outputs, 5]


def no_graph(model):
    model.subgraphs = []


def custom(model):
    code = model.operatorCodes[0]
    code.builtinCode = code.deprecatedBuiltinCode = 32
    code.customCode = b"FlexConv2D"


def wide_activations(model):
    output = model.subgraphs[0].operators[0].outputs[0]
    model.subgraphs[0].tensors[output].type = 7


def no_scale(model):
    output = model.subgraphs[0].operators[1].outputs[0]
    model.subgraphs[0].tensors[output].quantization.scale = []


def far_zero(model):
    output = model.subgraphs[0].operators[1].outputs[0]
    model.subgraphs[0].tensors[output].quantization.zeroPoint = [300]


def short_weights(model):
    index = model.subgraphs[0].operators[1].inputs[1]
    buffer = model.buffers[model.subgraphs[0].tensors[index].buffer]
    buffer.data = buffer.data[:-1]


def other_order(model):
    for operator in model.subgraphs[0].operators:
        if hasattr(operator.builtinOptions, "weightsFormat"):
            operator.builtinOptions.weightsFormat = 1


def wrong_shape(model):
    output = model.subgraphs[0].operators[-1].outputs[0]
    model.subgraphs[0].tensors[output].shape = [1, 11]
    model.subgraphs[0].tensors[output].shapeSignature = None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_input, "of type int32; convert a model with an input of float32"),
        (open_sizes, "which is no batch of images; convert a model with every size but the batch"),
        (two_outputs, "the model has 2 outputs ("),
        (no_graph, "it has no graph; copy it again"),
        (custom, "is an operator of TensorFlow itself; convert the model without SELECT_TF_OPS"),
        (wide_activations, "of type int16; convert the model with activations of float32, int8"),
        (no_scale, "has no single scale for the bytes"),
        (far_zero, "zero point 428 for the bytes"),
        (short_weights, "is a damaged TensorFlow Lite file: it has 71 bytes for"),
        (other_order, "has its weights in an order of their own"),
        (wrong_shape, "gives (1, 10) where the file says (1, 11)"),
    ],
)
def test_refused_file(tf, change, words):
    with pytest.raises(ConvertError) as error:
        read_tflite(changed(INT8, change))
    assert words in str(error.value), str(error.value)


def survives(content):
    """Whether it still is a model; anything but ConvertError fails the test."""
    try:
        result = read_tflite(content)
    except ConvertError:
        return False
    result.evaluate(np.zeros((1, *result.graph.input.shape), np.float32))
    return True


def test_truncations():
    content = FLOAT.read_bytes()
    assert survives(content)
    sizes = [*range(0, 400, 3), *range(400, len(content), 97)]
    assert not any(survives(content[:size]) for size in sizes)


@pytest.mark.parametrize("path", [FLOAT, INT8], ids=["float", "int8"])
def test_changed_bytes(path):
    """Where the file has its tables, at both ends; weights may be anything."""
    source, content = random.Random(5), path.read_bytes()
    survived = 0
    for _ in range(300):
        changed = bytearray(content)
        for _ in range(source.choice([1, 1, 2, 8])):
            at = source.choice([source.randrange(2000), -1 - source.randrange(5000)])
            changed[at] = source.choice([0, 1, 2, 255, source.randrange(256)])
        survived += survives(bytes(changed))
    assert 20 < survived < 280


def test_long_lists():
    """A graph's list of more entries than any model has, each the same table."""
    count = 30_000
    header = b"\x14\0\0\0TFL3" + struct.pack("<5H", 10, 8, 0, 0, 4) + bytes(2)
    table = struct.pack("<iII", 12, 4, count) + bytes(4 * count)
    with pytest.raises(ConvertError, match="a list of 30000 entries where 20000 are the most"):
        read_tflite(header + table)
