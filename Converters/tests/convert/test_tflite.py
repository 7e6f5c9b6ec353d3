"""TensorFlow Lite files: each operator as TensorFlow writes it, and what bytes become."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

import reference
from fmnistrt.convert.checkpoint import Checkpoint
from fmnistrt.convert.convert import Options, convert
from fmnistrt.convert.frontends import read
from fmnistrt.convert.tflite.model import load_model
from fmnistrt.data import load
from tflite_files import FILES, HALF, INT8, RANDOM, changed, numbers, written

pytestmark = pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")


@pytest.fixture(scope="module")
def tf():
    import tensorflow

    return tensorflow


def answered(tf, content, inputs):
    """What TensorFlow's interpreter gives for each input."""
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    answers = []
    for one in inputs:
        interpreter.set_tensor(source["index"], one.reshape(source["shape"]))
        interpreter.invoke()
        answers.append(interpreter.get_tensor(target["index"]).reshape(-1).copy())
    return np.stack(answers)


def check(tf, content, inputs=None):
    """That the interpreter, the evaluator and the .fmg file agree; returns the file."""
    checkpoint = Checkpoint("m.tflite", content)
    result = read(checkpoint)
    file = reference.read(convert(checkpoint, Options(labels=[])).content)
    shape = file.tensors[0].shape
    if inputs is None:
        inputs = RANDOM.normal(0, 1, (3, *shape)).astype(np.float32)
    expected = answered(tf, content, inputs)
    scale = max(1.0, float(np.abs(expected).max()))
    assert np.abs(expected - result.evaluate(inputs)).max() <= 2e-5 * scale
    assert np.abs(expected - reference.run(file, inputs)).max() <= 2e-5 * scale
    return file


def flat(tf, x):
    return tf.reshape(x, (1, -1))


