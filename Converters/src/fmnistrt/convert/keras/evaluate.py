"""A second opinion: evaluates a Keras model's configuration in NumPy, in double precision.

It shares the parsed configuration with the translation and nothing else: each layer is computed
from its own settings, as Keras documents it, never from the graph. Double precision makes the
answers, once rounded to float32, the same on every machine.
"""

from __future__ import annotations

import numpy as np

from . import evaluate_images
from .config import Layer, Network, Reference
from .evaluate_activations import ACTIVATION_LAYERS, apply_activation

BATCH = 64


class Evaluator:
    """Calling it gives the model's answers for prepared inputs (n, height, width, channels)."""

    def __init__(self, network: Network, modern: bool) -> None:
        self.network = network
        self.modern = modern

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """The answers (n, classes), float32."""
        shape = self.network.input_shape
        assert shape is not None
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            parts = [
                self._network(self.network, part.astype(np.float64).reshape(len(part), *shape))
                for part in (inputs[i : i + BATCH] for i in range(0, len(inputs), BATCH))
            ]
            return np.concatenate(parts).astype(np.float32)

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
        if kind not in LAYERS:
            return x
        x = LAYERS[kind](x, layer.config, [w.astype(np.float64) for w in layer.weights])
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


def _batch_normalization(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    weights = list(weights)
    gamma = weights.pop(0) if config.get("scale", True) else 1
    beta = weights.pop(0) if config.get("center", True) else 0
    mean, variance = weights[:2]
    return gamma * ((x - mean) / np.sqrt(variance + config.get("epsilon", 1e-3))) + beta


def _normalization(x: np.ndarray, config: dict, weights: list[np.ndarray]) -> np.ndarray:
    given = config.get("mean") is not None
    mean, variance = (config["mean"], config["variance"]) if given else weights[:2]
    mean, deviation = np.ravel(mean), np.maximum(np.sqrt(np.ravel(variance)), 1e-7)
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
    "Activation": lambda x, config, weights: x,
    "BatchNormalization": _batch_normalization,
    "Dense": _dense,
    "Flatten": lambda x, config, weights: x.reshape(len(x), -1),
    "Normalization": _normalization,
    "Permute": lambda x, config, weights: x.transpose(0, *config["dims"]),
    "Rescaling": _rescaling,
    "Reshape": _reshape,
}

ARITHMETIC = {
    "Add": np.add,
    "Divide": np.divide,
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
