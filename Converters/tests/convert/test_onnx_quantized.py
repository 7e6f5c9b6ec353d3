"""Models that onnxruntime quantised: their bytes are taken over, and the answers are its own."""

import logging

import numpy as np
import onnx
import pytest
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)

import reference
from fmnistrt.convert.checkpoint import Checkpoint
from fmnistrt.convert.convert import Options, convert
from fmnistrt.convert.frontends import read
from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.quantize.simulate import simulate
from onnx_models import Build


class Pictures(CalibrationDataReader):
    def __init__(self, *shape):
        random = np.random.default_rng(3)
        self.batches = iter(
            [{"x": random.uniform(0, 1, (4, *shape)).astype(np.float32)} for _ in range(4)]
        )

    def get_next(self):
        return next(self.batches, None)


def network():
    """Branches, a depthwise convolution, all poolings, and a head."""
    b = Build("n", 1, 14, 14, opset=17)
    x = b.add("Conv", "x", b.weights(8, 1, 3, 3), b.weights(8), pads=[1, 1, 1, 1])
    x = b.add("MaxPool", b.add("Relu", x), kernel_shape=[2, 2], strides=[2, 2])
    y = b.add("Conv", x, b.weights(8, 8, 3, 3), b.weights(8), pads=[1, 1, 1, 1])
    y = b.add("Relu", b.add("Add", y, x))
    z = b.add("Conv", y, b.weights(8, 1, 3, 3), group=8, pads=[1, 1, 1, 1])
    # Means of 9 whole numbers never lie between two, where runtimes round in different ways.
    z = b.add("AveragePool", z, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
    z = b.add("LeakyRelu", z, alpha=0.2)
    y = b.add("Concat", z, y, axis=1)
    flat = b.add("Flatten", b.add("Conv", y, b.weights(4, 16, 1, 1)))
    flat = b.add("MatMul", flat, b.weights(196, 20))
    # Answers that differ from picture to picture.
    strong = b.constant(b.random.normal(size=(10, 36)) * 2)
    pooled = b.add("Flatten", b.add("GlobalAveragePool", y))
    x = b.add("Gemm", b.add("Concat", flat, pooled, axis=1), strong, b.weights(10))
    b.nodes[-1].attribute.append(onnx.helper.make_attribute("transB", 1))
    b.add("Softmax", x)
    return b


def quantized(tmp_path, build, **settings):
    logging.disable(logging.WARNING)
    source, target = tmp_path / "float.onnx", tmp_path / "int8.onnx"
    model = build.model()
    onnx.save(model, source)
    quantize_static(source, target, Pictures(*build.shape[1:]), **settings)
    return target.read_bytes()


FORMS = {
    "bytes": {},
    "signed bytes": {"activation_type": QuantType.QInt8},
    "by channel": {"per_channel": True},
    "unsigned weights": {"weight_type": QuantType.QUInt8},
    "QOperator": {"quant_format": QuantFormat.QOperator},
    "QOperator by channel": {"quant_format": QuantFormat.QOperator, "per_channel": True},
}


@pytest.mark.parametrize("form", FORMS)
def test_answers_are_those_of_onnxruntime(tmp_path, form):
    content = quantized(tmp_path, network(), **{"activation_type": QuantType.QUInt8, **FORMS[form]})
    conversion = convert(Checkpoint("m.onnx", content), Options())
    graph, source = conversion.model.graph, read(Checkpoint("m.onnx", content))
    inputs = np.random.default_rng(5).uniform(0, 1, (50, 14, 14, 1)).astype(np.float32)
    expected, found = source.evaluate(inputs), simulate(graph, inputs)
    # Probabilities are bytes here: 1/256 is one step.
    assert np.abs(found - expected).max() < 0.012
    ordered = np.sort(expected, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 0.012
    assert clear.sum() > 10
    assert np.array_equal(found.argmax(1)[clear], expected.argmax(1)[clear])
    assert len(np.unique(expected.argmax(1))) > 1
    kinds = [node.operator for node in graph.nodes if node.inputs[0].bytes]
    weighted = [n for n in graph.nodes if n.operator in ("conv2d", "dense")]
    assert len(weighted) == 6
    if form == "unsigned weights":
        # Asymmetric ones do not fit into signed bytes, and stay in floats.
        assert len([n for n in weighted if len(n.inputs) == 4]) < 6
        assert any("not within -127 to 127" in note for note in conversion.notes)
        return
    assert [len(node.inputs) for node in weighted] == [4] * 6
    for kind in ("max_pool", "binary", "average_pool", "global_average_pool", "concatenate"):
        assert kind in kinds
    assert conversion.model.output_kind == "probabilities"
    file = reference.read(conversion.content)
    assert file.minor == 2
    answers = reference.run(file, inputs[:2])
    np.testing.assert_allclose(answers, found[:2], atol=1e-6)


def test_weights_are_not_rounded_again(tmp_path):
    content = quantized(tmp_path, network(), per_channel=True)
    held = {
        t.name: onnx.numpy_helper.to_array(t)
        for t in onnx.load_from_string(content).graph.initializer
    }
    stored = [v for name, v in held.items() if v.dtype == np.int8 and v.ndim == 4]
    nodes = convert(Checkpoint("m.onnx", content), Options()).model.graph.nodes
    found = [n.inputs[1].value for n in nodes if n.operator == "conv2d"]
    assert len(stored) == len(found) == 4
    for value in found:
        assert any(np.array_equal(value, other.transpose(0, 2, 3, 1)) for other in stored)


def test_quantize_of_what_is_quantised(tmp_path):
    from fmnistrt.convert.quantize.quantize import Quantization

    content = quantized(tmp_path, network())
    options = Options(quantization=Quantization(tmp_path))
    with pytest.raises(ConvertError, match="is quantised already: leave out --quantize"):
        convert(Checkpoint("m.onnx", content), options)


def by_channel(b):
    scale, zero = b.constant([0.1, 0.2]), b.constant([0, 0], np.uint8)
    y = b.add("QuantizeLinear", "x", scale, zero, axis=1)
    b.add("DequantizeLinear", y, scale, zero, axis=1)


def to_int16(b):
    y = b.add("QuantizeLinear", "x", b.constant(0.1), b.constant(0, np.int16))
    b.add("DequantizeLinear", y, b.constant(0.1), b.constant(0, np.int16))


def other_scale(b):
    y = b.add("QuantizeLinear", "x", b.constant(0.1), b.constant(0, np.uint8))
    b.add("DequantizeLinear", y, b.constant(0.2), b.constant(0, np.uint8))


def negative_scale(b):
    y = b.add("QuantizeLinear", "x", b.constant(-0.1), b.constant(0, np.uint8))
    b.add("DequantizeLinear", y, b.constant(-0.1), b.constant(0, np.uint8))


def weights_of_nothing(b):
    w = b.constant(np.ones((4, 2, 1, 1)), np.int8)
    w = b.add("DequantizeLinear", w, b.constant(0.0), b.constant(0, np.int8))
    b.add("Conv", "x", w)


def arithmetic_on_bytes(b):
    y = b.add("QuantizeLinear", "x", b.constant(0.1), b.constant(0, np.uint8))
    b.add("Cast", y, to=onnx.TensorProto.FLOAT)


def bytes_as_output(b):
    b.add("QuantizeLinear", b.add("Flatten", "x"), b.constant(0.1), b.constant(0, np.uint8))


def dynamic(b):
    outputs = ["y", "scale", "zero"]
    b.nodes.append(onnx.helper.make_node("DynamicQuantizeLinear", ["x"], outputs))
    b.add("DequantizeLinear", *outputs)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (by_channel, "has a scale for each channel of an activation; quantise"),
        (to_int16, "quantises to int16; use uint8 or int8"),
        (other_scale, "has another scale or zero point than its input"),
        (negative_scale, "has the scale -0.1"),
        (weights_of_nothing, "has a scale that is not above 0"),
        (arithmetic_on_bytes, "(Cast) works on quantised activations; quantise the model again"),
        (bytes_as_output, "gives bytes as its answers"),
        (dynamic, "quantise the model statically, in the format QDQ"),
    ],
)
def test_refused(build, words):
    b = Build("n", 2, 4, 4, opset=21)
    build(b)
    model = b.model()
    if build is bytes_as_output:
        model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
    with pytest.raises(ConvertError) as error:
        convert(Checkpoint("m.onnx", model.SerializeToString()), Options())
    assert words in str(error.value), str(error.value)


def test_damaged_operators_on_bytes(tmp_path):
    """Each with an input missing, or another in its place: converted or refused, never more."""
    content = quantized(tmp_path, network(), quant_format=QuantFormat.QOperator)
    refused = 0
    for number, node in enumerate(onnx.load_from_string(content).graph.node):
        for position in range(len(node.input)):
            for name in ("", node.input[0], node.input[-1]):
                model = onnx.load_from_string(content)
                model.graph.node[number].input[position] = name
                try:
                    read(Checkpoint("m.onnx", model.SerializeToString()))
                except ConvertError:
                    refused += 1
    assert refused > 50
