"""Weights and images that every runtime gets alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fmnistrt.data import load

if TYPE_CHECKING:
    import keras

    from .models import BenchmarkModel

SEED = 1
SETTLING_VALUES = 1 << 21
"""Statistics of batch normalisation come from as many images as make up this many input values."""


def pixels(part: str, shape: tuple[int, int, int], count: int, last: bool = False) -> np.ndarray:
    """The first (or last) images of a part of the data set, enlarged and repeated to the shape.

    Bytes (count, *shape), as every runtime's quantiser gets them.
    """
    import keras

    height, width, channels = shape
    values = load(part).images
    values = (values[-count:] if last else values[:count])[:, :, :, None]
    if (height, width) == (32, 32):
        values = np.pad(values, ((0, 0), (2, 2), (2, 2), (0, 0)))
    elif (height, width) != (28, 28):
        resized = keras.ops.image.resize(values.astype(np.float32), (height, width))
        values = np.rint(keras.ops.convert_to_numpy(resized)).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(values, channels, axis=3))


def prepared(images: np.ndarray) -> np.ndarray:
    """What the networks take: pixels from 0 to 1, float32."""
    return images.astype(np.float32) / np.float32(255)


def weighted(model: BenchmarkModel, checkpoints: Path) -> keras.Model:
    """The network with its trained weights, or with random ones from a fixed seed."""
    if model.checkpoint:
        from fmnistrt.train.trainer import load_checkpoint

        return load_checkpoint(checkpoints / model.checkpoint)
    import keras

    keras.utils.set_random_seed(SEED)
    network = model.build()
    count = min(256, SETTLING_VALUES // int(np.prod(model.shape)))
    batch = prepared(pixels("train", model.shape, count))
    _settle(network, batch)
    _spread(network, batch)
    return network


def _settle(network: keras.Model, batch: np.ndarray) -> None:
    """Takes the statistics of batch normalisation from a batch: values stay near 1 throughout.

    What is normalised is moved by 1, so that a ReLU cuts off a sixth and not half of it. Otherwise
    each layer enlarges a difference by about a fifth, and deep networks turn the rounding to int8
    into other answers, as trained ones do not.
    """
    from keras import layers

    normalisations = [la for la in network.layers if isinstance(la, layers.BatchNormalization)]
    for layer in normalisations:
        layer.beta.assign(np.ones(layer.beta.shape))
    kept = [layer.momentum for layer in normalisations]
    for layer in normalisations:
        layer.momentum = 0.0
    network(batch, training=True)
    for layer, momentum in zip(normalisations, kept, strict=True):
        layer.momentum = momentum


def _spread(network: keras.Model, batch: np.ndarray) -> None:
    """Scales the last layer so that images get different answers, none of them certain.

    Otherwise the probabilities of random weights are all alike or exactly 0 and 1, and hide what
    the runtimes compute differently.
    """
    from keras import ops

    last = network.layers[-1]
    softmax, last.activation = last.activation, None
    values = ops.convert_to_numpy(network(batch, training=False))
    last.activation = softmax
    kernel, bias = last.get_weights()
    mean, scale = values.mean(axis=0), 1 / values.std(axis=0).mean()
    last.set_weights([kernel * scale, (bias - mean) * scale])
