"""Ranges, the choice of pictures, pixels, and where bytes are placed."""

import numpy as np
import pytest

from fmnistrt.convert.graph import ConvertError, Graph, Tensor
from fmnistrt.convert.model import Pixels
from fmnistrt.convert.pictures import Pictures, read_pictures, stratified
from fmnistrt.convert.quantize.bias import input_means, shift_of
from fmnistrt.convert.quantize.calibrate import joined
from fmnistrt.convert.quantize.pixels import input_bytes, moved
from fmnistrt.convert.quantize.place import candidates, place
from fmnistrt.convert.quantize.prepare import prepare
from fmnistrt.convert.quantize.ranges import Histogram, choose, meaning_of
from fmnistrt.convert.quantize.simulate import each_tensor
from fmnistrt.convert.quantize.weights import with_steps
from test_passes import Made, values


@pytest.fixture
def random():
    return np.random.default_rng(17)


def histogram_of(values):
    result = Histogram.between(float(values.min()), float(values.max()))
    result.add(values)
    return result


def end(meaning):
    return (255 - meaning.zero_point) * meaning.scale


def test_zero_is_always_a_byte():
    assert meaning_of(0.0, 5.1).zero_point == 0
    assert meaning_of(2.0, 5.1) == meaning_of(0.0, 5.1)
    assert meaning_of(-5.1, -2.0).zero_point == 255
    assert meaning_of(-1.0, 1.0).zero_point in (127, 128)
    nothing = meaning_of(0.0, 0.0)
    assert nothing.scale > 0
    assert nothing.zero_point == 0


@pytest.mark.parametrize("method", ["mse", "percentile", "minmax"])
def test_ranges_of_what_relu_gives(random, method):
    values = np.maximum(random.normal(0, 1, 200_000), 0)
    meaning = choose(histogram_of(values), method)
    assert meaning.zero_point == 0
    assert 2.5 < end(meaning) <= values.max() * 1.001


def test_an_outlier_is_given_up(random):
    values = np.append(random.normal(0, 1, 1_000_000), 30.0)
    assert end(choose(histogram_of(values), "minmax")) == pytest.approx(30, rel=0.02)
    assert 3 < end(choose(histogram_of(values), "percentile")) < 5
    assert 4 < end(choose(histogram_of(values), "mse")) < 15


def test_the_error_of_mse_is_least(random):
    values = random.laplace(0, 1, 100_000)

    def error(meaning):
        low = -meaning.zero_point * meaning.scale
        rounded = np.rint(np.clip(values, low, end(meaning)) / meaning.scale) * meaning.scale
        return np.mean((rounded - values) ** 2)

    histogram = histogram_of(values)
    found = error(choose(histogram, "mse"))
    assert found < 0.95 * error(choose(histogram, "minmax"))
    best = min(error(meaning_of(-r, r)) for r in np.linspace(1, 12, 60))
    assert found < 1.1 * best


def test_histograms_joined(random):
    first, second = (histogram_of(random.normal(m, 1, 1000)) for m in (0, 5))
    both = joined([first, second])
    assert both.counts.sum() == 2000
    assert (both.low, both.high) == (first.low, second.high)
    assert joined([first]) is first


def test_every_class_is_drawn():
    labels = np.repeat([0, 1, 2, 3], [700, 200, 90, 10])
    pictures = Pictures(np.zeros((1000, 2, 2, 1), np.uint8), labels)
    chosen = stratified(pictures, 100, seed=4)
    assert len(set(chosen)) == 100
    counts = np.bincount(labels[chosen])
    assert np.abs(counts - [70, 20, 9, 1]).max() <= 1
    assert np.array_equal(chosen, stratified(pictures, 100, seed=4))
    assert not np.array_equal(chosen, stratified(pictures, 100, seed=5))
    unlabelled = stratified(Pictures(pictures.images), 100, seed=4)
    assert len(set(unlabelled)) == 100


