"""A second opinion: evaluates a Keras model's configuration in NumPy, in double precision.

It shares the parsed configuration with the translation and nothing else: each layer is computed
from its own settings, as Keras documents it, never from the graph. Double precision makes the
answers, once rounded to float32, the same on every machine.
"""

from __future__ import annotations

import numpy as np

from . import evaluate_images, evaluate_sizes
from .evaluate_activations import ACTIVATION_LAYERS, apply_activation
from .network import Layer, Network, Reference, is_channels_first, reading_configuration
from .sequences import SEQUENCES, as_image

BATCH = 64


class Evaluator:
    """Calling it gives the model's answers for prepared inputs (n, height, width, channels)."""

    def __init__(self, network: Network, modern: bool) -> None:
        self.network = network
        self.modern = modern

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """The answers (n, classes), float32."""
        ignored = np.errstate(over="ignore", invalid="ignore", divide="ignore")
        with ignored, reading_configuration():
            parts = [
                self._network(self.network, self._shaped(part.astype(np.float64)))
                for part in (inputs[i : i + BATCH] for i in range(0, len(inputs), BATCH))
            ]
            return np.concatenate(parts).astype(np.float32)

    def _shaped(self, x: np.ndarray) -> np.ndarray:
        """The input in the shape that the model takes."""
        shape = self.network.input_shape
        assert shape is not None
        if self.network.takes_channels_first:
            x = np.moveaxis(x, -1, 1)
        return x.reshape(len(x), *shape)

    def _network(self, network: Network, x: np.ndarray) -> np.ndarray:
        values: dict[Reference, np.ndarray] = {network.input: x}

        def value(reference: Reference) -> np.ndarray:
            # Depth first without recursion: deep models have hundreds of layers.
            stack = [reference]
            while stack:
                top = stack[-1]
                layer = network.layer(top[0]) if top not in values else None
                missing = (
                    [r for r in layer.calls[top[1]].inputs if r not in values] if layer else []
                )
                if missing:
                    stack += missing
                    continue
                if layer:
                    call = layer.calls[top[1]]
                    inputs = [values[r] for r in call.inputs]
                    if call.number is not None:
                        inputs.insert(call.place, np.float64(call.number))
                        values[top] = ARITHMETIC[layer.kind](*inputs)
                    else:
                        values[top] = self._layer(layer, inputs)
                stack.pop()
            return values[reference]

        return value(network.output)

    def _layer(self, layer: Layer, inputs: list[np.ndarray]) -> np.ndarray:
        if layer.model is not None:
            return self._network(layer.model, inputs[0])
        kind, x = layer.kind, inputs[0]
        if kind in ACTIVATION_LAYERS:
            return ACTIVATION_LAYERS[kind](x, layer.config, layer.weights, self.modern)
        if kind in MERGES:
            return MERGES[kind](_same_rank(inputs), layer.config)
        if kind in SEQUENCES:
            function, layer = LAYERS[SEQUENCES[kind]], as_image(layer)
        elif kind in LAYERS:
            function = LAYERS[kind]
        else:
            return x
        first = is_channels_first(layer.config) and x.ndim > 2
        if first:
            x = np.moveaxis(x, 1, -1)
        if kind in SEQUENCES:
            x = x[:, :, None]
        x = function(x, layer.config, [w.astype(np.float64) for w in layer.weights])
        if kind in SEQUENCES and x.ndim == 4:
            x = x[:, :, 0]
        if first and x.ndim > 2:
            x = np.moveaxis(x, -1, 1)
        return apply_activation(x, layer.config.get("activation"), self.modern)


def _same_rank(inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Keras puts axes of size 1 after the batch."""
    rank = max(x.ndim for x in inputs)
    return [x.reshape(len(x), *[1] * (rank - x.ndim), *x.shape[1:]) for x in inputs]


def _fold(function: np.ufunc):
    def fold(inputs: list[np.ndarray], config: dict) -> np.ndarray:
        result = inputs[0]
        for other in inputs[1:]:
            result = function(result, other)
        return result

    return fold


def _along(values: np.ndarray, axis: int | list[int], x: np.ndarray) -> np.ndarray:
    """Values for each place along one or several axes of x, which Keras counts with the batch."""
    axes = [number % x.ndim for number in np.ravel(axis)]
    return values.reshape([size if axis in axes else 1 for axis, size in enumerate(x.shape)])


def _batch_normalization(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    weights = [_along(values, config.get("axis", -1), x) for values in weights]
    gamma = weights.pop(0) if config.get("scale", True) else 1
    beta = weights.pop(0) if config.get("center", True) else 0
    mean, variance = weights[:2]
    return gamma * ((x - mean) / np.sqrt(variance + config.get("epsilon", 1e-3))) + beta


def _normalization(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    given = config.get("mean") is not None
    mean, variance = (config["mean"], config["variance"]) if given else weights[:2]
    if config.get("axis") is None or np.size(mean) == 1:
        mean, variance = np.ravel(mean), np.ravel(variance)
    else:
        mean, variance = (_along(np.float64(v), config["axis"], x) for v in (mean, variance))
    deviation = np.maximum(np.sqrt(variance), 1e-7)
    return x * deviation + mean if config.get("invert") else (x - mean) / deviation


def _dense(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    x = x @ weights[0]
    return x + weights[1] if config.get("use_bias", True) else x


def _reshape(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    return x.reshape(len(x), *config["target_shape"])


def _rescaling(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    return x * np.float64(config["scale"]) + np.float64(config.get("offset") or 0)


LAYERS = {
    **evaluate_images.LAYERS,
    **evaluate_sizes.LAYERS,
    "Activation": lambda x, config, weights: x,
    "BatchNormalization": _batch_normalization,
    "Clip": lambda x, config, weights: np.clip(x, config.get("x_min"), config.get("x_max")),
    "Dense": _dense,
    "ExpandDims": lambda x, config, weights: np.expand_dims(x, config["axis"]),
    "Flatten": lambda x, config, weights: x.reshape(len(x), -1),
    "Normalization": _normalization,
    "Permute": lambda x, config, weights: x.transpose(0, *config["dims"]),
    "Rescaling": _rescaling,
    "Reshape": _reshape,
}

ARITHMETIC = {
    "Add": np.add,
    "Divide": np.divide,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "Multiply": np.multiply,
    "Subtract": np.subtract,
    "TrueDivide": np.divide,
}

MERGES = {
    "Add": _fold(np.add),
    "Subtract": _fold(np.subtract),
    "Multiply": _fold(np.multiply),
    "Maximum": _fold(np.maximum),
    "Minimum": _fold(np.minimum),
    "Average": lambda inputs, config: sum(inputs) / len(inputs),
    "Concatenate": lambda inputs, config: np.concatenate(inputs, config.get("axis", -1)),
}
