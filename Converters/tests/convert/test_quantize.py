"""Quantised Keras models: the library gives the simulation's bits, and answers stay close."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from conftest import randomise
from fmnistrt import FmnistError, Model
from fmnistrt.convert.checkpoint import Checkpoint
from fmnistrt.convert.convert import Options, convert
from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.names import assign_names
from fmnistrt.convert.quantize.quantize import Quantization
from fmnistrt.convert.quantize.simulate import each_tensor


def pictures(count, height, width, *channels, seed=0):
    """Patches at random, each picture another pattern, with some noise."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 200, (count, 4, 4, *channels))
    large = coarse.repeat(-(-height // 4), 1).repeat(-(-width // 4), 2)[:, :height, :width]
    return (large + random.integers(0, 56, large.shape)).astype(np.uint8)


@pytest.fixture
def quantized(tmp_path):
    """Converts a Keras model with pictures at random, and checks the file by the simulation."""

    def check(model, shape, count=60, options=None, **settings):
        model.save(tmp_path / "model.keras")
        np.save(tmp_path / "pictures.npy", pictures(count, *shape))
        quantization = Quantization(
            tmp_path / "pictures.npy", **{"most_changed": 1.0, "simulate": True, **settings}
        )
        content = (tmp_path / "model.keras").read_bytes()
        chosen = Options(labels=[], quantization=quantization, **(options or {}))
        conversion = convert(Checkpoint("model.keras", content), chosen)
        same_bits(conversion, pictures(2, *shape, seed=1))
        return conversion

    return check


def same_bits(conversion, images):
    graph, names = conversion.model.graph, assign_names(conversion.model.graph)
    for isa in ("baseline", "v3", "v4"):
        try:
            model = Model.from_bytes(conversion.content, isa=isa)
        except FmnistError as error:
            assert error.status == "FMNIST_ERROR_UNSUPPORTED"
            continue
        for image in images:
            found = model.intermediate(image, list(names.values())[: len(graph.nodes) + 1])
            prepared = conversion.model.pixels.prepare(image.reshape(1, *graph.input.shape))
            for tensor, value in each_tensor(graph, prepared):
                wanted = value[0]
                if tensor.bytes is not None:
                    real = wanted.astype(np.float32) - np.float32(tensor.bytes.zero_point)
                    wanted = real * np.float32(tensor.bytes.scale)
                    assert np.array_equal(found[names[tensor]], wanted), (isa, tensor.name)
                else:
                    np.testing.assert_allclose(found[names[tensor]], wanted, rtol=1e-5, atol=1e-5)
            # Fused, the same bits as with every tensor kept.
            scores = model.classify(image, top_k=0).scores[0]
            assert np.array_equal(scores, found[names[graph.output]])


def kinds(conversion):
    return [
        node.operator + ("/bytes" if node.inputs[0].bytes else "")
        for node in conversion.model.graph.nodes
    ]


def test_padded_convolutions_and_norms(keras, quantized):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            layers.BatchNormalization(),
            layers.Conv2D(9, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(18, 3, padding="same", strides=2),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(11, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    conversion = quantized(randomise(model), (12, 12))
    found = kinds(conversion)
    assert found.count("conv2d/bytes") == 2
    assert found.count("dense/bytes") == 2
    assert "max_pool/bytes" in found
    assert "reshape/bytes" in found
    assert "dequantize" not in " ".join(found)
    report = conversion.quantized
    assert (report.layers, report.kept, report.calibrated) == (4, [], 36)
    assert conversion.content[10] == 2
    assert conversion.model.golden.tolerance == pytest.approx(1e-4)
    assert conversion.model.metadata["quantization"].startswith("int8, ranges by mse of 36")


def test_branches(keras, quantized):
    layers = keras.layers
    x = entrance = keras.Input((12, 10, 3))
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same")(x)
    y = layers.LeakyReLU(negative_slope=0.1)(layers.BatchNormalization()(y))
    y = layers.ReLU()(layers.Add()([y, layers.Conv2D(8, 1)(x)]))
    y = layers.Concatenate()([y, x, layers.Conv2D(5, 3, padding="same", activation="elu")(y)])
    y = layers.AveragePooling2D(2, padding="same")(y)
    y = layers.Conv2D(12, 2, groups=3)(y)
    y = layers.Conv2D(12, 3, dilation_rate=2, padding="same", activation="relu6")(y)
    gate = layers.Dense(12, activation="sigmoid")(layers.GlobalAveragePooling2D()(y))
    y = layers.Multiply()([y, layers.Reshape((1, 1, 12))(gate)])
    y = layers.Add()([layers.GlobalMaxPooling2D()(y), layers.GlobalAveragePooling2D()(y)])
    model = keras.Model(entrance, layers.Dense(10)(y))
    conversion = quantized(randomise(model), (12, 10, 3))
    found = kinds(conversion)
    assert found.count("conv2d/bytes") == 5
    assert found.count("conv2d") == 1
    for kind in ("binary", "concatenate", "average_pool", "global_average_pool", "dense"):
        assert f"{kind}/bytes" in found
    # Sigmoid and elu are not the same bits everywhere, and bytes follow them.
    assert conversion.model.golden.tolerance > 1e-3
    joined = next(n for n in conversion.model.graph.nodes if n.operator == "concatenate")
    assert {tensor.bytes for tensor in joined.inputs} == {joined.output.bytes}


def test_answers_stay_close(keras, quantized):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    conversion = quantized(randomise(model), (16, 16), count=200)
    images = pictures(100, 16, 16, seed=5)
    before = float_model(model).classify(images).scores
    after = Model.from_bytes(conversion.content).classify(images).scores
    # What 8 bits give: the error is some percent of what the scores vary by.
    assert np.abs(after - before).mean() < 0.03 * before.std(0).mean()
    assert len(conversion.content) < 0.5 * conversion.quantized.float_bytes


def float_model(model):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        content = convert(Checkpoint.open(path), Options(labels=[])).content
    return Model.from_bytes(content)


def test_named_layers_stay_in_floats(keras, quantized):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="first"),
            layers.Conv2D(4, 3, activation="relu", name="second"),
            layers.Flatten(),
            layers.Dense(10, name="third"),
        ]
    )
    conversion = quantized(randomise(model), (8, 8), keep_float=("second",))
    assert [kept.name for kept in conversion.quantized.kept] == ["second"]
    assert kinds(conversion).count("conv2d") == 1
    assert kinds(conversion).count("conv2d/bytes") == 1
    with pytest.raises(ConvertError, match=r"no layer fourth .* first, second, third"):
        quantized(model, (8, 8), keep_float=("fourth",))
    with pytest.raises(ConvertError, match="no layer is left to quantise"):
        quantized(model, (8, 8), keep_float=("first", "second", "third"))


def test_a_layer_that_suffers_stays_in_floats(keras, quantized):
    """Its input has one channel a thousand times as large as the others, which decide."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="even"),
            layers.Conv2D(6, 1, name="uneven"),
            layers.MaxPooling2D(4),
            layers.Flatten(),
            layers.Dense(10, name="victim"),
        ]
    )
    randomise(model)
    kernel, bias = model.get_layer("uneven").get_weights()
    kernel[..., 0] *= 10_000
    model.get_layer("uneven").set_weights([kernel, bias])
    kernel, bias = model.get_layer("victim").get_weights()
    kernel[::6] = 0
    model.get_layer("victim").set_weights([kernel, bias])
    # No class is larger from the start.
    answers = float_model(model).classify(pictures(50, 8, 8)).scores
    model.get_layer("victim").set_weights([kernel, bias - answers.mean(0)])
    careless = quantized(model, (8, 8), most_changed=1.0, count=200).quantized
    assert careless.kept == []
    assert careless.changed > 2
    careful = quantized(model, (8, 8), most_changed=0.0, count=200).quantized
    assert "victim" in [kept.name for kept in careful.kept]
    assert "rounded alone, it changes" in careful.kept[0].reason
    assert careful.changed < careless.changed


@pytest.mark.parametrize("correct", [True, False])
def test_bias_correction(keras, quantized, correct):
    """Without it a channel's mean is off by what rounding its weights shifts."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(4, 3),
            layers.GlobalAveragePooling2D(),
        ]
    )
    randomise(model)
    conversion = quantized(model, (8, 8), correct_bias=correct, count=120)
    images = pictures(120, 8, 8)
    before = float_model(model).classify(images).scores
    shift = np.abs((Model.from_bytes(conversion.content).classify(images).scores - before).mean(0))
    ratio = shift.max() / before.std()
    assert bool(ratio < 0.002) is correct, ratio


