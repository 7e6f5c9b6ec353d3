"""SavedModels, graphs and checkpoints: what is chosen in them, and what is refused.

Real ones are in tests/real.
"""

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import reference
from fmnistrt.convert import cli
from fmnistrt.convert.checkpoint import Checkpoint, SourceOptions
from fmnistrt.convert.convert import Options, convert
from fmnistrt.convert.frontends import read
from fmnistrt.convert.graph import ConvertError

FILES = Path(__file__).parent.parent / "real" / "files"
RANDOM = np.random.default_rng(6)


@pytest.fixture(scope="module")
def tf():
    import tensorflow

    return tensorflow


def saved(tf, folder, *specs, **functions):
    """A SavedModel in which each function is a signature of its own name."""
    module, specs = tf.Module(), specs or (tf.TensorSpec((None, 6, 5, 2), name="images"),)
    module.weights = tf.Variable(RANDOM.normal(0, 1, (60, 4)).astype(np.float32))
    made = {}
    for name, function in functions.items():

        def computed(*inputs, function=function):
            return function(module.weights, *inputs)

        made[name] = tf.function(computed, autograph=False).get_concrete_function(*specs)
    tf.saved_model.save(module, str(folder), signatures=made)
    return Checkpoint.open(folder)


def classify(tf):
    def function(weights, x):
        return {"scores": tf.matmul(tf.reshape(x, (-1, 60)), weights)}

    return function


def test_answers_are_those_of_tensorflow(tf, tmp_path):
    checkpoint = saved(tf, tmp_path / "m.v1", serving_default=classify(tf))
    result = read(checkpoint)
    assert result.name == "m.v1"
    assert result.framework == f"tensorflow {tf.__version__}"
    assert result.output_kind == "logits"
    inputs = RANDOM.normal(0, 1, (70, 6, 5, 2)).astype(np.float32)
    function = tf.saved_model.load(str(tmp_path / "m.v1")).signatures["serving_default"]
    expected = function(tf.constant(inputs))["scores"].numpy()
    np.testing.assert_allclose(result.evaluate(inputs), expected, atol=1e-5)
    file = reference.read(convert(checkpoint, Options(labels=[])).content)
    np.testing.assert_allclose(reference.run(file, inputs[:3]), expected[:3], atol=1e-4)


def test_fixed_batch(tf, tmp_path):
    spec = tf.TensorSpec((4, 6, 5, 2), name="images")
    result = read(saved(tf, tmp_path / "m", spec, serving_default=classify(tf)))
    inputs = RANDOM.normal(0, 1, (6, 6, 5, 2)).astype(np.float32)
    assert result.evaluate(inputs).shape == (6, 4)
    again = result.evaluate(inputs[4:])
    np.testing.assert_array_equal(result.evaluate(inputs)[4:], again)


def test_signatures(tf, tmp_path):
    def softmax(weights, x):
        return {"p": tf.nn.softmax(classify(tf)(weights, x)["scores"])}

    both = saved(tf, tmp_path / "both", first=classify(tf), second=softmax)
    with pytest.raises(ConvertError, match="has the signatures first, second: choose one of them"):
        read(both)
    result = read(both, SourceOptions(signature="second"))
    assert result.output_kind == "probabilities"
    assert "the signature is second; --signature can choose first" in result.notes
    with pytest.raises(ConvertError, match="has the signatures first, second: choose"):
        read(both, SourceOptions(signature="third"))
    only = saved(tf, tmp_path / "only", other=classify(tf))
    assert read(only).notes == []


def test_outputs(tf, tmp_path):
    def several(weights, x):
        logits = classify(tf)(weights, x)["scores"]
        found = {"probabilities": tf.nn.softmax(logits), "logits": logits}
        return {**found, "classes": tf.argmax(logits, 1)}

    result = read(saved(tf, tmp_path / "m", serving_default=several))
    assert result.output_kind == "probabilities"
    assert result.notes == [
        "of the outputs classes, logits, probabilities, probabilities is converted"
    ]


def two_outputs(tf):
    return lambda weights, x: {"a": classify(tf)(weights, x)["scores"], "b": x}, ()


def two_inputs(tf):
    spec = tf.TensorSpec((None, 6, 5, 2), name="images")
    other = tf.TensorSpec((None, 6, 5, 2), name="masks")
    return lambda weights, x, y: classify(tf)(weights, x * y), (spec, other)


def texts(tf):
    def function(weights, x):
        return {"scores": tf.reshape(tf.io.decode_raw(x, tf.float32), (-1, 60)) @ weights}

    return function, (tf.TensorSpec((None,), tf.string, name="examples"),)


def whole_numbers(tf):
    def function(weights, x):
        return classify(tf)(weights, tf.cast(x, tf.float32))

    return function, (tf.TensorSpec((None, 6, 5, 2), tf.uint8, name="images"),)


def open_sizes(tf):
    def function(weights, x):
        return classify(tf)(weights, tf.image.resize(x, (6, 5)))

    return function, (tf.TensorSpec((None, None, None, 2), name="images"),)