def test_pictures_from_files(random, tmp_path):
    images = random.integers(0, 256, (5, 4, 4)).astype(np.uint8)
    np.save(tmp_path / "a.npy", images)
    np.savez(tmp_path / "b.npz", x_test=images, y_test=np.arange(5))
    read = read_pictures(tmp_path / "a.npy", "train", (4, 4, 1), 5)
    assert read.images.shape == (5, 4, 4, 1)
    assert read.labels is None
    assert read_pictures(tmp_path / "b.npz", "train", (4, 4, 1), 5).labels.tolist() == [
        0,
        1,
        2,
        3,
        4,
    ]
    with pytest.raises(ConvertError, match="labels that are not 0 to 3"):
        read_pictures(tmp_path / "b.npz", "train", (4, 4, 1), 4)
    with pytest.raises(ConvertError, match=r"holds pictures .* is needed"):
        read_pictures(tmp_path / "a.npy", "train", (5, 4, 1), 5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"pictures": np.zeros((2, 4, 4), np.uint8)}, "holds pictures: name the array of pictures"),
        ({"images": np.zeros((2, 4, 4))}, "of type float64: give plain pixels"),
        ({"images": np.zeros((2, 4, 4), np.uint8), "labels": np.zeros(3, int)}, "labels for 2"),
        ({"images": np.zeros((0, 4, 4), np.uint8)}, "is needed"),
        ({"images": np.array([None])}, "is damaged"),
    ],
)
def test_refused_pictures(tmp_path, content, words):
    np.savez(tmp_path / "p.npz", **content)
    with pytest.raises(ConvertError, match=words):
        read_pictures(tmp_path / "p.npz", "train", (4, 4, 1), 10)


def test_no_pictures(tmp_path):
    with pytest.raises(ConvertError, match="there is no such file or folder"):
        read_pictures(tmp_path / "none.npz", "train", (4, 4, 1), 10)
    (tmp_path / "text.npy").write_text("no pictures")
    with pytest.raises(ConvertError, match="holds no pictures"):
        read_pictures(tmp_path / "text.npy", "train", (4, 4, 1), 10)
    with pytest.raises(ConvertError, match="no such file"):
        read_pictures(tmp_path, "train", (28, 28, 1), 10)


def bytes_of(values, meaning):
    return np.rint(values / meaning.scale) + meaning.zero_point


@pytest.mark.parametrize(
    "pixels",
    [
        Pixels(),
        Pixels(mean=(0.2861,), deviation=(0.353,)),
        Pixels(mean=(0.5,), deviation=(0.5,)),
        Pixels(scale=1.0),
        Pixels(invert=True, mean=(0.1,)),
        Pixels(mean=(0.5, 0.5, 0.5), deviation=(0.2, 0.2, 0.2)),
    ],
)
def test_pixels_stay_bytes(pixels):
    channels = len(pixels.mean)
    graph = Graph(Tensor("input", (16, 16, channels)))
    graph.nodes.append(made_conv(graph.input))
    meaning, away = input_bytes(graph, graph.input, pixels)
    image = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(channels, 3)
    found = bytes_of(pixels.prepare(image).astype(np.float64) + away, meaning)
    assert np.array_equal(found, 255 - image.astype(int) if pixels.invert else image)
    graph, tensor = moved(graph, graph.input, away)
    scale, shift = (t.value for t in graph.nodes[0].inputs[1:])
    assert (scale == 1).all()
    assert shift == pytest.approx(away)
    layer = graph.nodes[1]
    assert layer.inputs[0] is tensor
    sums = layer.inputs[1].value.reshape(2, -1).sum(1)
    assert layer.inputs[2].value == pytest.approx(-away * sums, abs=1e-6)


def test_means_that_weights_meet(random):
    """The shift of errors is that of two convolutions, padding and groups included."""
    made = Made(7, 6, 4)
    first = made.add("conv2d", values(5, 3, 2, 4), pad_top=2, pad_left=1, stride_w=2)
    made.add("conv2d", values(5, 2, 2, 1), groups=5, dilation_h=2, pad_bottom=1)
    made.flat()
    made.add("dense", values(3, made.x.shape[0]))
    inputs = random.normal(1, 1, (40, 7, 6, 4)).astype(np.float32)
    layers = {node.output for node in candidates(made.graph)}
    met = input_means(made.graph, layers, inputs, lambda what, share: None)
    assert set(met) == layers
    before = dict(each_tensor(made.graph, inputs))
    for node in made.graph.nodes:
        if node.output not in met:
            continue
        errors = random.normal(0, 1, node.inputs[1].shape)
        weights = node.inputs[1]
        old = weights.value
        weights.value = (old + errors).astype(np.float32)
        after = dict(each_tensor(made.graph, inputs))[node.output]
        weights.value = old
        axes = tuple(range(after.ndim - 1))
        shift = (after - before[node.output]).mean(axes, dtype=np.float64)
        assert shift_of(errors, met[node.output]) == pytest.approx(shift, abs=1e-4)
    assert first in met


