"""Calculations between layers: of Keras 3, and as tf.keras stored them."""

import copy

import numpy as np
import pytest

import reference
from conftest import check_bytes, randomise
from test_keras_old import arrays, hdf5, predict

OPERATIONS = {
    "relu": lambda ops, x: ops.relu(x),
    "relu6": lambda ops, x: ops.relu6(4 * x),
    "leaky_relu": lambda ops, x: ops.leaky_relu(x, 0.1),
    "elu": lambda ops, x: ops.elu(x, 0.5),
    "selu": lambda ops, x: ops.selu(x),
    "sigmoid": lambda ops, x: ops.sigmoid(x),
    "log_sigmoid": lambda ops, x: ops.log_sigmoid(x),
    "hard_sigmoid": lambda ops, x: ops.hard_sigmoid(4 * x),
    "hard_silu": lambda ops, x: ops.hard_silu(4 * x),
    "hard_tanh": lambda ops, x: ops.hard_tanh(4 * x),
    "silu": lambda ops, x: ops.silu(x),
    "gelu": lambda ops, x: ops.gelu(x, approximate=False),
    "gelu by tanh": lambda ops, x: ops.gelu(x),
    "softplus": lambda ops, x: ops.softplus(x),
    "softsign": lambda ops, x: ops.softsign(x),
    "tanh": lambda ops, x: ops.tanh(x),
    "exp": lambda ops, x: ops.exp(x),
    "softmax": lambda ops, x: ops.softmax(x),
    "softmax along rows": lambda ops, x: ops.softmax(x, axis=1),
    "log_softmax": lambda ops, x: ops.log_softmax(x),
    "clip": lambda ops, x: ops.clip(x, -0.25, 0.5),
    "maximum": lambda ops, x: ops.maximum(x, 0.25),
    "minimum": lambda ops, x: ops.minimum(-0.25, x),
    "negative": lambda ops, x: -x,
    "mean": lambda ops, x: ops.mean(x, axis=(1, 2)),
    "max": lambda ops, x: ops.max(x, axis=(1, 2), keepdims=True),
    "reshape": lambda ops, x: ops.reshape(x, (-1, 3, 20)),
    "transpose": lambda ops, x: ops.transpose(x, (0, 3, 1, 2)),
    "expand_dims": lambda ops, x: ops.expand_dims(ops.max(x, axis=(1, 2)), -1),
    "concatenate": lambda ops, x: ops.concatenate([x, x * 2], axis=1),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation(keras, agree, name):
    x = keras.Input((4, 5, 3))
    y = OPERATIONS[name](keras.ops, keras.layers.Conv2D(3, 1)(x))
    agree(randomise(keras.Model(x, keras.layers.Flatten()(y))))


REFUSED = {
    "mean of rows": (lambda ops, x: ops.mean(x, axis=1), "Mean"),
    "mean of all": (lambda ops, x: ops.mean(x, axis=(1, 2, 3)), "Mean"),
    "log_softmax": (lambda ops, x: ops.log_softmax(x, axis=1), "LogSoftmax"),
    "batches": (lambda ops, x: ops.reshape(x, (3, -1, 20)), "Reshape"),
    "slice": (lambda ops, x: x[:, 1:], "GetItem"),
    "power": (lambda ops, x: x**3, "Power"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_operation(keras, tmp_path, refused, name):
    make, kind = REFUSED[name]
    x = keras.Input((4, 5, 3))
    keras.Model(x, make(keras.ops, x)).save(tmp_path / "odd.keras")
    refused((tmp_path / "odd.keras").read_bytes(), f'the {kind} layer "', "cannot be converted")


def layer(kind, name, config, nodes):
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": nodes,
    }


def function(name, called, nodes):
    return layer("TFOpLambda", name, {"function": called}, nodes)


def model(*steps):
    """`image` through the convolution `conv`, and what follows; the last is the answer."""
    settings = {"filters": 3, "kernel_size": [1, 1], "use_bias": True}
    first = {"batch_input_shape": [None, 4, 5, 3]}
    layers = [
        layer("InputLayer", "image", first, []),
        layer("Conv2D", "conv", settings, [[["image", 0, 0, {}]]]),
        *steps,
    ]
    ends = {"input_layers": [["image", 0, 0]], "output_layers": [[steps[-1]["name"], 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": layers, **ends}}


WEIGHTS = {"conv": [("kernel", np.ones((1, 1, 3, 3), np.float32)), ("bias", np.ones(3, "f4"))]}


def convert(keras, config, expected, **options):
    """Compares with the same in today's Keras, `expected` of the convolution and the image."""
    x = keras.Input((4, 5, 3))
    y = keras.layers.Conv2D(3, 1, name="conv")(x)
    today = randomise(keras.Model(x, keras.layers.Flatten()(expected(y, x))))
    flat = copy.deepcopy(config)
    (last,) = flat["config"]["output_layers"]
    flat["config"]["layers"].append(layer("Flatten", "flat", {}, [[[last[0], 0, 0, {}]]]))
    flat["config"]["output_layers"] = [["flat", 0, 0]]
    weights = arrays(keras, today, {"conv": ["kernel", "bias"]})
    return check_bytes(hdf5(flat, weights, "2.6.0"), predict(keras, today), **options)


TENSORFLOW = {
    "math.truediv": ([["conv", 0, 0, {"y": 127.5, "name": None}]], lambda ops, x, i: x / 127.5),
    "math.subtract": (
        [["_CONSTANT_VALUE", -1, 2.0, {"y": ["conv", 0, 0], "name": None}]],
        lambda ops, x, i: 2 - x,
    ),
    "__operators__.add": (
        [["conv", 0, 0, {"y": ["image", 0, 0], "name": None}]],
        lambda ops, x, i: x + i,
    ),
    "math.maximum": ([["conv", 0, 0, {"y": 0.5}]], lambda ops, x, i: ops.maximum(x, 0.5)),
    "math.negative": ([["conv", 0, 0, {"name": None}]], lambda ops, x, i: -x),
    "nn.relu": ([["conv", 0, 0, {"name": None}]], lambda ops, x, i: ops.relu(x)),
    "nn.leaky_relu": ([["conv", 0, 0, {}]], lambda ops, x, i: ops.leaky_relu(x, 0.2)),
    "nn.gelu": ([["conv", 0, 0, {}]], lambda ops, x, i: ops.gelu(x, approximate=False)),
    "nn.softmax": ([["conv", 0, 0, {}]], lambda ops, x, i: ops.softmax(x)),
    "cast": ([["conv", 0, 0, {"dtype": "float32"}]], lambda ops, x, i: x),
    "clip_by_value": (
        [["conv", 0, 0, {"clip_value_min": 0.0, "clip_value_max": 1.0}]],
        lambda ops, x, i: ops.clip(x, 0, 1),
    ),
    "concat": (
        [[["conv", 0, 0, {"axis": -1}], ["image", 0, 0, {"axis": -1}]]],
        lambda ops, x, i: ops.concatenate([x, i], -1),
    ),
    "reshape": ([["conv", 0, 0, {"shape": [-1, 60]}]], lambda ops, x, i: ops.reshape(x, (-1, 60))),
    "math.reduce_mean": (
        [["conv", 0, 0, {"axis": [1, 2], "keepdims": False}]],
        lambda ops, x, i: ops.mean(x, axis=(1, 2)),
    ),
    "compat.v1.transpose": (
        [["conv", 0, 0, {"perm": [0, 3, 1, 2], "name": "transpose"}]],
        lambda ops, x, i: ops.transpose(x, (0, 3, 1, 2)),
    ),
}


@pytest.mark.parametrize("name", TENSORFLOW)
def test_functions_of_tensorflow(keras, name):
    nodes, expected = TENSORFLOW[name]
    convert(keras, model(function("step", name, nodes)), lambda x, i: expected(keras.ops, x, i))


@pytest.mark.parametrize(
    ("name", "node", "told"),
    [
        ("image.resize", ["conv", 0, 0, {"size": [4, 4]}], "image.resize(size)"),
        ("nn.relu", ["conv", 0, 0, {"threshold": 1}], "nn.relu(threshold)"),
        ("math.pow", ["conv", 0, 0, {"y": 2.0}], "math.pow"),
        ("math.multiply", ["conv", 0, 0, {"y": [1.0, 2.0, 3.0]}], "Multiply"),
    ],
)
def test_functions_that_are_refused(refused, name, node, told):
    content = hdf5(model(function("step", name, [node])), WEIGHTS, "2.6.0")
    refused(content, f'the {told} layer "step" ', "cannot be converted")


def node_of_graph(name, operation, inputs, constants):
    config = {"node_def": {"op": operation}, "constants": constants}
    return layer("TensorFlowOpLayer", name, config, [[[name, 0, 0, {}] for name in inputs]])


def test_nodes_of_tensorflows_graph(keras):
    config = model(
        node_of_graph("a", "RealDiv", ["conv"], {"1": 127.5}),
        node_of_graph("b", "Sub", ["a"], {"0": 1.0}),
        node_of_graph("c", "AddV2", ["b", "image"], {}),
        node_of_graph("d", "Relu", ["c"], {}),
    )
    file = convert(keras, config, lambda x, i: keras.ops.relu(1 - x / 127.5 + i))
    assert file.operators()[:2] == [reference.CONV, reference.BINARY]


def test_nodes_that_are_refused(refused):
    config = model(node_of_graph("step", "Cumsum", ["conv"], {"1": 1}))
    refused(hdf5(config, WEIGHTS, "2.2.4-tf"), 'the Cumsum layer "step"', "cannot be converted")
