"""The models that are measured: built in Keras, as fmnist-train's recipes describe them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class BenchmarkModel:
    """A network, and the size of image that it takes."""

    name: str
    build: Callable[[], keras.Model]
    shape: tuple[int, int, int] = (28, 28, 1)
    checkpoint: str | None = None
    """The trained weights in Models/; without them the weights are random."""


def dense() -> keras.Model:
    """The smallest model there is: its time is that of the call."""
    from keras import Sequential, layers

    return Sequential(
        [
            _image(),
            layers.Flatten(name="flatten"),
            layers.Dense(10, activation="softmax", name="probabilities"),
        ]
    )


def cnn3() -> keras.Model:
    """Three convolutions, each with a pooling, padded; 241,546 parameters."""
    from keras import Sequential, layers

    stack: list[keras.Layer] = [_image()]
    for number, channels in enumerate((32, 64, 128), 1):
        stack += [_convolution(channels, f"conv{number}"), layers.MaxPooling2D()]
    return Sequential([*stack, *_head(128)])


def cnn4() -> keras.Model:
    """Four convolutions, each with batch normalisation after its activation and a pooling."""
    from keras import Sequential, layers

    stack: list[keras.Layer] = [_image()]
    for number, channels in enumerate((32, 68, 128, 256), 1):
        stack += [
            _convolution(channels, f"conv{number}"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
        ]
    return Sequential([*stack, *_head(512, 256)])


def bncnn() -> keras.Model:
    """The shipped model's network; 3,458,382 parameters."""
    from fmnistrt.train.recipes import RECIPES

    return RECIPES["bncnn"].build()


def vgg() -> keras.Model:
    """Three blocks of two convolutions and a pooling."""
    from keras import Sequential, layers

    stack: list[keras.Layer] = [_image()]
    for block, channels in enumerate((64, 128, 256), 1):
        stack += [_convolution(channels, f"conv{block}_{part}") for part in (1, 2)]
        stack.append(layers.MaxPooling2D())
    return Sequential([*stack, *_head(512)])


def inception() -> keras.Model:
    """InceptionV3 with the head of the recipe."""
    from keras import Model, applications, layers

    base = applications.InceptionV3(weights=None, include_top=False, input_shape=(150, 150, 3))
    x = layers.GlobalAveragePooling2D()(base.output)
    x = layers.Dense(512)(x)
    x = layers.LeakyReLU(negative_slope=0.3)(x)
    return Model(base.input, layers.Dense(10, activation="softmax", name="probabilities")(x))


def resnet18() -> keras.Model:
    """See residual.py, as for the two that follow."""
    from .residual import resnet18

    return resnet18()


def resnet50() -> keras.Model:
    """A bottleneck network."""
    from .residual import resnet50

    return resnet50()


def wrn16_4() -> keras.Model:
    """A wide residual network."""
    from .residual import wrn16_4

    return wrn16_4()


def _image() -> keras.KerasTensor:
    import keras

    return keras.Input((28, 28, 1), name="image")


def _convolution(channels: int, name: str) -> keras.Layer:
    from keras import layers

    return layers.Conv2D(channels, 3, padding="same", activation="relu", name=name)


def _head(*widths: int) -> list[keras.Layer]:
    """Dense layers of these widths, then the ten classes. Dropout does nothing here: none."""
    from keras import layers

    hidden = [layers.Dense(width, activation="relu") for width in widths]
    classes = layers.Dense(10, activation="softmax", name="probabilities")
    return [layers.Flatten(name="flatten"), *hidden, classes]


MODELS = {
    model.name: model
    for model in [
        BenchmarkModel("dense", dense),
        BenchmarkModel("cnn3", cnn3),
        BenchmarkModel("cnn4", cnn4),
        BenchmarkModel("bncnn", bncnn, checkpoint="bncnn.ckpt"),
        BenchmarkModel("vgg", vgg),
        BenchmarkModel("resnet18", resnet18),
        BenchmarkModel("resnet50", resnet50, (32, 32, 3)),
        BenchmarkModel("wrn16_4", wrn16_4),
        BenchmarkModel("inception", inception, (150, 150, 3)),
    ]
}