def made_conv(x):
    made = Made(*x.shape)
    made.x = x
    made.add("conv2d", values(2, 3, 3, x.shape[2]), pad_top=1)
    return made.graph.nodes[0]


@pytest.mark.parametrize(
    "pixels",
    [Pixels(mean=(-0.5,)), Pixels(mean=(1.5,)), Pixels(mean=(0.1, 0.2, 0.3)), Pixels(scale=-255.0)],
)
def test_other_pixels_are_covered(pixels):
    channels = len(pixels.mean)
    graph = Graph(Tensor("input", (16, 16, channels)))
    meaning, away = input_bytes(graph, graph.input, pixels)
    image = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(channels, 3)
    values = pixels.prepare(image)
    found = (bytes_of(values, meaning).clip(0, 255) - meaning.zero_point) * meaning.scale
    assert np.abs(found - values).max() <= 0.51 * meaning.scale
    assert away == 0


def test_a_norm_of_the_pixels_keeps_them():
    made = Made(16, 16, 1)
    made.add("scale_shift", np.float32([2.7368]), np.float32([-0.48621]))
    made.add("conv2d", values(2, 3, 3, 1), pad_top=1)
    made.flat()
    made.add("dense", values(3, 15 * 14 * 2))
    graph = prepare(made.graph, Pixels())
    norm = graph.nodes[0]
    assert norm.operator == "scale_shift"
    scale, shift = (float(tensor.value[0]) for tensor in norm.inputs[1:])
    meaning, away = input_bytes(graph, norm.output, Pixels())
    assert away == 0
    pixels = np.arange(256)
    assert np.array_equal(bytes_of(pixels / 255 * scale + shift, meaning), pixels)
    assert meaning.zero_point == 45


def test_a_norm_goes_before_max_pooling():
    made = Made(6, 6, 2)
    made.add("conv2d", values(3, 3, 3, 2))
    made.relu()
    made.add("max_pool", kernel_h=2, kernel_w=2, stride_h=2, stride_w=2)
    made.add("scale_shift", np.float32([0.5, 2, 0]), values(3))
    made.flat()
    made.add("dense", values(3, 12))
    kinds = [node.operator for node in prepare(made.graph, Pixels()).nodes]
    assert kinds == ["conv2d", "activation", "scale_shift", "max_pool", "reshape", "dense"]
    made.graph.nodes[3].inputs[1].value[1] = -1
    assert [node.operator for node in prepare(made.graph, Pixels()).nodes][2] == "max_pool"


def test_concatenated_tensors_share_their_bytes():
    made = Made(6, 6, 2)
    first = made.add("conv2d", values(3, 1, 1, 2))
    made.x = made.graph.input
    second = made.add("conv2d", values(4, 1, 1, 2))
    made.add("activation", kind=9, a=0.0, b=0.0)
    soft = made.x
    made.add("max_pool", kernel_h=1, kernel_w=1)
    made.add("concatenate", first, axis=2)
    made.add("conv2d", values(4, 1, 1, 7))
    made.add("softmax")
    made.add("global_average_pool")
    layers = {node.output for node in candidates(made.graph)}
    assert len(layers) == 3
    placement = place(made.graph, layers)
    assert placement.groups == [[made.graph.input], [first, soft]]
    assert second not in placement.movers
    # The mean is of floats that no layer on bytes gave at once: they stay.
    assert made.x not in placement.layers


def test_steps_leave_room_for_the_bias():
    made = Made(3)
    made.add("dense", np.float32([[1e-9, 0, 0], [1, 2, 3], [0, 0, 0]]), np.float32([5, 1, 0]))
    node = with_steps(made.graph.nodes[0], 0.01)
    steps = node.inputs[1].steps
    assert steps[1] == pytest.approx(3 / 127)
    for bias, step in zip([5, 1, 0], steps, strict=True):
        assert abs(bias) / (0.01 * step) < 2**31 - 1 - 3 * 255 * 127
    numbers = node.inputs[1].value / steps[:, None]
    assert np.abs(numbers - np.rint(numbers)).max() < 1e-4
    assert np.abs(numbers).max() <= 127.001