def foreign(tf):
    def function(weights, x):
        return {"scores": tf.cast(tf.strings.length(tf.strings.as_string(x)), tf.float32)}

    return function, ()


def cosine(tf):
    return lambda weights, x: classify(tf)(weights, tf.cos(x)), ()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            two_outputs,
            "has 2 outputs (a, b) in its signature serving_default: save a function with",
        ),
        (two_inputs, "has 2 inputs (images, masks) in its signature serving_default"),
        (texts, 'takes texts as its input "examples" (pictures in a file, or serialised examples)'),
        (whole_numbers, 'takes uint8 as its input "images": save a function'),
        (open_sizes, "is no batch of images: save a function with every size but the batch fixed"),
        (foreign, "TensorFlow Lite does not have (AsString, StringLength): replace"),
        (cosine, "(COS) cannot be converted; replace this layer"),
    ],
)
def test_refused(tf, tmp_path, make, words):
    function, specs = make(tf)
    checkpoint = saved(tf, tmp_path / "m", *specs, serving_default=function)
    with pytest.raises(ConvertError) as error:
        read(checkpoint)
    assert words in str(error.value), str(error.value)


def test_without_signatures(tf, tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path / "m"))
    with pytest.raises(ConvertError, match="SavedModel without signatures, such as a TF Hub"):
        read(Checkpoint.open(tmp_path / "m"))


def test_damaged_folders(tf, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 50)
    with pytest.raises(ConvertError, match=r"has a damaged saved_model.pb \("):
        read(Checkpoint.open(tmp_path))
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ConvertError, match=r"has no graph in its saved_model\.pb"):
        read(Checkpoint.open(tmp_path))
    source = saved(tf, tmp_path / "m", serving_default=classify(tf)).path
    for file in (source / "variables").iterdir():
        file.write_bytes(b"")
    with pytest.raises(ConvertError, match=r"cannot load \("):
        read(Checkpoint.open(source))


def archive(path, entries):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return Checkpoint.open(path)


def test_damaged_archives(tmp_path):
    entries = {"m/saved_model.pb": b"", "m/../../outside": b"x"}
    with pytest.raises(ConvertError, match=r"holds the file m/../../outside, which lies outside"):
        read(archive(tmp_path / "a.zip", entries))
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
    whole = (FILES / "tensorflow-2.21.0-export.zip").read_bytes()
    at = whole.index(b"saved_model.pb") + 60
    with pytest.raises(ConvertError, match="is a damaged zip archive"):
        read(Checkpoint("a.zip", whole[:at] + b"\0\0\0\0" + whole[at + 4 :]))


def graph_of(tf, function, *specs):
    """The bytes of a frozen graph; `function` gets its placeholders."""
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        function(*[v1.placeholder(spec.dtype, spec.shape, spec.name) for spec in specs])
    return Checkpoint("m.pb", graph.as_graph_def().SerializeToString())


def test_frozen_graphs(tf):
    weights = RANDOM.normal(0, 1, (60, 4)).astype(np.float32)

    def network(x):
        logits = tf.linalg.matmul(tf.reshape(x, (-1, 60)), weights, name="logits")
        tf.nn.softmax(tf.identity(logits), name="scores")
        tf.argmax(logits, 1, name="classes")

    spec = tf.TensorSpec((None, 6, 5, 2), name="images")
    checkpoint = graph_of(tf, network, spec)
    result = read(checkpoint)
    assert result.output_kind == "probabilities"
    inputs = RANDOM.normal(0, 1, (3, 6, 5, 2)).astype(np.float32)
    file = reference.read(convert(checkpoint, Options(labels=[])).content)
    np.testing.assert_allclose(reference.run(file, inputs), result.evaluate(inputs), atol=1e-5)
    logits = read(checkpoint, SourceOptions(signature="logits"))
    assert logits.output_kind == "logits"
    np.testing.assert_allclose(logits.evaluate(inputs), inputs.reshape(3, 60) @ weights, atol=1e-5)
    with pytest.raises(ConvertError, match=r"ends with these nodes: scores\. Choose the one"):
        read(checkpoint, SourceOptions(signature="score"))


def test_refused_graphs(tf):
    spec = tf.TensorSpec((None, 6, 5, 2), name="images")
    other = tf.TensorSpec((None, 6, 5, 2), name="masks")
    free = tf.TensorSpec(None, name="images")

    def two_ends(x):
        tf.exp(x, name="a"), tf.sin(x, name="b")

    def variable(x):
        tf.identity(tf.compat.v1.Variable(1.0, use_resource=False) * x, name="a")

    for function, specs, words in [
        (two_ends, [spec], "ends with these nodes: a, b. Choose"),
        (lambda x, y: tf.add(x, y, name="a"), [spec, other], "has 2 inputs (images, masks), and"),
        (variable, [spec], "without the numbers of its variables"),
        (lambda x: tf.exp(x, name="a"), [free], "which is no batch of images"),
    ]:
        with pytest.raises(ConvertError) as error:
            read(graph_of(tf, function, *specs))
        assert words in str(error.value), str(error.value)
    content = graph_of(tf, lambda x: tf.exp(x, name="a"), spec).content
    with pytest.raises(ConvertError, match=r"cannot load \("):
        read(Checkpoint("m.pb", content.replace(b"Exp", b"Eyp")))