IMAGE = (7, 6, 3)
OPERATORS = {
    "convolution": lambda tf, x: tf.nn.conv2d(x, numbers(3, 2, 3, 4), 2, "SAME"),
    "valid convolution": lambda tf, x: tf.nn.conv2d(x, numbers(2, 3, 3, 4), (2, 1), "VALID"),
    "dilated convolution": lambda tf, x: tf.nn.conv2d(
        x, numbers(3, 3, 3, 4), 1, "SAME", dilations=2
    ),
    "explicit padding": lambda tf, x: tf.nn.conv2d(
        x, numbers(3, 3, 3, 4), 1, [[0, 0], [1, 0], [2, 1], [0, 0]]
    ),
    "depthwise": lambda tf, x: tf.nn.depthwise_conv2d(x, numbers(3, 3, 3, 2), (1, 2, 2, 1), "SAME"),
    "dilated depthwise": lambda tf, x: tf.nn.depthwise_conv2d(
        x, numbers(2, 2, 3, 1), (1, 1, 1, 1), "VALID", dilations=(2, 2)
    ),
    "groups": lambda tf, x: tf.nn.conv2d(tf.concat([x, x], 3), numbers(3, 3, 3, 4), 1, "SAME"),
    "bias and relu": lambda tf, x: tf.nn.relu(
        tf.nn.bias_add(tf.nn.conv2d(x, numbers(1, 1, 3, 4), 1, "SAME"), numbers(4))
    ),
    "max pool": lambda tf, x: tf.nn.max_pool2d(x, (3, 2), 2, "SAME"),
    "average pool": lambda tf, x: tf.nn.avg_pool2d(x, 3, 2, "SAME"),
    "valid average pool": lambda tf, x: tf.nn.avg_pool2d(x, 2, 1, "VALID"),
    "mean of the image": lambda tf, x: tf.reduce_mean(x, (1, 2)),
    "mean of the channels": lambda tf, x: tf.reduce_mean(x, 3, keepdims=True),
    "mean of rows": lambda tf, x: tf.reduce_mean(x, 1),
    "sum": lambda tf, x: tf.reduce_sum(x, (1, 2)),
    "maximum over columns": lambda tf, x: tf.reduce_max(x, (2, 3)),
    "dense": lambda tf, x: tf.nn.bias_add(tf.matmul(flat(tf, x), numbers(126, 5)), numbers(5)),
    "dense of pixels": lambda tf, x: tf.linalg.matmul(x, numbers(3, 5)),
    "transposed dense": lambda tf, x: tf.matmul(flat(tf, x), numbers(5, 126), transpose_b=True),
    "softmax": lambda tf, x: tf.nn.softmax(flat(tf, x)),
    "softmax of pixels": lambda tf, x: tf.nn.softmax(x),
    "log softmax": lambda tf, x: tf.nn.log_softmax(flat(tf, x)),
    "relu": lambda tf, x: tf.nn.relu(x),
    "relu6": lambda tf, x: tf.nn.relu6(x * 8),
    "relu -1 to 1": lambda tf, x: tf.maximum(-1.0, tf.minimum(x, 1.0)),
    "leaky relu": lambda tf, x: tf.nn.leaky_relu(x, 0.3),
    "prelu": lambda tf, x: tf.nn.relu(x) + numbers(3) * (x - tf.abs(x)) * 0.5,
    "elu": lambda tf, x: tf.nn.elu(x),
    "gelu": lambda tf, x: tf.nn.gelu(x),
    "approximate gelu": lambda tf, x: tf.nn.gelu(x, approximate=True),
    "hard swish": lambda tf, x: x * tf.nn.relu6(x + 3.0) / 6.0,
    "swish": lambda tf, x: tf.nn.silu(x),
    "sigmoid and tanh": lambda tf, x: tf.sigmoid(x) - tf.tanh(x),
    "exp": lambda tf, x: tf.exp(x),
    "square": lambda tf, x: tf.square(x),
    "negative": lambda tf, x: -x,
    "scale and shift": lambda tf, x: (x * numbers(3) + numbers(3)) / 2.0 - numbers(3),
    "from a constant": lambda tf, x: 1.0 - x,
    "for each pixel": lambda tf, x: x * numbers(7, 6, 3) + numbers(7, 6, 1),
    "division": lambda tf, x: x / numbers(7, 6, 3),
    "two activations": lambda tf, x: tf.maximum(x, tf.minimum(tf.exp(x), x * x)),
    "a gate": lambda tf, x: tf.sigmoid(tf.reduce_mean(x, (1, 2), keepdims=True)) * x,
    "concatenation": lambda tf, x: tf.concat([x, tf.exp(x), x], 2),
    "padding": lambda tf, x: tf.pad(x, [[0, 0], [1, 2], [0, 3], [0, 0]]),
    "padding of channels": lambda tf, x: tf.pad(x, [[0, 0], [1, 0], [0, 0], [2, 1]]),
    "padding with a number": lambda tf, x: tf.pad(
        x, [[0, 0], [1, 2], [0, 3], [0, 0]], constant_values=1.5
    ),
    "transpose": lambda tf, x: tf.transpose(x, (0, 3, 1, 2)),
    "squeeze": lambda tf, x: tf.squeeze(tf.reduce_mean(x, 1, keepdims=True), 1),
    "expand": lambda tf, x: tf.expand_dims(tf.reduce_mean(x, 1), 2),
    "absolute": lambda tf, x: tf.abs(x),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operator(tf, name):
    def function(x):
        # A last operator of its own, so that no model is empty.
        return flat(tf, tf.tanh(OPERATORS[name](tf, x) * 0.25))

    check(tf, written(tf, function, IMAGE))


def test_open_batch(tf):
    """The arithmetic of shapes, and dilations as images of their own."""

    def function(x):
        y = tf.nn.conv2d(x, numbers(3, 3, 3, 4), 1, "SAME", dilations=(2, 3))
        y = tf.nn.depthwise_conv2d(y, numbers(3, 2, 4, 1), (1, 1, 1, 1), "VALID", dilations=(2, 2))
        sizes = tf.shape(y)
        y = tf.reshape(y, (sizes[0], sizes[1] * sizes[2], 4))
        return tf.nn.softmax(tf.reshape(y, tf.stack([sizes[0], -1])))

    content = written(tf, function, (12, 12, 3), batch=None)
    assert {"SPACE_TO_BATCH_ND", "SHAPE", "PACK"} <= {n.operator for n in load_model(content).nodes}
    check(tf, content)


@pytest.mark.parametrize("shape", [(784,), (50,), (28, 28), (3, 9, 8), (1, 6, 5)])
def test_inputs(tf, shape):
    """Vectors, gray images without channels, and channels in front."""
    size = math.prod(shape)

    def function(x):
        return tf.nn.softmax(tf.matmul(tf.reshape(tf.exp(x), (1, size)), numbers(size, 4)))

    content = written(tf, function, shape)
    if shape[0] != 3:
        file = check(tf, content)
        expected = {(784,): (28, 28, 1), (28, 28): (28, 28, 1), (1, 6, 5): (6, 5, 1)}
        assert file.tensors[0].shape == expected.get(shape, shape)
        return
    # The pixels of an image lie in another order than those of the file's input.
    result = read(Checkpoint("m.tflite", content))
    images = RANDOM.normal(0, 1, (3, 9, 8, 3)).astype(np.float32)
    expected = answered(tf, content, images.transpose(0, 3, 1, 2))
    file = reference.read(convert(Checkpoint("m", content), Options(labels=[])).content)
    assert np.abs(result.evaluate(images) - expected).max() < 1e-5
    assert np.abs(reference.run(file, images) - expected).max() < 1e-5


def test_fixed_batch(tf):
    """Of four images, which the arithmetic of the file's reshapes names."""

    def function(x):
        x = tf.nn.conv2d(x, numbers(3, 3, 2, 4), 1, "SAME")
        return tf.matmul(tf.reshape(x, (4, 120)), numbers(120, 5))

    content = written(tf, function, (6, 5, 2), batch=4)
    checkpoint = Checkpoint("m", content)
    inputs = RANDOM.normal(0, 1, (4, 6, 5, 2)).astype(np.float32)
    expected = answered(tf, content, inputs[None]).reshape(4, 5)
    file = reference.read(convert(checkpoint, Options(labels=[])).content)
    np.testing.assert_allclose(read(checkpoint).evaluate(inputs), expected, atol=1e-5)
    np.testing.assert_allclose(reference.run(file, inputs), expected, atol=1e-5)


def test_nothing_heavy_is_loaded(tmp_path):
    code = (
        "import sys\nfrom fmnistrt.convert.cli import main\n"
        "assert main([*sys.argv[1:], '--no-verify']) == 0\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(INT8), str(tmp_path / "m.fmg")],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    loaded = result.stdout.split("\n")[-2].split()
    assert "numpy" in loaded
    assert not {"tensorflow", "flatbuffers", "h5py", "onnx", "onnxruntime"} & set(loaded)


def test_half_precision_stays():
    file = reference.read(convert(Checkpoint("m", HALF.read_bytes()), Options()).content)
    kinds = [tensor.value.dtype.name for tensor in file.tensors if tensor.value is not None]
    # The fourth layer is a dense one, with the batch normalisation before it in its weights.
    assert kinds.count("float16") == 3
    assert file.minor == 1


def test_bytes_are_taken_over():
    """Weights are those of the file, and its steps too."""
    conversion = convert(Checkpoint("m", INT8.read_bytes()), Options())
    assert "the model is quantised already: 4 layers compute in bytes" in conversion.notes
    stored = {
        tensor.value.astype(np.int64).tobytes()
        for tensor in load_model(INT8.read_bytes()).tensors
        if tensor.kind == "int8" and tensor.value is not None
    }
    layers = [n for n in conversion.model.graph.nodes if n.operator in ("conv2d", "dense")]
    assert len(layers) == 4
    for node in layers:
        assert node.inputs[1].value.dtype == np.int8
        assert node.inputs[1].value.astype(np.int64).tobytes() in stored
    assert conversion.model.output_kind == "probabilities"
    halved = convert(Checkpoint("m", INT8.read_bytes()), Options(half_weights=True))
    assert [n.inputs[1].value.dtype for n in halved.model.graph.nodes if len(n.inputs) == 4] == [
        np.int8
    ] * 4


@pytest.mark.parametrize("path", sorted(FILES.glob("tflite-*int8*.tflite")), ids=lambda p: p.stem)
def test_quantised_answers(path):
    """Nearly every image is of the interpreter's class: tolerances alone would allow more."""
    options = json.loads(path.with_suffix(".json").read_text())["options"]
    mean, deviation = map(float, options[1::2]) if options else (0.0, 1.0)
    images = load("t10k").images[:200, :, :, None]
    inputs = ((images / 255 - mean) / deviation).astype(np.float32)
    expected = np.load(path.with_suffix(".answers.npz"))["answers"][:200].argmax(1)
    found = read(Checkpoint(path.name, path.read_bytes())).evaluate(inputs).argmax(1)
    assert (found == expected).mean() >= 0.98


def test_bytes_that_say_what_the_pixels_are(tf):
    for name in ("tflite-2.15.1-mobile-uint8-io", "tflite-2.15.1-residual-int8"):
        content = (FILES / f"{name}.tflite").read_bytes()
        notes = convert(Checkpoint("m", content), Options()).notes
        assert any("its input is bytes that stand for -0.81" in note for note in notes)

    def plain(model):
        first = model.subgraphs[0].operators[0].outputs[0]
        quantization = model.subgraphs[0].tensors[first].quantization
        quantization.scale, quantization.zeroPoint = [1.0], [-128]

    conversion = convert(Checkpoint("m", changed(INT8, plain)), Options())
    assert conversion.model.pixels.scale == 1
    assert any("stand for 0 to 255" in note for note in conversion.notes)
    path = FILES / "tflite-2.3.4-int8-io.tflite"
    assert not any("stand for" in n for n in read(Checkpoint("m", path.read_bytes())).notes)


def test_bytes_of_weights_alone():
    path = FILES / "tflite-2.21.0-dynamic.tflite"
    notes = read(Checkpoint("m", path.read_bytes())).notes
    assert [note for note in notes if note.startswith("its weights are bytes")]
