"""Every Keras layer, made by real Keras, over a grid of settings."""

import itertools

import numpy as np
import pytest

import reference
from conftest import randomise


def build(keras, shape, *layers, finish=True):
    end = [keras.layers.Flatten()] if finish else []
    return randomise(keras.Sequential([keras.Input(shape), *layers, *end]))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("size", "kernel", "strides", "dilation"),
    [
        ((7, 8), 3, 1, 1),
        ((7, 8), (3, 2), (2, 3), 1),
        ((8, 8), 4, 2, 1),
        ((8, 7), 2, 3, 1),
        ((9, 11), 3, 1, 2),
        ((9, 11), (2, 3), 1, (3, 2)),
        ((6, 6), 1, 2, 1),
        ((5, 6), 5, 1, 1),
        ((5, 5), 1, 1, 1),
        ((9, 4), (5, 1), (4, 1), 1),
    ],
)
def test_conv2d(keras, agree, padding, size, kernel, strides, dilation):
    layer = keras.layers.Conv2D(
        4, kernel, strides=strides, dilation_rate=dilation, padding=padding, activation="tanh"
    )
    agree(build(keras, (*size, 3), layer))


@pytest.mark.parametrize(("groups", "filters"), [(2, 4), (4, 4), (4, 8), (1, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_conv2d_groups(keras, agree, groups, filters, bias):
    agree(build(keras, (5, 6, 4), keras.layers.Conv2D(filters, 3, groups=groups, use_bias=bias)))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("kernel", "strides", "dilation", "multiplier"),
    [(3, 1, 1, 1), (3, 2, 1, 2), ((2, 3), 1, 1, 3), (3, 1, 2, 1), (2, 2, 1, 1)],
)
@pytest.mark.parametrize("kind", ["DepthwiseConv2D", "SeparableConv2D"])
def test_depthwise_and_separable(
    keras, agree, padding, kernel, strides, dilation, multiplier, kind
):
    options = {
        "strides": strides,
        "dilation_rate": dilation,
        "depth_multiplier": multiplier,
        "padding": padding,
        "activation": "relu",
    }
    first = (5, kernel) if kind == "SeparableConv2D" else (kernel,)
    agree(build(keras, (8, 7, 3), getattr(keras.layers, kind)(*first, **options)))


@pytest.mark.parametrize("kind", ["DepthwiseConv2D", "SeparableConv2D", "Dense"])
def test_without_bias(keras, agree, kind):
    first = {"DepthwiseConv2D": (3,), "SeparableConv2D": (5, 3), "Dense": (6,)}[kind]
    agree(build(keras, (5, 5, 3), getattr(keras.layers, kind)(*first, use_bias=False)))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kind", ["MaxPooling2D", "AveragePooling2D"])
@pytest.mark.parametrize(
    ("size", "pool", "strides"),
    [
        ((8, 6), 2, None),
        ((7, 7), 2, None),
        ((7, 9), 3, 2),
        ((6, 8), (2, 3), 1),
        ((5, 5), 3, (1, 2)),
    ],
)
def test_pooling(keras, agree, padding, kind, size, pool, strides):
    layer = getattr(keras.layers, kind)(pool, strides=strides, padding=padding)
    agree(build(keras, (*size, 3), layer))


@pytest.mark.parametrize("kind", ["GlobalMaxPooling2D", "GlobalAveragePooling2D"])
@pytest.mark.parametrize("keepdims", [True, False])
def test_global_pooling(keras, agree, kind, keepdims):
    agree(build(keras, (5, 4, 3), getattr(keras.layers, kind)(keepdims=keepdims)))


@pytest.mark.parametrize("shape", [(6,), (4, 6), (3, 4, 6)])
@pytest.mark.parametrize("activation", [None, "softmax", "relu"])
def test_dense_on_every_rank(keras, agree, shape, activation):
    agree(build(keras, shape, keras.layers.Dense(5, activation=activation)))


@pytest.mark.parametrize(
    "name",
    [
        "relu",
        "relu6",
        "sigmoid",
        "hard_sigmoid",
        "tanh",
        "softplus",
        "softsign",
        "selu",
        "elu",
        "gelu",
        "silu",
        "swish",
        "exponential",
        "mish",
        "leaky_relu",
        "linear",
        "softmax",
        "log_softmax",
        "hard_silu",
        "hard_swish",
        "hard_tanh",
        "celu",
    ],
)
@pytest.mark.parametrize("as_layer", [True, False])
def test_activation(keras, agree, name, as_layer):
    """Inputs are spread wide enough to reach the flat ends of the hard functions."""
    if as_layer:
        layers = [keras.layers.Rescaling(4.0), keras.layers.Activation(name)]
    else:
        layers = [keras.layers.Rescaling(4.0), keras.layers.Dense(9, activation=name)]
    agree(build(keras, (4, 5, 3), *layers))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("ReLU", {}),
        ("ReLU", {"max_value": 1.5}),
        ("ReLU", {"negative_slope": 0.25}),
        ("ReLU", {"negative_slope": 0.25, "max_value": 0.5}),
        ("LeakyReLU", {}),
        ("LeakyReLU", {"negative_slope": 0.05}),
        ("ELU", {}),
        ("ELU", {"alpha": 0.4}),
        ("Softmax", {}),
        ("Softmax", {"axis": 3}),
        ("PReLU", {}),
        ("PReLU", {"shared_axes": [1, 2]}),
        ("PReLU", {"shared_axes": [1, 2, 3]}),
    ],
)
def test_activation_layer(keras, agree, kind, options):
    agree(build(keras, (4, 5, 3), getattr(keras.layers, kind)(**options)))


