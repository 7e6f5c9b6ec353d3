"""Models for single images, batches within which images are kept apart, and recurrent layers."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.onnx import read_onnx
from onnx_models import Build, check, operators


def refusal(b):
    with pytest.raises(ConvertError) as caught:
        read_onnx(b.content(), "model.onnx")
    return str(caught.value)


def test_a_model_for_single_images_has_no_batch():
    """Its first axis may be squeezed, moved and reduced like any other."""
    b = Build(1, 3, 4, 5)
    y = b.add("Transpose", b.add("Squeeze", "x"), perm=[2, 0, 1])
    y = b.add("Softmax", b.add("Reshape", y, b.integers(5, 12)), axis=0)
    y = b.add("Gemm", y, b.weights(5, 7), transA=1)
    y = b.add("Concat", y, b.weights(2, 7), axis=0)
    b.add("Tanh", b.add("ReduceSum", y, b.integers(0), keepdims=0))
    result = check(b.content())
    assert result.graph.output.shape == (7,)


def test_the_same_is_refused_for_a_batch():
    b = Build(2, 3, 4)
    b.add("Relu", b.add("Transpose", "x", perm=[1, 0, 2]))
    assert "(Transpose) moves the axis of the batch" in refusal(b)


def test_a_batch_that_is_moved_and_moved_back():
    b = Build("n", 3, 4)
    y = b.add("Tanh", b.add("Transpose", "x", perm=[1, 0, 2]))
    b.add("Transpose", y, perm=[1, 0, 2])
    check(b.content(), count=5)


def test_a_batch_that_is_folded_into_rows_and_back():
    b = Build("n", 3, 4, 5)
    y = b.add("Reshape", b.add("Relu", "x"), b.integers(-1, 5))
    y = b.add("MatMul", y, b.weights(5, 6))
    b.add("Reshape", y, b.integers(-1, 72))
    check(b.content(), count=5)


def test_a_batch_whose_images_meet():
    b = Build("n", 3, 4)
    b.add("Sub", "x", b.add("ReduceMean", "x", axes=[0]))
    assert "works across the images of a batch" in refusal(b)


@pytest.mark.parametrize("operator", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("output", [0, 1])
def test_recurrent_layers(operator, direction, output):
    b = Build("n", 6, 5, opset=14)
    both, gates = 1 + (direction == "bidirectional"), {"RNN": 1, "GRU": 3, "LSTM": 4}[operator]
    x = b.add("Transpose", "x", perm=[1, 0, 2])
    inputs = [x, b.weights(both, gates * 4, 5), b.weights(both, gates * 4, 4)]
    inputs.append(b.weights(both, gates * 8))
    attributes = {"linear_before_reset": output} if operator == "GRU" else {}
    names = ["steps", "last", "cell"][: 3 if operator == "LSTM" else 2]
    options = {"hidden_size": 4, "direction": direction, **attributes}
    b.nodes.append(helper.make_node(operator, inputs, names, "rnn", **options))
    if output:
        b.add("Flatten", b.add("Transpose", "last", perm=[1, 0, 2]))
    else:
        b.add("Flatten", b.add("Transpose", "steps", perm=[2, 0, 1, 3]))
    check(b.content(), count=3)


def test_recurrent_layers_with_a_state():
    b = Build(1, 3, 2, opset=14)
    x = b.add("Reshape", "x", b.integers(3, 1, 2))
    inputs = [x, b.weights(1, 4, 2), b.weights(1, 4, 4), "", "", b.weights(1, 1, 4)]
    b.nodes.append(helper.make_node("RNN", inputs, ["", "last"], "rnn", hidden_size=4))
    b.add("Flatten", "last")
    assert "'rnn' (RNN) begins with a state that is not 0" in refusal(b)


def test_many_steps_are_joined_in_parts():
    b = Build("n", 70, 2, opset=14)
    x = b.add("Transpose", "x", perm=[1, 0, 2])
    inputs = [x, b.weights(1, 3, 2), b.weights(1, 3, 3)]
    b.nodes.append(helper.make_node("RNN", inputs, ["steps"], "rnn", hidden_size=3))
    b.add("Flatten", b.add("Transpose", "steps", perm=[2, 0, 1, 3]))
    assert operators(check(b.content())).count("concatenate") == 3


def test_labels_beside_the_scores_are_left_out():
    b = Build("n", 6)
    b.add("Softmax", b.add("Gemm", "x", b.weights(6, 4)), axis=1)
    b.add("ArgMax", "v1", axis=1)
    model = b.model(output="v1")
    model.graph.output.append(helper.make_tensor_value_info("v2", TensorProto.INT64, None))
    result = check(model.SerializeToString())
    assert result.output_kind == "probabilities"
    assert result.graph.output.shape == (4,)


def test_two_outputs_of_numbers_are_refused():
    b = Build("n", 6)
    b.add("Softmax", b.add("Gemm", "x", b.weights(6, 4)), axis=1)
    model = b.model(output="v1")
    model.graph.output.append(helper.make_tensor_value_info("v0", TensorProto.FLOAT, None))
    with pytest.raises(ConvertError, match="the model has 2 outputs, and one is needed"):
        read_onnx(model.SerializeToString(), "model.onnx")


def test_old_opsets_are_raised():
    """The addition of a bias in the way of opset 6, which onnxruntime does not know."""
    b = Build(1, 2, 4, 4, opset=6)
    y = b.add("Conv", "x", b.weights(3, 2, 3, 3))
    y = b.add("Add", y, b.weights(3), axis=1, broadcast=1)
    b.add("Dropout", y, is_test=1)
    graph = helper.make_graph(
        b.nodes,
        "old",
        [helper.make_tensor_value_info("x", 1, b.shape)]
        + [helper.make_tensor_value_info(t.name, 1, t.dims) for t in b.constants],
        [helper.make_tensor_value_info("v2", 1, (1, 3, 2, 2))],
        b.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 6)], ir_version=3)
    result = check(model.SerializeToString())
    assert result.framework == "onnx opset 6"


def test_weights_in_a_second_file(tmp_path):
    b = Build("n", 40)
    b.add("Gemm", "x", b.weights(40, 10))
    path = tmp_path / "model.onnx"
    onnx.save(b.model(), path, save_as_external_data=True, location="weights", size_threshold=0)
    content = path.read_bytes()
    result = read_onnx(content, "model.onnx", folder=tmp_path)
    images = np.ones((2, 40), np.float32)
    expected = read_onnx(b.content(), "model.onnx").evaluate(images)
    np.testing.assert_array_equal(result.evaluate(images), expected)
    for damage in ("shorter", "gone", "elsewhere"):
        if damage == "shorter":
            (tmp_path / "weights").write_bytes(b"1234")
        elif damage == "gone":
            (tmp_path / "weights").unlink()
        else:
            content = content.replace(b"weights", b"../etc/")
        with pytest.raises(ConvertError, match="its weights are kept in another file"):
            read_onnx(content, "model.onnx", folder=tmp_path)


def branch(name, operator, **attributes):
    """A graph that takes what it works on from the graph around it."""
    node = helper.make_node(operator, ["v0"], [name], **attributes)
    return helper.make_graph([node], name, [], [helper.make_tensor_value_info(name, 1, None)])


@pytest.mark.parametrize("channels", [1, 2])
def test_a_choice_by_a_shape(channels):
    """As PyTorch writes squeeze(1), which does nothing if the size of the axis is not 1."""
    b = Build("n", channels, 3, 4, opset=11)
    x = b.add("Relu", "x")
    size = b.add("Gather", b.add("Shape", x), b.constant(1, np.int64), axis=0)
    branches = {
        "then_branch": branch("one", "Squeeze", axes=[1]) if channels == 1 else branch("e", "Exp"),
        "else_branch": branch("same", "Identity"),
    }
    y = b.add("If", b.add("Equal", size, b.constant(1, np.int64)), **branches)
    b.add("Flatten", b.add("Tanh", y))
    check(b.content())


def test_a_choice_by_the_image_is_refused():
    b = Build(1, 3, opset=13)
    b.add("Relu", "x")
    chosen = b.add("Less", b.add("ReduceSum", "v0", keepdims=0), b.constant(1.0))
    branches = {
        "then_branch": branch("one", "Tanh"),
        "else_branch": branch("other", "Exp"),
    }
    b.add("If", chosen, **branches)
    assert "(Less) is computed from the image" in refusal(b)
