"""Each kind of layer as ONNX nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .kinds import Layer
from .network import Network
from .tensors import describe_shape


def write_layer(network: Network, layer: Layer) -> None:
    """Appends a layer to the network."""
    network.layer = layer
    if layer.kind in PLAIN:
        operator, attributes = PLAIN[layer.kind]
        network.add(operator, **attributes)
    else:
        LAYERS[layer.kind](network, layer)


def _windows(
    layer: Layer, sizes: tuple[int, ...], kernel: Any, stride: Any, padding: Any, dilation: Any
) -> list[int]:
    """How many windows fit along each axis; a padding is (before, after) for each."""
    result = []
    for size, k, s, (before, after), d in zip(
        sizes, kernel, stride, padding, dilation, strict=True
    ):
        room = size + before + after - ((k - 1) * d + 1)
        if room < 0:
            raise layer.fail(
                f"has a window of {(k - 1) * d + 1}, larger than its padded input of "
                f"{size + before + after}: check the strides and paddings before it"
            )
        result.append(room // s + 1)
    return result


def _conv(network: Network, layer: Layer) -> None:
    channels, *sizes = network.image()
    weight, options = layer.tensors["weight"], layer.options
    outputs, depth, *kernel = weight.shape
    if channels % depth or outputs % (channels // depth):
        raise layer.fail(
            f"has weights of {describe_shape(weight.shape)}, made for {depth} channels, but gets "
            f"{channels}"
        )
    stride, dilation, padding = (options[key] for key in ("stride", "dilation", "padding"))
    if padding == "same":
        if stride != (1, 1):
            raise layer.fail("has padding=same and a stride, which PyTorch has not either")
        totals = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
        # PyTorch puts the odd one behind.
        around = [(total // 2, total - total // 2) for total in totals]
    else:
        around = [(0, 0)] * 2 if padding == "valid" else [(p, p) for p in padding]
    constants = [network.constant(role, array) for role, array in layer.tensors.items()]
    network.add(
        "Conv",
        *constants,
        kernel_shape=kernel,
        strides=stride,
        dilations=dilation,
        pads=[around[0][0], around[1][0], around[0][1], around[1][1]],
        group=channels // depth,
    )
    network.shape = (outputs, *_windows(layer, tuple(sizes), kernel, stride, around, dilation))


def _linear(network: Network, layer: Layer) -> None:
    weight, size = layer.tensors["weight"], network.vector()
    if weight.shape[1] != size:
        raise layer.fail(
            f"has weights of {describe_shape(weight.shape)}, made for {weight.shape[1]} values, "
            f"but gets {size}: check the paddings (0 unless the layer says otherwise), the pooling "
            "and --input"
        )
    constants = [network.constant(role, array) for role, array in layer.tensors.items()]
    network.add("Gemm", *constants, transB=1)
    network.shape = weight.shape[:1]


def _batch_norm(network: Network, layer: Layer) -> None:
    tensors, channels = layer.tensors, network.shape[0]
    if tensors["running_mean"].shape != (channels,):
        raise layer.fail(f"is for {len(tensors['running_mean'])} channels, but gets {channels}")
    ones = {"weight": [1.0] * channels, "bias": [0.0] * channels}
    constants = [
        network.constant(role, tensors.get(role, ones.get(role)))
        for role in ("weight", "bias", "running_mean", "running_var")
    ]
    network.add("BatchNormalization", *constants, epsilon=layer.options["eps"])


def _prelu(network: Network, layer: Layer) -> None:
    """max(x, 0) + slope * min(x, 0)."""
    slope = layer.tensors["weight"]
    if slope.shape not in ((1,), network.shape[:1]):
        raise layer.fail(f"has {len(slope)} slopes for {network.shape[0]} channels")
    x = network.value
    factor = network.constant("weight", slope.reshape(-1, *[1] * (len(network.shape) - 1)))
    zero = network.constant("zero", 0.0)
    positive = network.add("Relu", of=(x,))
    negative = network.add("Mul", factor, of=(network.add("Clip", "", zero, of=(x,)),))
    network.add("Add", of=(positive, negative))


def _pool(operator: str) -> Callable[[Network, Layer], None]:
    def pool(network: Network, layer: Layer) -> None:
        channels, *sizes = network.image()
        kernel, stride, padding = (layer.options[key] for key in ("kernel", "stride", "padding"))
        if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
            raise layer.fail("has a padding of more than half its kernel, which PyTorch refuses")
        ceil_mode = int(any(layer.options["ceil_mode"]))
        extra = {}
        if operator == "AveragePool":
            extra["count_include_pad"] = int(any(layer.options["count_include_pad"]))
        around = [(p, p) for p in padding]
        counts = _windows(layer, tuple(sizes), kernel, stride, around, (1, 1))
        if ceil_mode:
            counts = [
                _rounded_up(*axis) for axis in zip(sizes, kernel, stride, padding, strict=True)
            ]
        network.add(
            operator,
            kernel_shape=kernel,
            strides=stride,
            pads=[*padding, *padding],
            ceil_mode=ceil_mode,
            **extra,
        )
        network.shape = (channels, *counts)

    return pool


def _rounded_up(size: int, kernel: int, stride: int, padding: int) -> int:
    """With ceil_mode; a last window must begin within the image or the padding before it."""
    count = -(-(size + 2 * padding - kernel) // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count


def _adaptive(operator: str) -> Callable[[Network, Layer], None]:
    def adaptive(network: Network, layer: Layer) -> None:
        channels, *sizes = network.image()
        target = layer.options["size"]
        if any(size % t for size, t in zip(sizes, target, strict=True)):
            raise layer.fail(
                f"divides {describe_shape(tuple(sizes))} into {describe_shape(target)} windows of "
                "different sizes: use a pooling whose windows are equal"
            )
        kernel = [size // t for size, t in zip(sizes, target, strict=True)]
        if target == (1, 1):
            network.add(f"Global{operator}")
        else:
            network.add(operator, kernel_shape=kernel, strides=kernel)
        network.shape = (channels, *target)

    return adaptive


def _flatten(network: Network, layer: Layer) -> None:
    network.flatten()


def _dropout(network: Network, layer: Layer) -> None:
    """Nothing at inference."""


def _activation(operator: str, **renamed: str) -> Callable[[Network, Layer], None]:
    def activation(network: Network, layer: Layer) -> None:
        network.add(operator, **{name: layer.options[key] for key, name in renamed.items()})

    return activation


def _hardtanh(network: Network, layer: Layer) -> None:
    limits = [network.constant(key, layer.options[key]) for key in ("low", "high")]
    network.add("Clip", *limits)


def _relu6(network: Network, layer: Layer) -> None:
    network.add("Clip", network.constant("low", 0.0), network.constant("high", 6.0))


PLAIN: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "selu": ("Selu", {}),
    "mish": ("Mish", {}),
    "hardswish": ("HardSwish", {}),
    "hardsigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
}
"""Layers that are one operator each."""


def _softmax(operator: str) -> Callable[[Network, Layer], None]:
    def softmax(network: Network, layer: Layer) -> None:
        network.vector()
        network.add(operator, axis=1)

    return softmax


def _silu(network: Network, layer: Layer) -> None:
    x = network.value
    network.add("Mul", of=(x, network.add("Sigmoid")))


LAYERS: dict[str, Callable[[Network, Layer], None]] = {
    "conv": _conv,
    "linear": _linear,
    "bn": _batch_norm,
    "prelu": _prelu,
    "maxpool": _pool("MaxPool"),
    "avgpool": _pool("AveragePool"),
    "adaptive_avgpool": _adaptive("AveragePool"),
    "adaptive_maxpool": _adaptive("MaxPool"),
    "flatten": _flatten,
    "dropout": _dropout,
    "relu6": _relu6,
    "leaky_relu": _activation("LeakyRelu", slope="alpha"),
    "elu": _activation("Elu", alpha="alpha"),
    "gelu": _activation("Gelu", approximate="approximate"),
    "silu": _silu,
    "hardtanh": _hardtanh,
    "softmax": _softmax("Softmax"),
    "log_softmax": _softmax("LogSoftmax"),
}
"""Layers with tensors, options or a shape of their own."""
