"""What cannot be converted is refused in one sentence that names the file, the node, a remedy."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.onnx import read_onnx
from onnx_models import Build


def refusal(content: bytes) -> str:
    with pytest.raises(ConvertError) as caught:
        read_onnx(content, "some.onnx")
    text = str(caught.value)
    assert "\n" not in text
    assert ";" in text, "the remedy follows a semicolon"
    return text


def image(opset=17, shape=(3, 6, 6)):
    return Build("n", *shape, opset=opset)


def conv_1d(b):
    b.add("Conv", "x", b.weights(2, 3, 3))


def computed_weights(b):
    b.add("Conv", "x", b.add("Relu", "x"))


def nan_weights(b):
    b.add("Mul", "x", b.constant([[[np.nan]], [[1]], [[2]]]))


def dilated_pool(b):
    b.add("MaxPool", "x", kernel_shape=[2, 2], dilations=[2, 2])


def pool_indices(b):
    b.nodes.append(helper.make_node("MaxPool", ["x"], ["v", "i"], "pool", kernel_shape=[2, 2]))
    b.add("Cast", "i", to=1)


def ceil_counted(b):
    pads = {"pads": [1] * 4, "count_include_pad": 1, "ceil_mode": 1}
    b.add("AveragePool", "x", kernel_shape=[3, 3], strides=[2, 2], **pads)


def training_norm(b):
    names = [b.weights(3) for _ in range(4)]
    b.nodes.append(
        helper.make_node(
            "BatchNormalization", ["x", *names], ["v", "m", "s"], "norm", training_mode=1
        )
    )
    b.add("Relu", "v")


def training_dropout(b):
    b.add("Dropout", "x", b.constant(0.5), b.constant(True, bool))


def transposed_gemm(b):
    b.add("Gemm", b.add("Flatten", "x"), b.weights(1, 4), transA=1)


def constant_of_several_images(b):
    b.add("Add", "x", b.weights(3, 3, 6, 6))


def mixed_ranks(b):
    y = b.add("AveragePool", "x", kernel_shape=[4, 4])
    b.add("Add", y, b.add("ReduceMean", y, axes=[2, 3], keepdims=0))


def batch_softmax(b):
    b.add("Softmax", "x", axis=0)


def batch_reduction(b):
    b.add("ReduceMean", "x", keepdims=1)


def batch_transpose(b):
    b.add("Transpose", "x", perm=[1, 0, 2, 3])


def batch_concat(b):
    b.add("Concat", "x", "x", axis=0)


def batch_reshape(b):
    b.add("Reshape", "x", b.integers(-1, 6))


def far_padding(b):
    b.add("Pad", "x", b.integers(0, 0, 300, 0, 0, 0, 0, 0))


def cropped_away(b):
    b.add("Pad", "x", b.integers(0, 0, -6, 0, 0, 0, 0, 0))


def infinite_pad(b):
    b.add("Pad", "x", b.integers(0, 0, 1, 1, 0, 0, 1, 1), b.constant(-np.inf))


def endless_clip(b):
    b.add("Clip", "x", b.constant(np.inf))


def integer_cast(b):
    b.add("Cast", b.add("Cast", "x", to=TensorProto.INT32), to=TensorProto.FLOAT)


def custom(b):
    b.add("Einsum", "x", equation="nchw->nhwc")


def picked_by_the_image(b):
    b.add("Gather", "x", b.add("Cast", "x", to=TensorProto.INT64), axis=1)


def some_power(b):
    b.add("Pow", "x", b.constant(2.5))


def large_product(b):
    y = b.add("Reshape", "x", b.integers(0, 108, 1))
    y = b.add("MatMul", b.weights(4100, 108), y)
    b.add("MatMul", y, b.add("Transpose", y, perm=[0, 2, 1]))


def kept_ratio(b):
    b.opset = 18
    sizes = b.integers(1, 3, 12, 9)
    b.add("Resize", "x", "", "", sizes, keep_aspect_ratio_policy="not_larger")


def unknown_attribute(b):
    b.add("Relu", "x", memory_layout=1)


def free_shape(b):
    y = b.add("ReduceMean", "x", axes=[1, 2, 3], keepdims=0)
    b.add("Reshape", "x", b.add("Cast", y, to=TensorProto.INT64))


def constant_output(b):
    b.add("Add", b.weights(1, 3), b.weights(1, 3))


def large_constant(b):
    y = b.add("ConstantOfShape", b.integers(1 << 20, 1 << 20))
    b.add("Mul", "x", b.add("ReduceProd", y, keepdims=0))


def negative_pads(b):
    b.add("Conv", "x", b.weights(2, 3, 3, 3), pads=[-1, 0, 0, 0])


def wide_kernel(b):
    b.add("AveragePool", "x", kernel_shape=[2, 2], strides=[300, 1])


def bare_erf(b):
    b.add("Erf", "x")


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (conv_1d, "ONNX's own check"),
        (computed_weights, "(Conv) has no constant weights; export"),
        (nan_weights, "(Mul) has no numbers, NaN or infinite numbers as its operand; train"),
        (dilated_pool, "(MaxPool) has dilated windows"),
        (pool_indices, "'pool' (MaxPool) has an output 2 that the model uses"),
        (ceil_counted, "(AveragePool) counts its padding"),
        (training_norm, "'norm' (BatchNormalization) is in training mode"),
        (training_dropout, "(Dropout) is in training mode"),
        (transposed_gemm, "(Gemm) works across the images of a batch (transA)"),
        (constant_of_several_images, "(Add) combines an activation with a constant of shape (3"),
        (mixed_ranks, "(Add) combines activations of 4 and 2 axes"),
        (batch_softmax, "(Softmax) works across the images of a batch"),
        (batch_reduction, "(ReduceMean) reduces over the whole batch"),
        (batch_transpose, "(Transpose) moves the axis of the batch"),
        (batch_concat, "(Concat) works across the images"),
        (batch_reshape, "(Reshape) turns (batch, 3, 6, 6) into (18, 6)"),
        (far_padding, "(Pad) has the padding 300"),
        (cropped_away, "(Pad) picks nothing"),
        (infinite_pad, "(Pad) pads with -inf"),
        (endless_clip, "(Clip) clips to inf ... inf"),
        (integer_cast, "(Cast) casts activations to int32"),
        (custom, "'n_v0' (Einsum) is computed from the image, which cannot be converted; replace"),
        (bare_erf, "(Erf) is computed from the image"),
        (picked_by_the_image, "(Cast) casts activations to int64"),
        (some_power, "(Pow) has the exponent 2.5; whole ones from -16 to 16"),
        (large_product, "(MatMul) multiplies matrices that are too large"),
        (kept_ratio, "(Resize) keeps the aspect ratio"),
        (unknown_attribute, "Unrecognized attribute: memory_layout"),
        (free_shape, "casts activations to int64"),
        (constant_output, "does not depend on its input"),
        (large_constant, "computes a constant that is too large"),
        (negative_pads, "pads must not contain negative values"),
        (wide_kernel, "(AveragePool) has the stride 300; 1 to 255 is possible"),
    ],
)
def test_refused_node(build, words):
    b = image()
    build(b)
    assert words in refusal(b.content())


@pytest.mark.parametrize("shape", [(), ("n",), ("n", 1, "h", "w"), ("n", 1, 2, 3, 4)])
def test_input_that_is_no_batch_of_images(shape):
    b = Build(*shape)
    b.add("Relu", "x")
    assert "has no shape of a batch of images" in refusal(b.content())


def test_input_type():
    b = image()
    b.add("Cast", "x", to=1)
    content = b.model(type=TensorProto.UINT8).SerializeToString()
    assert "of type uint8; export the model with a float32 input" in refusal(content)


def changed(change):
    b = image()
    b.add("Mul", "x", b.weights(3, 1, 1))
    model = b.model()
    change(model)
    return model.SerializeToString()


def external(model):
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")


def second_input(model):
    model.graph.input.append(helper.make_tensor_value_info("y", 1, ["n", 2]))


def second_output(model):
    model.graph.output.append(helper.make_tensor_value_info("x", 1, None))
    model.graph.output[1].CopyFrom(model.graph.input[0])


def old(model):
    model.opset_import[0].version = 6


def new(model):
    model.opset_import[0].version = 999


def without_opset(model):
    del model.opset_import[:]
    model.ir_version = 8


def foreign_domain(model):
    model.graph.node[0].domain = "com.example"
    model.opset_import.add(domain="com.example", version=1)


def short_tensor(model):
    model.graph.initializer[0].raw_data = b"1234"


def misfit(model):
    model.graph.initializer[0].dims[0] = 1
    model.graph.initializer[0].dims[1] = 3


def sparse(model):
    entry = model.graph.sparse_initializer.add()
    entry.values.name = "sparse"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (external, "which cannot be read here: weights.bin; put it beside the model"),
        (second_input, "the model has 2 inputs, and one is needed"),
        (second_output, "the model has 2 outputs, and one is needed"),
        (old, "the model uses opset 6, and the onnx package cannot raise it to 7, the oldest"),
        (new, "run pip install --upgrade onnx"),
        (without_opset, "names no opset"),
        (foreign_domain, "is the operator com.example.Mul, which cannot be converted"),
        (short_tensor, "ONNX's own check"),
        (misfit, "Incompatible dimensions"),
        (sparse, "has sparse weights"),
    ],
)
def test_refused_model(change, words):
    assert words in refusal(changed(change))


def test_a_model_that_onnxruntime_cannot_run():
    b = image()
    b.add("Conv", "x", b.weights(2, 3, 3, 3), dilations=[2, 2], auto_pad="SAME_UPPER")
    result = read_onnx(b.content(), "some.onnx")
    with pytest.raises(ConvertError, match="onnxruntime cannot run the model"):
        result.evaluate(np.zeros((1, 6, 6, 3), np.float32))
