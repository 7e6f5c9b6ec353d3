"""Layers of sequences (steps, channels): the same as on images (steps, 1, channels)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .network import Layer

SEQUENCES = {
    f"{kind}1D": f"{kind}2D"
    for kind in (
        "AveragePooling",
        "Conv",
        "Cropping",
        "DepthwiseConv",
        "GlobalAveragePooling",
        "GlobalMaxPooling",
        "MaxPooling",
        "SeparableConv",
        "UpSampling",
        "ZeroPadding",
    )
}
"""Each layer of sequences, and the layer of images."""


def as_image(layer: Layer) -> Layer:
    """The layer with the settings and weights that its layer of images has; `kind` stays."""
    config = dict(layer.config)
    for key in ("kernel_size", "strides", "dilation_rate", "pool_size", "size"):
        if config.get(key) is not None:
            config[key] = [_first(config[key]), 1]
    for key in ("padding", "cropping"):
        value = config.get(key)
        if isinstance(value, (int, list)):
            config[key] = [value if isinstance(value, list) else [value, value], [0, 0]]
    weights = [array[:, None] if array.ndim == 3 else array for array in layer.weights]
    return replace(layer, config=config, weights=weights)


def _first(value: Any) -> int:
    return int(value[0] if isinstance(value, list) else value)
