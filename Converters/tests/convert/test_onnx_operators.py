"""Every ONNX operator over a grid of attributes, shapes and opsets, against onnxruntime."""

import itertools

import numpy as np
import pytest

from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.onnx import read_onnx
from onnx_models import Build, check, operators


@pytest.mark.parametrize("opset", [7, 11, 17])
@pytest.mark.parametrize("group", [1, 2])
@pytest.mark.parametrize("strides", [[1, 1], [2, 3]])
@pytest.mark.parametrize("dilations", [[1, 1], [2, 1]])
@pytest.mark.parametrize("pads", [None, [0, 1, 2, 0], "SAME_UPPER", "SAME_LOWER", "VALID"])
def test_convolution(opset, group, strides, dilations, pads):
    b = Build("n", 4, 9, 8, opset=opset)
    padding = {"auto_pad": pads} if isinstance(pads, str) else {"pads": pads} if pads else {}
    inputs = ["x", b.weights(6, 4 // group, 3, 2)]
    if group == 1:
        inputs.append(b.weights(6))
    y = b.add("Conv", *inputs, group=group, strides=strides, dilations=dilations, **padding)
    b.add("Relu", y)
    if str(pads).startswith("SAME") and dilations != [1, 1]:
        # onnxruntime refuses this combination, so only the size can be compared.
        result = read_onnx(b.content(), "model.onnx")
        assert result.graph.nodes[0].output.shape == (-(-9 // strides[0]), -(-8 // strides[1]), 6)
    else:
        check(b.content())


def test_depthwise_and_heavily_padded_convolution():
    b = Build(1, 3, 5, 6)
    y = b.add("Conv", "x", b.weights(6, 1, 3, 3), group=3, pads=[1, 1, 1, 1])
    b.add("Conv", y, b.weights(2, 6, 1, 2), pads=[1, 1, 0, 3])
    assert operators(check(b.content()))[:3] == ["conv2d", "pad", "conv2d"]


@pytest.mark.parametrize("operator", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("kernel", [[2, 2], [3, 2]])
@pytest.mark.parametrize("strides", [[2, 2], [1, 3]])
@pytest.mark.parametrize(
    # Automatic padding decides the size on its own, whatever ceil_mode says.
    ("pads", "ceil_mode"),
    [
        (None, 0),
        (None, 1),
        ([1, 0, 0, 1], 0),
        ([1, 0, 0, 1], 1),
        ("SAME_UPPER", 0),
        ("SAME_LOWER", 0),
    ],
)
@pytest.mark.parametrize("counting", [0, 1])
@pytest.mark.parametrize("size", [(7, 8), (5, 5)])
def test_pooling(operator, kernel, strides, pads, ceil_mode, counting, size):
    b = Build("n", 2, *size, opset=12)
    attributes = {"auto_pad": pads} if isinstance(pads, str) else {"pads": pads} if pads else {}
    if operator == "AveragePool":
        attributes["count_include_pad"] = counting
    b.add(operator, "x", kernel_shape=kernel, strides=strides, ceil_mode=ceil_mode, **attributes)
    try:
        check(b.content())
    except ConvertError as error:
        assert ceil_mode
        assert pads
        text = str(error)
        in_padding = "rounds its output size up to a window that lies in the padding" in text
        assert in_padding or (counting and "counts its padding and rounds" in text)


@pytest.mark.parametrize("opset", [7, 17])
@pytest.mark.parametrize("operator", ["GlobalMaxPool", "GlobalAveragePool"])
def test_global_pooling(operator, opset):
    b = Build("n", 3, 4, 5, opset=opset)
    b.add("Flatten", b.add(operator, "x"))
    assert operators(check(b.content())) == [
        "global_max_pool" if operator == "GlobalMaxPool" else "global_average_pool"
    ]


@pytest.mark.parametrize("opset", [11, 13, 18])
@pytest.mark.parametrize("operator", ["ReduceMean", "ReduceMax"])
@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("axes", [[2, 3], [-1, -2], [1], [3], [1, 2, 3], [1, 3]])
def test_reduction(operator, opset, keepdims, axes):
    b = Build("n", 3, 4, 5, opset=opset)
    if opset >= 18:
        b.add(operator, "x", b.integers(*axes), keepdims=keepdims)
    else:
        b.add(operator, "x", axes=axes, keepdims=keepdims)
    check(b.content())


@pytest.mark.parametrize("alpha", [1.0, 0.5])
@pytest.mark.parametrize("beta", [1.0, -2.0])
@pytest.mark.parametrize("trans", [0, 1])
@pytest.mark.parametrize("bias", [(), (1,), (5,), (1, 5), None])
def test_gemm(alpha, beta, trans, bias):
    b = Build("n", 6, opset=11)
    inputs = ["x", b.weights(5, 6) if trans else b.weights(6, 5)]
    if bias is not None:
        inputs.append(b.weights(*bias))
    b.add("Gemm", *inputs, alpha=alpha, beta=beta, transB=trans)
    result = check(b.content())
    assert operators(result) == ["dense"]
    assert result.output_kind == "logits"


@pytest.mark.parametrize("opset", [7, 13, 21])
def test_matmul_takes_the_bias_that_follows(opset):
    b = Build("n", 6, opset=opset)
    y = b.add("Add", b.weights(5), b.add("MatMul", "x", b.weights(6, 5)))
    y = b.add("MatMul", b.add("Relu", y), b.weights(5, 4))
    b.add("Mul", b.add("Add", y, b.weights(4)), y)
    result = check(b.content())
    # The second product is used twice, so its bias stays apart.
    assert operators(result) == ["dense", "activation", "dense", "binary", "binary"]
    assert len(result.graph.nodes[0].inputs) == 3


@pytest.mark.parametrize("shape", [(1, 6), (4, 6), (2, 3, 6)])
def test_matmul_over_further_axes(shape):
    b = Build("n", *shape)
    b.add("Add", b.add("MatMul", "x", b.weights(6, 5)), b.weights(5))
    check(b.content())


@pytest.mark.parametrize("opset", [7, 8, 9, 14, 15])
@pytest.mark.parametrize("shape", [(3, 4, 5), (6,), (3, 1, 1)])
def test_batch_normalization(opset, shape):
    b = Build("n", *shape, opset=opset)
    parameters = [b.weights(shape[0]) for _ in range(3)]
    parameters.append(b.constant(b.random.uniform(0.5, 2, shape[0])))
    b.add("BatchNormalization", "x", *parameters, epsilon=1e-3)
    assert "scale_shift" in operators(check(b.content()))


ACTIVATIONS = [
    ("Relu", 7, {}),
    ("LeakyRelu", 7, {}),
    ("LeakyRelu", 16, {"alpha": 0.3}),
    ("Elu", 7, {}),
    ("Elu", 7, {"alpha": 0.5}),
    ("Selu", 7, {}),
    ("Selu", 7, {"alpha": 1.5, "gamma": 0.7}),
    ("Sigmoid", 7, {}),
    ("HardSigmoid", 7, {}),
    ("HardSigmoid", 7, {"alpha": 0.3, "beta": 0.4}),
    ("HardSwish", 14, {}),
    ("Tanh", 7, {}),
    ("Softplus", 7, {}),
    ("Softsign", 7, {}),
    ("Gelu", 20, {}),
    ("Gelu", 20, {"approximate": "tanh"}),
    ("Exp", 7, {}),
    ("Mish", 18, {}),
    ("Clip", 7, {}),
    ("Clip", 7, {"min": -0.5, "max": 0.75}),
    ("Clip", 7, {"max": 0.75}),
    ("Identity", 7, {}),
    ("Dropout", 7, {"ratio": 0.5}),
    ("Cast", 9, {"to": 1}),
]


@pytest.mark.parametrize(("operator", "opset", "attributes"), ACTIVATIONS)
@pytest.mark.parametrize("shape", [(3, 4, 5), (7,)])
def test_activation(operator, opset, attributes, shape):
    b = Build("n", *shape, opset=opset)
    y = b.add(operator, b.add("Tanh", "x"), **attributes)
    b.add("Mul", y, b.constant(2.0))
    check(b.content())


@pytest.mark.parametrize("limits", [(-0.5, 0.5), (None, 0.5), (-0.5, None), (None, None)])
@pytest.mark.parametrize("opset", [11, 13])
def test_clip_with_inputs(limits, opset):
    b = Build("n", 7, opset=opset)
    b.add("Clip", "x", *("" if limit is None else b.constant(limit) for limit in limits))
    check(b.content())


@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize("opset", [7, 11, 13])
@pytest.mark.parametrize("shape", [(5,), (3, 4, 2)])
def test_softmax(operator, opset, shape):
    for axis in [None, *range(1, len(shape) + 1), -1]:
        b = Build("n", *shape, opset=opset)
        b.add(operator, "x", **({} if axis is None else {"axis": axis}))
        result = check(b.content())
        if len(shape) == 1:
            expected = "probabilities" if operator == "Softmax" else "logits"
            assert result.output_kind == expected


BINARY = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean"]


@pytest.mark.parametrize("operator", BINARY)
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize(
    "shape", [(), (1,), (3, 1, 1), (1, 3, 1, 1), (4, 5), (5,), (1, 4, 1), (3, 4, 5), (1, 3, 1, 5)]
)
def test_binary_with_a_constant(operator, left, shape):
    b = Build("n", 3, 4, 5, opset=13)
    constant = b.constant(b.random.uniform(0.5, 2, shape))
    x = b.add("Exp", "x")
    b.add(operator, *([constant, x] if left else [x, constant]))
    check(b.content())


@pytest.mark.parametrize("operator", BINARY)
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("axes", [[], [2, 3], [1], [1, 2, 3], [2], [1, 3]])
def test_binary_with_an_activation(operator, swapped, axes):
    b = Build("n", 3, 4, 5, opset=13)
    x = y = b.add("Exp", "x")
    if axes:
        y = b.add("ReduceMean", x, axes=axes)
    b.add(operator, *([y, x] if swapped else [x, y]))
    check(b.content())


@pytest.mark.parametrize("operator", ["Sum", "Mean", "Max", "Min"])
@pytest.mark.parametrize("count", [1, 3])
def test_many_operands(operator, count):
    b = Build("n", 6)
    values = ["x", b.add("Relu", "x"), b.weights(6)][:count]
    b.add("Relu", b.add(operator, *values))
    check(b.content())


@pytest.mark.parametrize("axis", [1, 2, 3, -1, -3])
def test_concat(axis):
    b = Build("n", 3, 4, 5)
    first, second = b.add("Relu", "x"), b.add("Tanh", "x")
    y = b.add("Concat", first, "x", second, axis=axis)
    b.add("Concat", y, axis=1)
    check(b.content())


@pytest.mark.parametrize("opset", [7, 11, 13, 18])
@pytest.mark.parametrize(
    "pads", [[0, 0, 1, 2, 0, 0, 3, 0], [0, 2, 0, 0, 0, 1, 0, 0], [0, 1, 0, 1, 0, 0, 0, 2], [0] * 8]
)
def test_pad(opset, pads):
    b = Build("n", 3, 4, 5, opset=opset)
    if opset < 11:
        y = b.add("Pad", "x", pads=pads, value=0.5)
    elif opset < 18:
        y = b.add("Pad", "x", b.integers(*pads), b.constant(0.5))
    else:
        kept = [axis for axis in range(4) if pads[axis] or pads[axis + 4]] or [2]
        amounts = [pads[axis] for axis in kept] + [pads[axis + 4] for axis in kept]
        y = b.add("Pad", "x", b.integers(*amounts), "", b.integers(*kept))
    b.add("Relu", y)
    check(b.content())


@pytest.mark.parametrize("perm", list(itertools.permutations([1, 2, 3])))
@pytest.mark.parametrize("target", [(-1, 60), (-1, 12, 5), (0, 5, 12), (-1, 6, 10), (0, 2, 5, 6)])
def test_transpose_and_reshape(perm, target):
    b = Build("n", 3, 4, 5)
    y = b.add("Reshape", b.add("Transpose", "x", perm=[0, *perm]), b.integers(*target))
    b.add("Relu", b.add("Transpose", y, perm=[0, *range(len(target) - 1, 0, -1)]))
    check(b.content())


@pytest.mark.parametrize("opset", [7, 13])
def test_squeeze_and_unsqueeze(opset):
    b = Build("n", 3, 4, 5, opset=opset)
    for operator, axes in [("Unsqueeze", [2, 5]), ("Squeeze", [2]), ("Squeeze", [-1])]:
        value = b.nodes[-1].output[0] if b.nodes else "x"
        if opset < 13:
            b.add(operator, value, axes=[axis % 5 if axis < 0 else axis for axis in axes])
        else:
            b.add(operator, value, b.integers(*axes))
    b.add("Relu", b.nodes[-1].output[0])
    assert operators(check(b.content()))[0] == "activation"


def test_channel_shuffle():
    b = Build("n", 6, 4, 5)
    y = b.add("Reshape", "x", b.integers(-1, 2, 3, 4, 5))
    y = b.add("Transpose", y, perm=[0, 2, 1, 3, 4])
    y = b.add("Reshape", y, b.integers(-1, 6, 4, 5))
    b.add("Conv", y, b.weights(4, 6, 1, 1))
    assert operators(check(b.content())).count("transpose") == 2  # One orders the output.


@pytest.mark.parametrize("axis", [1, -3, -1])
def test_flatten(axis):
    b = Build("n", 3, 4, 5)
    y = b.add("Flatten", b.add("Relu", "x"), axis=axis)
    b.add("Relu", y)
    if axis == -1:
        with pytest.raises(ConvertError, match="the first axis is not the batch"):
            read_onnx(b.content(), "model.onnx")
    else:
        check(b.content())


def test_a_flattened_image_reorders_weights_not_activations():
    b = Build("n", 3, 4, 5)
    y = b.add("Flatten", b.add("Conv", "x", b.weights(2, 3, 3, 3)))
    parameters = [b.weights(12) for _ in range(3)] + [b.constant(np.linspace(1, 2, 12))]
    y = b.add("BatchNormalization", y, *parameters)
    y = b.add("Mul", y, b.weights(12))
    b.add("Gemm", y, b.weights(12, 10))
    assert "transpose" not in operators(check(b.content()))
