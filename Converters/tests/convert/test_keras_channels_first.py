"""Models with channels_first, made by real Keras."""

import numpy as np
import pytest

import reference
from conftest import randomise
from reference_file import TRANSPOSE

FIRST = {"data_format": "channels_first"}

# No width equals the number of channels: there Keras 3 on TensorFlow adds the bias along the width.
LAYERS = {
    "conv": lambda layers: layers.Conv2D(5, 3, strides=2, padding="same", **FIRST),
    "softmax": lambda layers: layers.Conv2D(4, 3, activation="softmax", **FIRST),
    "depthwise": lambda layers: layers.DepthwiseConv2D(3, depth_multiplier=3, **FIRST),
    "separable": lambda layers: layers.SeparableConv2D(4, 3, activation="relu", **FIRST),
    "transpose": lambda layers: layers.Conv2DTranspose(4, 3, strides=2, **FIRST),
    "max": lambda layers: layers.MaxPooling2D(2, **FIRST),
    "mean": lambda layers: layers.AveragePooling2D(3, 2, padding="same", **FIRST),
    "global": lambda layers: layers.GlobalAveragePooling2D(**FIRST),
    "keepdims": lambda layers: layers.GlobalMaxPooling2D(keepdims=True, **FIRST),
    "padding": lambda layers: layers.ZeroPadding2D((1, 2), **FIRST),
    "cropping": lambda layers: layers.Cropping2D((1, 2), **FIRST),
    "repeated": lambda layers: layers.UpSampling2D((3, 2), **FIRST),
    "resized": lambda layers: layers.Resizing(5, 9, **FIRST),
    "cut": lambda layers: layers.CenterCrop(5, 4, **FIRST),
    "flat": lambda layers: layers.Flatten(**FIRST),
    "norm": lambda layers: layers.BatchNormalization(axis=1),
    "other norm": lambda layers: layers.BatchNormalization(axis=2),
    "shared": lambda layers: layers.PReLU(shared_axes=[2, 3]),
    "partly": lambda layers: layers.PReLU(shared_axes=[2]),
    "own": lambda layers: layers.PReLU(),
    "across": lambda layers: layers.Softmax(axis=1),
    "scaled": lambda layers: layers.Rescaling(0.5, offset=1),
    "normal": lambda layers: layers.Normalization(axis=1, mean=[1, 2, 3], variance=[4, 2, 1]),
}


def start(keras, shape=(3, 7, 8)):
    """An image, and a layer that says how its channels lie."""
    x = keras.Input(shape)
    return x, keras.layers.Conv2D(3, 1, **FIRST)(x)


@pytest.mark.parametrize("kind", LAYERS)
def test_layer(keras, agree, kind):
    x, y = start(keras)
    y = LAYERS[kind](keras.layers)(y)
    file = agree(randomise(keras.Model(x, keras.layers.Flatten()(y))))
    assert file.tensors[0].shape == (7, 8, 3)


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
def test_concatenate(keras, agree, axis):
    x, y = start(keras)
    z = keras.layers.Concatenate(axis=axis)([y, x, keras.layers.Conv2D(3, 1, **FIRST)(y)])
    agree(randomise(keras.Model(x, keras.layers.Flatten()(z))))


@pytest.mark.parametrize("kind", ["Add", "Subtract", "Multiply", "Average"])
def test_merge(keras, agree, kind):
    """With a full image, and with one value for each channel."""
    x, y = start(keras)
    z = keras.layers.GlobalAveragePooling2D(keepdims=True, **FIRST)(y)
    z = getattr(keras.layers, kind)()([getattr(keras.layers, kind)()([y, x]), z])
    agree(randomise(keras.Model(x, keras.layers.Flatten()(z))))


def test_whole_model_has_no_transposes(keras, agree):
    layers = keras.layers
    x, y = start(keras, (1, 12, 12))
    y = layers.BatchNormalization(axis=1, name="norm")(y)
    y = layers.Activation("relu", name="relu")(y)
    z = layers.Conv2D(3, 3, padding="same", name="conv", **FIRST)(y)
    y = layers.LeakyReLU(name="leaky")(layers.Add(name="sum")([y, z]))
    y = layers.Dropout(0.5)(layers.MaxPooling2D(name="pool", **FIRST)(y))
    y = layers.Concatenate(axis=1, name="both")([y, y * 0.5])
    y = layers.Dense(4, activation="softmax")(layers.Flatten(**FIRST)(y))
    file = agree(randomise(keras.Model(x, y)))
    assert TRANSPOSE not in file.operators()
    assert {"relu", "sum", "leaky", "pool", "both"} <= set(file.names())
    assert file.tensors[0].shape == (12, 12, 1)
    assert file.channels == 1


def test_plain_flatten_keeps_the_order_of_the_channels(keras, agree):
    """Before Keras 2.2, and where it is told to, Flatten does not know of channels_first."""
    x, y = start(keras)
    flat = keras.layers.Flatten(data_format="channels_last")(y)
    file = agree(randomise(keras.Model(x, keras.layers.Dense(4)(flat))))
    assert file.operators().count(TRANSPOSE) == 1


def test_nested_model(keras, agree):
    layers = keras.layers
    block = keras.Sequential(
        [keras.Input((3, 7, 8)), layers.Conv2D(3, 3, padding="same", **FIRST), layers.ReLU()]
    )
    x = keras.Input((3, 7, 8))
    y = layers.GlobalAveragePooling2D(**FIRST)(layers.Add()([x, block(x)]))
    file = agree(randomise(keras.Model(x, y)))
    assert TRANSPOSE not in file.operators()


def test_channels_last_pictures_may_be_transposed_first(keras, agree):
    layers = keras.layers
    x = keras.Input((7, 8, 3))
    y = layers.Conv2D(4, 3, **FIRST)(layers.Permute((3, 1, 2))(x))
    file = agree(randomise(keras.Model(x, layers.GlobalMaxPooling2D(**FIRST)(y))))
    assert file.tensors[0].shape == (7, 8, 3)
    assert TRANSPOSE not in file.operators()


def test_evaluation_takes_the_picture_as_it_lies(keras, agree):
    """Rows and columns that are swapped would be noticed."""
    x = keras.Input((1, 5, 9))
    y = keras.layers.Flatten()(keras.layers.MaxPooling2D((1, 9), **FIRST)(x))
    file = agree(keras.Model(x, y))
    inputs = np.arange(45, dtype=np.float32).reshape(1, 5, 9, 1)
    assert reference.run(file, inputs).tolist() == [[8, 17, 26, 35, 44]]
