"""Checkpoints of weights alone, as `save_weights` and ModelCheckpoint of TensorFlow's Keras write.

Their names say the number of each layer among those with weights. So the layers that
`model.to_json()` gave find their weights, and the model is read as any other of Keras.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..checkpoint import MAX_CHECKPOINT, Checkpoint
from ..graph import ConvertError
from ..keras.beside import layers_of
from ..keras.checkpoint import Version
from ..keras.config import parse
from ..keras.frontend import result_of
from ..keras.legacy import count
from ..keras.network import Layer, Network, reading_configuration
from ..result import FrontEndResult
from .library import quiet, reason_of, tensorflow

ORDER = (
    *("depthwise_kernel", "pointwise_kernel", "kernel", "bias", "gamma", "beta", "alpha"),
    *("moving_mean", "moving_variance", "mean", "variance", "count"),
)
"""Keras's order of the weights of a layer."""
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
LAYER = "layer_with_weights-"
ROOTS = ("", "model/", "_model/")
"""What stands before the layers: nothing, or the name in a `tf.train.Checkpoint(model=model)`."""
LISTED = 6
_OPTIMISER = re.compile(r"(^|/)(\.OPTIMIZER_SLOT|optimizer|_CHECKPOINTABLE_OBJECT_GRAPH)(/|$)")


def read_checkpoint(checkpoint: Checkpoint, config: Path | None) -> FrontEndResult:
    """Reads weights; `config` is the file with the layers, or they are in one beside the index."""
    path = checkpoint.path
    if path is None:
        raise ConvertError("is a checkpoint of TensorFlow without the file of its numbers")
    arrays = _arrays(path)
    root = next((r for r in ROOTS if any(name.startswith(r + LAYER) for name in arrays)), None)
    if root is None:
        raise ConvertError(
            f"holds weights without a model, and no layers of Keras: {_listed(arrays)}. Save the "
            "model as a SavedModel, or with model.save('model.keras')"
        )
    try:
        layers, name = layers_of(path, config)
    except ConvertError as error:
        raise ConvertError(f"{error}. The weights are {_listed(arrays)}") from error
    network = parse(layers)
    with reading_configuration():
        _attach(network, arrays, root)
    version = Version(str(layers.get("keras_version") or "2"))
    result = result_of(network, version, [f"the layers are those in {name}"])
    return replace(result, framework=f"{result.framework} (checkpoint of TensorFlow)")


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """The variables by name, without those of the optimiser."""
    tf = tensorflow()
    try:
        with quiet():
            reader = tf.train.load_checkpoint(str(path).removesuffix(".index"))
        shapes = reader.get_variable_to_shape_map()
        names = [name for name in sorted(shapes) if not _OPTIMISER.search(name)]
        if sum(4 * int(np.prod(shapes[name])) for name in names) > MAX_CHECKPOINT:
            raise ConvertError("holds more than 1 GiB of weights, which no .fmg file can")
        arrays = {name.removesuffix(VALUE): np.asarray(reader.get_tensor(name)) for name in names}
    except ConvertError:
        raise
    except Exception as error:  # TensorFlow raises whatever its parts raise.
        raise ConvertError(
            f"is a checkpoint that TensorFlow cannot read ({reason_of(error)}): copy it again with "
            "the .data files beside it"
        ) from error
    return {name: array for name, array in arrays.items() if array.dtype.kind in "fiu"}


def _attach(network: Network, arrays: dict[str, np.ndarray], place: str) -> None:
    """Fills the weights of each layer; `place` is what stands before the network's layers."""
    number = 0
    for layer in network.layers:
        leaves = [layer] if layer.model is None else layer.model.leaves()
        if not any(map(count, leaves)):
            continue
        inside = f"{place}{LAYER}{number}/"
        number += 1
        if layer.model is not None:
            _attach(layer.model, arrays, inside)
        else:
            layer.weights = _weights(layer, arrays, inside)
    if any(name.startswith(f"{place}{LAYER}{number}/") for name in arrays):
        raise ConvertError(
            f"has more layers with weights than the {number} of the model in JSON: give the JSON "
            "of this model, or save it with model.save('model.keras')"
        )


def _weights(layer: Layer, arrays: dict[str, np.ndarray], inside: str) -> list[np.ndarray]:
    names = [name for name in ORDER if inside + name in arrays]
    found = [arrays[inside + name].astype(np.float32) for name in names]
    if not all(np.isfinite(array).all() for array in found):
        raise ConvertError(
            f'layer "{layer.path}" has weights that are NaN or infinite: the training diverged, '
            "convert an earlier checkpoint"
        )
    return found


def _listed(arrays: dict[str, np.ndarray]) -> str:
    """The first names and shapes."""
    texts = [
        f"{name} {'x'.join(map(str, array.shape))}" for name, array in arrays.items() if array.ndim
    ]
    more = f", ... ({len(texts)} in all)" if len(texts) > LISTED else ""
    return ", ".join(texts[:LISTED]) + more
