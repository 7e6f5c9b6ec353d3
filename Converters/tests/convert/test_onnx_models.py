"""Whole models in the forms that exporters write."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from fmnistrt.convert.onnx import read_onnx
from ir_reference import evaluate
from onnx_models import Build, check, operators


def convolution(b, x, inputs, outputs, size=3, **attributes):
    pads = attributes.pop("pads", [size // 2] * 4)
    y = b.add("Conv", x, b.weights(outputs, inputs, size, size), pads=pads, **attributes)
    parameters = [b.weights(outputs) for _ in range(3)] + [b.constant(np.linspace(0.5, 2, outputs))]
    return b.add("BatchNormalization", y, *parameters)


@pytest.mark.parametrize("batch", ["batch", 1, 3])
def test_pytorch_like_classifier(batch):
    """The flatten chain that older exporters write out as shape arithmetic."""
    b = Build(batch, 1, 28, 28, opset=11)
    y = b.add("Relu", convolution(b, "x", 1, 4, strides=[2, 2]))
    y = b.add("MaxPool", y, kernel_shape=[2, 2], strides=[2, 2])
    size = b.add("Gather", b.add("Shape", y), b.constant(0, np.int64), axis=0)
    size = b.add("Unsqueeze", size, axes=[0])
    rest = b.add("Constant", value=helper.make_tensor("rest", TensorProto.INT64, [1], [-1]))
    y = b.add("Reshape", y, b.add("Concat", size, rest, axis=0))
    y = b.add("Dropout", y)
    b.add("Gemm", y, b.weights(10, 196), b.weights(10), transB=1)
    result = check(b.content(), count=4)
    assert result.graph.input.shape == (28, 28, 1)
    assert result.output_kind == "logits"
    assert "transpose" not in operators(result)
    assert result.framework == "onnx opset 11"


def test_shape_products_are_folded():
    b = Build("n", 2, 3, 4, opset=13)
    shape = b.add("Shape", b.add("Relu", "x"))
    start, end = b.integers(1), b.integers(4)
    features = b.add("ReduceProd", b.add("Slice", shape, start, end), keepdims=1)
    batch = b.add("Slice", shape, b.integers(0), b.integers(1))
    y = b.add("Reshape", "x", b.add("Concat", batch, features, axis=0))
    y = b.add("MatMul", y, b.add("Transpose", b.weights(5, 24), perm=[1, 0]))
    b.add("Softmax", y)
    result = check(b.content())
    assert operators(result) == ["reshape", "dense", "softmax"]
    assert result.output_kind == "probabilities"


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dense", [False, True])
def test_tf2onnx_like_classifier(channels, dense):
    """Channels-last outside, channels-first around each convolution, channels-last flatten."""
    b = Build("n", 28, 28, channels, opset=13)
    y = b.add("Transpose", "x", perm=[0, 3, 1, 2])
    y = b.add("Relu", b.add("Conv", y, b.weights(4, channels, 3, 3), b.weights(4)))
    y = b.add("MaxPool", y, kernel_shape=[2, 2], strides=[2, 2])
    y = b.add("Transpose", y, perm=[0, 2, 3, 1])
    y = b.add("Mul", y, b.weights(4))
    y = b.add("Add", y, b.weights(1, 1, 1, 4))
    if dense:
        y = b.add("Reshape", y, b.integers(-1, 676))
        y = b.add("Add", b.add("MatMul", y, b.weights(676, 10)), b.weights(10))
    else:
        y = b.add("ReduceMean", y, axes=[1, 2], keepdims=0)
    b.add("Softmax", y, axis=-1)
    result = check(b.content())
    assert result.graph.input.shape == (28, 28, channels)
    assert "transpose" not in operators(result)


def test_a_transpose_written_as_a_reshape():
    b = Build("n", 28, 28, 1, opset=13)
    y = b.add("Reshape", "x", b.integers(-1, 1, 28, 28))
    b.add("GlobalAveragePool", b.add("Conv", y, b.weights(4, 1, 3, 3)))
    assert operators(check(b.content()))[0] == "conv2d"


@pytest.mark.parametrize("shape", [(784,), (28, 28)])
def test_flat_pictures_are_images(shape):
    b = Build("n", *shape)
    y = b.add("Flatten", "x")
    b.add("Gemm", y, b.weights(784, 10))
    result = check(b.content())
    assert result.graph.input.shape == (28, 28, 1)
    assert operators(result) == ["reshape", "dense"]


def test_rows_of_a_picture_unsqueezed():
    b = Build("n", 28, 28, opset=13)
    y = b.add("Unsqueeze", "x", b.integers(1))
    b.add("Conv", y, b.weights(2, 1, 3, 3))
    assert operators(check(b.content()))[0] == "conv2d"


def test_other_vectors_stay_vectors():
    b = Build("n", 30)
    b.add("Gemm", "x", b.weights(30, 3))
    assert check(b.content()).graph.input.shape == (30,)


def test_residual_block():
    b = Build("n", 3, 8, 8)
    x = b.add("Relu", convolution(b, "x", 3, 4))
    y = convolution(b, b.add("Relu", convolution(b, x, 4, 8, strides=[2, 2])), 8, 8)
    y = b.add("Relu", b.add("Add", y, convolution(b, x, 4, 8, 1, strides=[2, 2])))
    y = b.add("Flatten", b.add("GlobalAveragePool", y))
    b.add("Gemm", y, b.weights(8, 10))
    assert "transpose" not in operators(check(b.content()))


@pytest.mark.parametrize("dense", [False, True])
def test_squeeze_and_excitation(dense):
    b = Build("n", 3, 8, 8, opset=13)
    x = b.add("HardSwish" if b.opset > 13 else "Relu", convolution(b, "x", 3, 8))
    y = b.add("GlobalAveragePool", x)
    if dense:
        y = b.add("Gemm", b.add("Flatten", y), b.weights(8, 2))
        y = b.add("Gemm", b.add("Relu", y), b.weights(2, 8))
        y = b.add("Reshape", b.add("Sigmoid", y), b.integers(0, 8, 1, 1))
    else:
        y = b.add("Relu", b.add("Conv", y, b.weights(2, 8, 1, 1)))
        y = b.add("Sigmoid", b.add("Conv", y, b.weights(8, 2, 1, 1)))
    y = b.add("Mul", x, y)
    b.add("GlobalMaxPool", y)
    assert "transpose" not in operators(check(b.content()))


def test_inception_block():
    b = Build("n", 3, 8, 8)
    branches = [
        convolution(b, "x", 3, 2, 1),
        convolution(b, convolution(b, "x", 3, 2, 1), 2, 3),
        b.add("AveragePool", "x", kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=1),
        b.add("MaxPool", "x", kernel_shape=[3, 3], pads=[1] * 4),
    ]
    y = b.add("Concat", *branches, axis=1)
    b.add("Flatten", b.add("GlobalAveragePool", y))
    assert operators(check(b.content())).count("concatenate") == 1


def test_two_flattened_branches_joined():
    b = Build("n", 2, 4, 6)
    first = b.add("Flatten", b.add("Relu", "x"))
    second = b.add("Flatten", b.add("Conv", "x", b.weights(3, 2, 2, 2)))
    b.add("Gemm", b.add("Concat", first, second, axis=1), b.weights(48 + 45, 5))
    check(b.content())


def test_silu_stays_two_nodes():
    b = Build("n", 2, 4, 4)
    b.add("Mul", "x", b.add("Sigmoid", "x"))
    assert operators(check(b.content()))[:2] == ["activation", "binary"]


def gelu_after(b, x):
    return b.add("Div", x, b.constant(np.sqrt(2)))


@pytest.mark.parametrize("form", range(5))
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4)])
def test_gelu_spelt_out(form, shape):
    b = Build("n", *shape)
    x = b.add("Mul", "x", b.constant(3.0))
    half = b.constant(0.5)
    if form % 2:
        inner = b.add("Mul", b.constant(np.sqrt(0.5)), x)
    else:
        inner = b.add("Div", x, b.constant(np.sqrt(2)))
    total = b.add("Add", b.add("Erf", inner), b.constant(1.0))
    if form in (0, 1):
        y = b.add("Mul", b.add("Mul", x, total), half)
    elif form == 2:
        y = b.add("Mul", b.add("Mul", half, x), total)
    elif form == 3:
        y = b.add("Mul", x, b.add("Mul", total, half))
    else:
        y = b.add("Mul", b.add("Div", x, b.constant(2.0)), total)
    b.add("Tanh", y)
    kinds = [node.attributes["kind"] for node in check(b.content()).graph.nodes[1:3]]
    assert kinds == [12, 8]


def test_a_local_function_is_inlined():
    b = Build("n", 2, 4, 4)
    b.add("Twice", "x", domain="custom")
    function = helper.make_function(
        "custom",
        "Twice",
        ["a"],
        ["b"],
        [helper.make_node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 17)],
    )
    graph = helper.make_graph(
        b.nodes,
        "model",
        [helper.make_tensor_value_info("x", 1, b.shape)],
        [helper.make_tensor_value_info("v0", 1, b.shape)],
    )
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("custom", 1)]
    model = helper.make_model(graph, opset_imports=imports, functions=[function], ir_version=8)
    assert operators(check(model.SerializeToString()))[0] == "binary"


def test_double_precision():
    b = Build("n", 6)
    b.nodes.append(helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT))
    b.add("Gemm", "y", b.weights(6, 3))
    model = b.model(type=TensorProto.DOUBLE)
    check(model.SerializeToString())


def test_initializers_that_are_also_inputs():
    b = Build("n", 6)
    b.add("Gemm", "x", b.weights(6, 3))
    model = b.model()
    model.graph.input.append(helper.make_tensor_value_info("c0", 1, [6, 3]))
    check(model.SerializeToString())


def test_nodes_that_the_output_does_not_need():
    b = Build("n", 6)
    b.add("NonZero", b.add("Relu", "x"))
    y = b.add("Tanh", "x")
    assert operators(check(b.content(output=y))) == ["activation"]


def test_every_opset():
    for opset in range(7, onnx.defs.onnx_opset_version() + 1):
        b = Build("n", 1, 6, 6, opset=opset)
        y = b.add("Relu", b.add("Conv", "x", b.weights(2, 1, 3, 3)))
        y = b.add("Flatten", b.add("MaxPool", y, kernel_shape=[2, 2]))
        b.add("Gemm", y, b.weights(18, 4), b.weights(4))
        result = read_onnx(b.content(), "model.onnx")
        image = np.ones((6, 6, 1), np.float32)
        assert evaluate(result.graph, image).shape == (4,)


def test_names():
    long = "module/" * 20 + "output"
    nodes = [
        helper.make_node("Relu", ["in\n put"], [long]),
        helper.make_node("Tanh", [long], [long + "2"]),
        helper.make_node("Exp", [long + "2"], ["\u00e9" * 40]),
    ]
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("in\n put", 1, ["n", 6])],
        [helper.make_tensor_value_info("\u00e9" * 40, 1, ["n", 6])],
    )
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    model.producer_name, model.producer_version = "trainer", "1.2"
    first, second = (check(model.SerializeToString()) for _ in range(2))
    names = [first.graph.input.name, *(node.output.name for node in first.graph.nodes)]
    assert names[0] == "in_ put"
    assert names[1].startswith("module/module/")
    assert names[1] != names[2]
    assert names == [
        second.graph.input.name,
        *(node.output.name for node in second.graph.nodes),
    ]
    assert first.framework == "trainer 1.2 (onnx opset 13)"
    assert first.name == "classifier"


def test_an_open_batch_that_works_for_single_images_only():
    b = Build("n", 2, 3, 4)
    b.add("Gemm", b.add("Reshape", "x", b.integers(1, 24)), b.weights(24, 5))
    check(b.content())