def test_the_same_bytes_every_time(keras, tmp_path):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    randomise(model).save(tmp_path / "model.keras")
    np.savez(tmp_path / "p.npz", x=pictures(90, 8, 8), y=np.arange(90) % 10)
    content = (tmp_path / "model.keras").read_bytes()

    def converted(seed):
        quantization = Quantization(tmp_path / "p.npz", seed=seed, simulate=True)
        options = Options(quantization=quantization)
        return convert(Checkpoint("model.keras", content), options).content

    first = converted(0)
    assert converted(0) == first
    assert converted(1) != first


@pytest.mark.parametrize("ranges", ["mse", "percentile", "minmax"])
@pytest.mark.parametrize("contract", [{}, {"mean": (0.2861,), "deviation": (0.353,)}])
def test_pixels_are_not_rounded(keras, quantized, ranges, contract):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    conversion = quantized(randomise(model), (8, 8), options=contract, ranges=ranges)
    graph = conversion.model.graph
    image = np.arange(0, 256, 4, dtype=np.uint8).reshape(1, 8, 8, 1)
    prepared = conversion.model.pixels.prepare(image)
    first = next(v for t, v in each_tensor(graph, prepared) if t.bytes is not None)
    assert np.array_equal(first, image)
    zero = graph.nodes[-1].inputs[0].bytes is not None and next(
        node.output.bytes for node in graph.nodes if node.operator == "quantize"
    )
    assert zero.zero_point == (73 if contract else 0)


def test_models_without_pictures(keras, quantized):
    model = keras.Sequential(
        [keras.Input((4, 4, 2)), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    with pytest.raises(ConvertError, match="takes no pictures"):
        quantized(model, (4, 4))
