"""Layers as Keras 1 described them, in the terms of its successors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import ConvertError
from .checkpoint import Version
from .network import Layer, Network, is_channels_first

CLASSES = {
    "Convolution2D": "Conv2D",
    "AtrousConvolution2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D",
}
KEYS = {
    "bias": "use_bias",
    "border_mode": "padding",
    "nb_filter": "filters",
    "output_dim": "units",
    "subsample": "strides",
    "atrous_rate": "dilation_rate",
    "p": "rate",
}
MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
}
ORDERS = {"tf": "channels_last", "th": "channels_first"}


def modernise(kind: str, config: Any) -> tuple[str, Any]:
    """The class and the configuration of a layer as Keras 2 and 3 write them."""
    if not isinstance(config, dict):
        return kind, config
    result = {KEYS.get(key, key): value for key, value in config.items()}
    if "nb_row" in config:
        result["kernel_size"] = [config["nb_row"], config["nb_col"]]
    if config.get("dim_ordering") in ORDERS:
        result["data_format"] = ORDERS[config["dim_ordering"]]
    if kind == "Merge" and config.get("mode") in MERGES:
        kind = MERGES[config["mode"]]
        result["axis"] = config.get("concat_axis", -1)
    return CLASSES.get(kind, kind), result


def modernise_kernels(network: Network, version: Version, backend: str) -> None:
    """Brings the kernels of convolutions to [height, width, input, output], as correlation.

    Theano convolves where the other backends correlate: its kernels are turned by 180°. In Keras 1
    those of channels_first are [output, input, height, width]. Where Theano and CNTK pad otherwise
    than TensorFlow, ConvertError says so.
    """
    for layer in network.leaves():
        if backend in ("theano", "cntk"):
            _check_padding(layer, backend)
        if layer.kind != "Conv2D" or not layer.weights or layer.weights[0].ndim != 4:
            continue
        kernel = layer.weights[0]
        if version.numbers < (2, 0) and is_channels_first(layer.config):
            kernel = kernel.transpose(2, 3, 1, 0)
        layer.weights[0] = kernel[::-1, ::-1] if backend == "theano" else kernel


def _check_padding(layer: Layer, backend: str) -> None:
    """Odd windows that move by one pixel are padded alike everywhere."""
    window = layer.config.get("kernel_size") or layer.config.get("pool_size") or 1
    strides = layer.config.get("strides") or (window if "pool_size" in layer.config else 1)
    alike = (np.mod(window, 2) == 1).all() and (np.array(strides) == 1).all()
    if layer.config.get("padding") == "same" and not alike:
        raise ConvertError(
            f'the {layer.kind} layer "{layer.path}" has the padding "same", which {backend} '
            'applies in its own way: only odd windows with strides of 1, or the padding "valid", '
            f"can be converted from {backend}"
        )
