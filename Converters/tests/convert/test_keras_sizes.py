"""Keras's layers that change sizes, and those of sequences, made by real Keras."""

import numpy as np
import pytest

from conftest import randomise
from test_keras_layers import build


@pytest.mark.parametrize("cropping", [1, (2, 1), ((0, 1), (2, 3)), 0])
def test_cropping(keras, agree, cropping):
    agree(build(keras, (6, 8, 3), keras.layers.Cropping2D(cropping)))


@pytest.mark.parametrize("size", [2, (3, 1), (1, 2)])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_up_sampling(keras, agree, size, interpolation):
    agree(build(keras, (4, 5, 3), keras.layers.UpSampling2D(size, interpolation=interpolation)))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize(
    ("target", "crop"),
    [((5, 7), False), ((14, 20), True), ((6, 3), True), ((1, 1), False), ((9, 12), True)],
)
def test_resizing(keras, agree, interpolation, target, crop):
    layer = keras.layers.Resizing(*target, interpolation=interpolation, crop_to_aspect_ratio=crop)
    agree(build(keras, (7, 10, 2), layer))


@pytest.mark.parametrize("target", [(5, 7), (7, 10), (12, 12), (8, 3)])
def test_center_crop(keras, agree, target):
    agree(build(keras, (7, 10, 2), keras.layers.CenterCrop(*target)))


def test_pictures_of_other_sizes(keras, agree):
    """As models that were trained on other pictures begin."""
    layers = keras.layers
    model = build(
        keras,
        (28, 28, 1),
        layers.Resizing(32, 32),
        layers.Conv2D(4, 3, strides=2),
        layers.Flatten(),
        layers.Dense(10),
        finish=False,
    )
    assert agree(model, labels=None).channels == 1


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("kernel", "strides", "dilation"),
    [(3, 1, 1), (3, 2, 1), (4, 2, 1), (2, 3, 1), ((3, 2), (1, 2), 1), (3, 1, 2)],
)
def test_conv2d_transpose(keras, agree, padding, kernel, strides, dilation):
    layer = keras.layers.Conv2DTranspose(
        4, kernel, strides, padding, dilation_rate=dilation, activation="tanh"
    )
    agree(build(keras, (5, 4, 3), layer))


SEQUENCES = {
    "conv": lambda layers: layers.Conv1D(5, 3, activation="tanh"),
    "strided": lambda layers: layers.Conv1D(5, 4, strides=2, padding="same"),
    "causal": lambda layers: layers.Conv1D(5, 3, dilation_rate=2, padding="causal"),
    "groups": lambda layers: layers.Conv1D(4, 2, groups=2, use_bias=False),
    "depthwise": lambda layers: layers.DepthwiseConv1D(3, depth_multiplier=2),
    "separable": lambda layers: layers.SeparableConv1D(5, 3, padding="same", activation="relu"),
    "max": lambda layers: layers.MaxPooling1D(3, 2, padding="same"),
    "mean": lambda layers: layers.AveragePooling1D(2),
    "padded mean": lambda layers: layers.AveragePooling1D(3, padding="same"),
    "most": lambda layers: layers.GlobalMaxPooling1D(),
    "middle": lambda layers: layers.GlobalAveragePooling1D(keepdims=True),
    "padding": lambda layers: layers.ZeroPadding1D((1, 2)),
    "cropping": lambda layers: layers.Cropping1D((1, 2)),
    "repeated": lambda layers: layers.UpSampling1D(3),
}


@pytest.mark.parametrize("kind", SEQUENCES)
def test_sequences(keras, agree, kind):
    agree(build(keras, (9, 4), SEQUENCES[kind](keras.layers)))


@pytest.mark.parametrize("kind", ["Multiply", "Subtract"])
@pytest.mark.parametrize(
    "shapes",
    [
        ((4, 5, 3), (4, 5, 1)),
        ((4, 5, 1), (4, 5, 3)),
        ((4, 5, 3), (4, 1, 3)),
        ((4, 1, 3), (1, 5, 1)),
        ((1, 1, 3), (4, 5, 1)),
    ],
)
def test_merges_of_other_shapes(keras, agree, kind, shapes):
    """As with a mask of one channel for all channels, which attention multiplies by."""
    layers = keras.layers
    x = keras.Input((6,))
    parts = [layers.Reshape(shape)(layers.Dense(int(np.prod(shape)))(x)) for shape in shapes]
    y = getattr(layers, kind)()(parts)
    agree(randomise(keras.Model(x, layers.Flatten()(y))))
