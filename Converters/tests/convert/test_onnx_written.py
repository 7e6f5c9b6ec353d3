"""From an ONNX file to the bytes of an .fmg file, read again by the second reader."""

import numpy as np

import reference
from fmnistrt.convert import cli
from fmnistrt.convert.checkpoint import Checkpoint
from fmnistrt.convert.convert import Options, convert
from fmnistrt.convert.frontends import read
from onnx_models import Build, operators


def classifier() -> bytes:
    b = Build("n", 1, 28, 28, opset=13)
    y = b.add("Conv", "x", b.weights(4, 1, 3, 3), pads=[1] * 4, strides=[2, 2])
    parameters = [b.weights(4) for _ in range(3)] + [b.constant(np.linspace(0.5, 2, 4))]
    y = x = b.add("Relu", b.add("BatchNormalization", y, *parameters))
    y = b.add("Conv", y, b.weights(4, 4, 3, 3), pads=[1] * 4)
    y = b.add("Relu", b.add("Add", y, x))
    y = b.add("Flatten", b.add("MaxPool", y, kernel_shape=[2, 2], strides=[2, 2]))
    y = b.add("Add", b.add("MatMul", y, b.weights(196, 10)), b.weights(10))
    b.add("Softmax", y)
    return b.content()


def test_the_written_file_answers_as_onnxruntime_does():
    content = classifier()
    conversion = convert(Checkpoint("classifier.onnx", content), Options())
    file = reference.read(conversion.content)
    inputs = np.random.default_rng(0).random((5, 28, 28, 1)).astype(np.float32)
    expected = read(Checkpoint("classifier.onnx", content)).evaluate(inputs)
    np.testing.assert_allclose(reference.run(file, inputs), expected, atol=1e-5)
    assert file.metadata["framework"] == "onnx opset 13"
    assert convert(Checkpoint("classifier.onnx", content), Options()).content == conversion.content


def test_batch_normalisation_and_bias_are_folded():
    result = read(Checkpoint("classifier.onnx", classifier()))
    written = reference.read(
        convert(Checkpoint("classifier.onnx", classifier()), Options()).content
    )
    assert operators(result).count("scale_shift") == 1
    assert reference.SCALE_SHIFT not in written.operators()


def test_the_command(tmp_path, capsys):
    source, target = tmp_path / "classifier.bin", tmp_path / "model.fmg"
    source.write_bytes(classifier())
    assert cli.main([str(source), str(target), "--no-verify"]) == 0
    file = reference.read(target.read_bytes())
    answers = reference.classify(file, file.golden_inputs)
    assert np.abs(answers - file.golden_outputs).max() <= file.tolerance
    assert "10 classes (probabilities), from onnx opset 13" in capsys.readouterr().out


def test_the_command_refuses(tmp_path, capsys):
    source, target = tmp_path / "model.onnx", tmp_path / "model.fmg"
    b = Build("n", 3, 6, 6)
    b.add("Einsum", "x", equation="nchw->nhwc")
    source.write_bytes(b.content())
    assert cli.main([str(source), str(target), "--no-verify"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"fmnist-convert: {source}: the node 'n_v0' is the operator Einsum")
    assert not target.exists()
