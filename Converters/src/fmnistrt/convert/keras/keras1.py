"""Layers as Keras 1 described them, in the terms of its successors."""

from __future__ import annotations

from typing import Any

from .checkpoint import Version
from .network import Network, is_channels_first

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
    those of channels_first are [output, input, height, width].
    """
    for layer in network.leaves():
        if layer.kind != "Conv2D" or not layer.weights or layer.weights[0].ndim != 4:
            continue
        kernel = layer.weights[0]
        if version.numbers < (2, 0) and is_channels_first(layer.config):
            kernel = kernel.transpose(2, 3, 1, 0)
        layer.weights[0] = kernel[::-1, ::-1] if backend == "theano" else kernel