def tracked(tf, layer):
    """The variables of a layer, or of a model's layers, as TensorFlow's Keras tracked them."""
    node = tf.Module()
    for weight in layer.weights if not hasattr(layer, "layers") else []:
        setattr(node, weight.name, tf.Variable(weight.numpy()))
    numbered = [one for one in getattr(layer, "layers", []) if one.weights]
    for number, one in enumerate(numbered):
        setattr(node, f"layer_with_weights-{number}", tracked(tf, one))
    return node


def checkpoint_of(tf, model, prefix):
    """A checkpoint of weights alone, with some of an optimiser."""
    node = tracked(tf, model)
    node.optimizer = tf.Module()
    node.optimizer.iter = tf.Variable(3)
    tf.train.Checkpoint(
        **{name: getattr(node, name) for name in vars(node) if name[0] != "_"}
    ).write(str(prefix))
    return Checkpoint.open(prefix)


def test_checkpoints_of_weights(tf, keras, tmp_path):
    layers = keras.layers
    inner = keras.Sequential(
        [
            layers.Conv2D(4, 3, padding="same"),
            layers.BatchNormalization(),
            layers.SeparableConv2D(5, 3),
            layers.PReLU(shared_axes=[1, 2]),
        ],
        name="inner",
    )
    model = keras.Sequential(
        [
            keras.Input((8, 7, 1)),
            layers.BatchNormalization(),
            inner,
            layers.Conv2D(3, 2, use_bias=False),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )
    for weight in model.weights:
        low = 0.5 if "variance" in weight.path else -1.0
        weight.assign(RANDOM.uniform(low, 1.5, weight.shape).astype(np.float32))
    checkpoint = checkpoint_of(tf, model, tmp_path / "best.ckpt")
    with pytest.raises(ConvertError) as error:
        read(checkpoint)
    assert "to a file best.ckpt.json beside it, or anywhere and give it with --con" in str(
        error.value
    )
    assert "The weights are layer_with_weights-0/beta 1, layer_with_weights-0/gam" in str(
        error.value
    )
    assert "... (17 in all)" in str(error.value)
    (tmp_path / "best.ckpt.json").write_text(model.to_json())
    inputs = RANDOM.normal(0, 1, (3, 8, 7, 1)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(model(inputs, training=False))
    result = read(checkpoint)
    np.testing.assert_allclose(result.evaluate(inputs), expected, atol=1e-5)
    file = reference.read(convert(checkpoint, Options(labels=[])).content)
    np.testing.assert_allclose(reference.run(file, inputs), expected, atol=1e-5)
    assert "best.ckpt.json" in result.notes[0]
    fewer = keras.Sequential(model.layers[:-1])
    fewer.build((None, 8, 7, 1))
    (tmp_path / "fewer.json").write_text(fewer.to_json())
    with pytest.raises(ConvertError, match="more layers with weights than the 3 of the model in"):
        read(checkpoint, SourceOptions(config=tmp_path / "fewer.json"))


def test_other_checkpoints(tf, tmp_path):
    weights = {"conv2d": tf.Variable(tf.zeros((3, 3, 1, 8))), "dense": tf.Variable(tf.zeros(4))}
    tf.train.Checkpoint(**weights).write(str(tmp_path / "a"))
    with pytest.raises(
        ConvertError, match=r"no layers of Keras: conv2d 3x3x1x8, dense 4\. Save the"
    ):
        read(Checkpoint.open(tmp_path / "a"))
    (tmp_path / "a.data-00000-of-00001").unlink()
    with pytest.raises(ConvertError, match=r"TensorFlow cannot read \(.*with the .data files besi"):
        read(Checkpoint.open(tmp_path / "a"))
    content = (tmp_path / "a.index").read_bytes()
    with pytest.raises(ConvertError, match="without the file of its numbers"):
        read(Checkpoint("a.index", content))
    (tmp_path / "b.index").write_bytes(bytes(60) + content[-8:])
    with pytest.raises(ConvertError, match="TensorFlow cannot read"):
        read(Checkpoint.open(tmp_path / "b"))


def test_without_tensorflow(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    source = FILES / "tensorflow-2.10.1-module"
    assert cli.main([str(source), str(tmp_path / "m.fmg")]) == 1
    error = capsys.readouterr().err
    assert "needs TensorFlow to be read (" in error
    assert "run pip install './Converters[tensorflow]', or save the model as .keras" in error


def test_signature_is_for_saved_models(capsys, tmp_path):
    source = FILES / "tflite-2.8.4-mobile.tflite"
    assert cli.main([str(source), str(tmp_path / "m.fmg"), "--signature", "x"]) == 1
    assert "is for TensorFlow SavedModel and TensorFlow graph files only" in capsys.readouterr().err