def test_layer_as_activation(keras, agree):
    layer = keras.layers.Dense(5, activation=keras.layers.LeakyReLU(negative_slope=0.4))
    agree(build(keras, (4, 5, 3), layer))


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("shape", [(6,), (4, 5, 3)])
def test_batch_normalization(keras, agree, scale, center, shape):
    layer = keras.layers.BatchNormalization(scale=scale, center=center, epsilon=0.02)
    agree(build(keras, shape, layer))


@pytest.mark.parametrize("offset", [0.0, -1.0, [0.5, -0.25, 2.0]])
def test_rescaling(keras, agree, offset):
    agree(build(keras, (4, 5, 3), keras.layers.Rescaling(0.3, offset=offset)))


@pytest.mark.parametrize("invert", [True, False])
def test_normalization_from_settings(keras, agree, invert):
    layer = keras.layers.Normalization(mean=[1.0, 2, 3], variance=[4.0, 0.5, 1], invert=invert)
    agree(build(keras, (4, 5, 3), layer))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("axis", [-1, None])
def test_normalization_from_data(keras, agree, suffix, axis):
    layer = keras.layers.Normalization(axis=axis)
    layer.adapt(np.random.default_rng(2).normal(3, 2, (50, 4, 5, 3)).astype(np.float32))
    agree(keras.Sequential([keras.Input((4, 5, 3)), layer, keras.layers.Flatten()]), suffix=suffix)


@pytest.mark.parametrize("padding", [1, (2, 1), ((0, 1), (2, 3))])
def test_zero_padding(keras, agree, padding):
    agree(build(keras, (4, 5, 3), keras.layers.ZeroPadding2D(padding)))


@pytest.mark.parametrize("dims", list(itertools.permutations((1, 2, 3))))
def test_permute(keras, agree, dims):
    agree(build(keras, (4, 5, 3), keras.layers.Permute(dims)))


@pytest.mark.parametrize("target", [(60,), (3, 20), (-1, 5), (5, 4, -1)])
def test_reshape(keras, agree, target):
    agree(build(keras, (4, 5, 3), keras.layers.Reshape(target)))


@pytest.mark.parametrize("kind", ["Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average"])
@pytest.mark.parametrize("other", ["same", "row"])
def test_merge(keras, agree, kind, other):
    """`row` is the shape that squeeze-and-excitation multiplies by."""
    layers = keras.layers
    x = keras.Input((4, 5, 3))
    y = layers.Conv2D(3, 1)(x)
    if other == "row":
        y = layers.GlobalAveragePooling2D(keepdims=True)(y)
    z = getattr(layers, kind)()([x, y])
    agree(randomise(keras.Model(x, layers.Flatten()(z))))


@pytest.mark.parametrize("kind", ["Add", "Multiply", "Maximum", "Average"])
def test_merge_with_the_smaller_first_and_three(keras, agree, kind):
    layers = keras.layers
    x = keras.Input((4, 5, 3))
    y = layers.GlobalMaxPooling2D(keepdims=True)(x)
    z = getattr(layers, kind)()([y, x, layers.Conv2D(3, 1)(x)])
    agree(randomise(keras.Model(x, layers.Flatten()(z))))


@pytest.mark.parametrize("axis", [-1, 1, 2, 3])
def test_concatenate(keras, agree, axis):
    layers = keras.layers
    x = keras.Input((4, 5, 3))
    z = layers.Concatenate(axis=axis)([x, layers.Conv2D(3, 1)(x), x])
    agree(randomise(keras.Model(x, layers.Flatten()(z))))


def test_layers_of_training_are_dropped(keras, agree):
    layers = keras.layers
    file = agree(
        build(
            keras,
            (6, 6, 3),
            layers.RandomFlip(),
            layers.RandomRotation(0.1),
            layers.RandomZoom(0.1),
            layers.RandomTranslation(0.1, 0.1),
            layers.RandomContrast(0.1),
            layers.GaussianNoise(0.1),
            layers.Conv2D(4, 3),
            layers.SpatialDropout2D(0.5),
            layers.GaussianDropout(0.5),
            layers.ActivityRegularization(0.1),
            layers.AlphaDropout(0.5),
            layers.Identity(),
            layers.Dropout(0.5),
        )
    )
    assert file.operators() == [reference.CONV, reference.RESHAPE]


@pytest.mark.parametrize("shape", [(28, 28), (784,), (28, 28, 1)])
def test_pictures_without_channels(keras, agree, shape):
    file = agree(
        build(keras, shape, keras.layers.Flatten(), keras.layers.Dense(10), finish=False),
        labels=None,
    )
    assert file.tensors[0].shape == (28, 28, 1)
    assert file.channels == 1
    assert file.operators() == [reference.RESHAPE, reference.DENSE]
    assert len(file.golden_inputs) == 4


def test_half_precision_policy_does_not_matter(keras, tmp_path):
    from conftest import check_bytes

    layer = keras.layers.Dense(5, dtype="mixed_bfloat16")
    model = build(keras, (6,), layer, finish=False)
    model.save(tmp_path / "a.keras")
    kernel, bias = (keras.ops.convert_to_numpy(w) for w in model.weights)
    check_bytes((tmp_path / "a.keras").read_bytes(), lambda x: x @ kernel + bias)
