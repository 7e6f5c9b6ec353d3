"""Powers, roots, reductions, normalisations and products, against onnxruntime."""

import numpy as np
import pytest

from onnx_models import Build, check


def image(opset=17, shape=(4, 6, 5)):
    return Build("n", *shape, opset=opset)


@pytest.mark.parametrize("exponent", [-2, -1, -0.5, 0.5, 1, 2, 3, 7, 16])
def test_power(exponent):
    b = image()
    x = b.add("Sigmoid", "x")
    b.add("Relu", b.add("Pow", x, b.constant(exponent)))
    check(b.content(), tolerance=1e-4)


def test_square_root_of_small_and_large_numbers():
    b = Build("n", 4, 7)
    x = b.add("Mul", b.add("Sigmoid", "x"), b.constant(10.0 ** np.arange(-9, 12, 3)))
    roots = b.add("Sqrt", x)
    b.add("Div", roots, b.constant(10.0 ** (np.arange(-9, 12, 3) / 2)))
    check(b.content())


def test_square_root_below_zero_is_no_number():
    b = Build("n", 5)
    b.add("Sqrt", b.add("Sub", b.add("Relu", "x"), b.constant(0.5)))
    check(b.content())


@pytest.mark.parametrize("operator", ["Neg", "Abs", "Reciprocal", "Celu", "PRelu", "Swish"])
def test_functions(operator):
    b = image(24 if operator == "Swish" else 17)
    slopes = [b.weights(4, 1, 1), b.constant(0.3), b.constant(np.reshape([2, 3, 1, 0], (4, 1, 1)))]
    x = b.add("Add", b.add("Sigmoid", "x"), b.constant(0.1))
    x = b.add("Sub", x, b.constant(0.5)) if operator != "Reciprocal" else x
    if operator == "PRelu":
        for slope in slopes:
            x = b.add("PRelu", x, slope)
    else:
        attributes = {"Celu": {"alpha": 2.0}, "Swish": {"alpha": 1.5}}.get(operator, {})
        x = b.add(operator, x, **attributes)
    b.add("Tanh", x)
    check(b.content())


@pytest.mark.parametrize(
    "operator",
    [
        "ReduceMean",
        "ReduceSum",
        "ReduceMax",
        "ReduceMin",
        "ReduceL1",
        "ReduceL2",
        "ReduceSumSquare",
        "ReduceLogSumExp",
    ],
)
@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("axes", [[1], [2, 3], [-1], [1, 3], [1, 2, 3]])
def test_reduction(operator, keepdims, axes):
    b = image(12)
    b.add("Tanh", b.add(operator, "x", axes=axes, keepdims=keepdims))
    check(b.content())


@pytest.mark.parametrize("mask", [True, False])
def test_where(mask):
    b = image()
    x, y = b.add("Relu", "x"), b.add("Tanh", "x") if mask else b.weights(4, 1, 5)
    b.add("Tanh", b.add("Where", b.constant(b.random.random((6, 5)) > 0.5, bool), x, y))
    check(b.content())


def test_normalisations_by_the_image():
    b = image(17, (4, 6, 5))
    y = b.add("LayerNormalization", "x", b.weights(5), b.weights(5))
    y = b.add("LayerNormalization", y, b.weights(6, 5), axis=-2, epsilon=1e-3)
    y = b.add("InstanceNormalization", y, b.weights(4), b.weights(4))
    y = b.add("LpNormalization", y, axis=1, p=1)
    y = b.add("LpNormalization", y, axis=3, p=2)
    b.add("LRN", b.add("Mul", y, b.constant(5.0)), size=3, alpha=0.5, beta=0.75, bias=1.5)
    check(b.content(), tolerance=1e-4)


def test_group_normalisation():
    b = image(21)
    b.add("Relu", b.add("GroupNormalization", "x", b.weights(4), b.weights(4), num_groups=2))
    check(b.content(), tolerance=1e-4)


def test_layer_normalisation_spelt_out():
    b = Build("n", 7, 12)
    centred = b.add("Sub", "x", b.add("ReduceMean", "x", axes=[-1]))
    variance = b.add("ReduceMean", b.add("Pow", centred, b.constant(2.0)), axes=[-1])
    deviation = b.add("Sqrt", b.add("Add", variance, b.constant(1e-5)))
    y = b.add("Mul", b.add("Div", centred, deviation), b.weights(12))
    b.add("Add", y, b.weights(12))
    check(b.content(), tolerance=1e-4)


def test_attention():
    b = Build("n", 5, 12)
    q, k, v = (b.add("MatMul", "x", b.weights(12, 12)) for _ in range(3))
    q, k, v = (
        b.add("Transpose", b.add("Reshape", each, b.integers(0, 5, 3, 4)), perm=[0, 2, 1, 3])
        for each in (q, k, v)
    )
    scores = b.add("MatMul", q, b.add("Transpose", k, perm=[0, 1, 3, 2]))
    y = b.add("MatMul", b.add("Softmax", b.add("Div", scores, b.constant(2.0)), axis=-1), v)
    y = b.add("Reshape", b.add("Transpose", y, perm=[0, 2, 1, 3]), b.integers(0, 5, 12))
    b.add("MatMul", y, b.weights(12, 10))
    check(b.content())


@pytest.mark.parametrize("shape", [(5,), (5, 7), (3, 5, 7), (1, 5, 7)])
def test_product_with_a_constant(shape):
    b = Build("n", 3, 6, 5)
    b.add("Tanh", b.add("MatMul", "x", b.weights(*shape)))
    check(b.content())


@pytest.mark.parametrize("shape", [(6,), (7, 6), (3, 7, 6), (1, 7, 6)])
def test_product_of_a_constant(shape):
    b = Build("n", 3, 6, 5)
    b.add("Tanh", b.add("MatMul", b.weights(*shape), "x"))
    check(b.content())


@pytest.mark.parametrize("operator", ["Add", "Sub", "Mul", "Div", "Max"])
def test_both_operands_are_broadcast(operator):
    b = image()
    x = b.add("Exp", "x")
    first, second = b.add("ReduceMean", x, axes=[1]), b.add("ReduceMean", x, axes=[2, 3])
    y = b.add(operator, first, second)
    b.add(operator, y, b.constant(b.random.uniform(1, 2, (2, 4, 6, 5))[:1]))
    check(b.content())


@pytest.mark.parametrize("operator", ["Sub", "Div", "Mul"])
def test_a_constant_that_enlarges(operator):
    b = image()
    y = b.add("Exp", b.add("GlobalAveragePool", "x"))
    y = b.add(operator, b.constant(b.random.uniform(1, 2, (4, 6, 5))), y)
    b.add(operator, y, b.constant(b.random.uniform(1, 2, (1, 1, 6, 5))))
    check(b.content())


def test_logarithm_of_softmax():
    b = Build("n", 9)
    b.add("Log", b.add("Softmax", "x"))
    check(b.content())


@pytest.mark.parametrize("operator", ["MaxPool", "AveragePool"])
def test_rows(operator):
    b = Build("n", 3, 20)
    y = b.add("Conv", "x", b.weights(4, 3, 5), b.weights(4), pads=[2, 1], strides=[2])
    y = b.add(operator, b.add("Relu", y), kernel_shape=[3], strides=[2], pads=[1, 0])
    b.add("Conv", y, b.weights(4, 2, 3), group=2, dilations=[1], auto_pad="SAME_UPPER")
    check(b.content())
