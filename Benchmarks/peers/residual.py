"""Residual networks of the benchmark, in Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras import layers

if TYPE_CHECKING:
    from keras import KerasTensor


def resnet18() -> keras.Model:
    """Basic blocks for 28x28x1; 11,186,186 parameters."""
    image = keras.Input((28, 28, 1), name="image")
    x = _normalised(image, 64, 7, stride=2)
    for stage, channels in enumerate((64, 128, 256, 512)):
        for block in range(2):
            stride = 2 if stage and not block else 1
            shortcut = x
            if stride > 1:
                shortcut = _convolved(x, channels, 1, stride, bias=True)
            y = _normalised(x, channels, 3, stride)
            y = _normalised(y, channels, 3, activate=False)
            x = layers.ReLU()(layers.Add()([y, shortcut]))
    x = layers.Flatten()(layers.AveragePooling2D(2)(x))
    return keras.Model(image, _classes(x), name="resnet18")


def resnet50() -> keras.Model:
    """Bottlenecks for 32x32x3; a block's stride is that of its first convolution."""
    image = keras.Input((32, 32, 3), name="image")
    x = _normalised(image, 64, 7, stride=2)
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    for stage, (channels, blocks) in enumerate(zip((64, 128, 256, 512), (3, 4, 6, 3), strict=True)):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            shortcut = x if block else _normalised(x, 4 * channels, 1, stride, activate=False)
            y = _normalised(x, channels, 1, stride)
            y = _normalised(y, channels, 3)
            y = _normalised(y, 4 * channels, 1, activate=False)
            x = layers.ReLU()(layers.Add()([y, shortcut]))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(1000, activation="relu")(x)
    return keras.Model(image, _classes(x), name="resnet50")


def wrn16_4() -> keras.Model:
    """Wide ResNet 16-4: two blocks a stage, normalised before they convolve; 2,752,218 parameters.

    Zagoruyko and Komodakis, Wide Residual Networks, 2016, section 2.
    """
    image = keras.Input((28, 28, 1), name="image")
    x = _convolved(image, 16, 3)
    for stage, channels in enumerate((64, 128, 256)):
        for block in range(2):
            stride = 2 if stage and not block else 1
            y = _active(x)
            # The block that changes the width takes its shortcut from what is normalised.
            shortcut = x if block else _convolved(y, channels, 1, stride)
            y = _active(_convolved(y, channels, 3, stride))
            x = layers.Add()([_convolved(y, channels, 3), shortcut])
    x = layers.GlobalAveragePooling2D()(_active(x))
    return keras.Model(image, _classes(x), name="wrn16_4")


def _convolved(
    x: KerasTensor, channels: int, kernel: int, stride: int = 1, bias: bool = False
) -> KerasTensor:
    return layers.Conv2D(
        channels,
        kernel,
        stride,
        padding="same",
        use_bias=bias,
        kernel_initializer="he_normal",
    )(x)


def _active(x: KerasTensor) -> KerasTensor:
    return layers.ReLU()(layers.BatchNormalization()(x))


def _normalised(
    x: KerasTensor, channels: int, kernel: int, stride: int = 1, activate: bool = True
) -> KerasTensor:
    x = layers.BatchNormalization()(_convolved(x, channels, kernel, stride, bias=True))
    return layers.ReLU()(x) if activate else x


def _classes(x: KerasTensor) -> KerasTensor:
    return layers.Dense(10, activation="softmax", name="probabilities")(x)
