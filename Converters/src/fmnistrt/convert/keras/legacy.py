"""Finds each layer's arrays in the HDF5 files of `model.save()` and of Keras 2's weights."""

from __future__ import annotations

import re
from typing import Any

import h5py
import numpy as np

from ..graph import ConvertError
from .arrays import Reader, child, number_at_end
from .checkpoint import Checkpoint
from .network import Layer, Network
from .sequences import SEQUENCES


def attach_legacy(reader: Reader, group: h5py.Group, network: Network) -> None:
    """Groups are called after the layers, and list the names of their arrays."""
    for layer, found in _legacy_groups(group, network):
        names = _names(found)
        arrays = [reader.array(_walk(found, name), layer) for name in names]
        if layer.model is None:
            layer.weights = arrays
        else:
            _share(layer, names, arrays)


def _legacy_groups(group: h5py.Group, network: Network) -> list[tuple[Layer, h5py.Group]]:
    """Layers and their groups: by name or, where names are of another session, all in order."""
    weighted = [layer for layer in network.layers if _wanted(layer)]
    named = [(layer, child(group, layer.name)) for layer in weighted]
    if any(found is None for _, found in named):
        order = [child(group, name) for name in _strings(group, "layer_names")]
        full = [found for found in order if found is not None and _names(found)]
        if len(full) == len(weighted):
            return list(zip(weighted, full, strict=True))
    return [(layer, found) for layer, found in named if found is not None]


def backend_by_names(checkpoint: Checkpoint) -> str:
    """Keras 1 does not say its backend, but TensorFlow's arrays are called name:0."""
    if checkpoint.version.numbers >= (2, 0):
        return ""
    groups = (child(checkpoint.weights, name) for name in checkpoint.weights)
    names = [name for group in groups if isinstance(group, h5py.Group) for name in _names(group)]
    return "" if any(name.endswith(":0") for name in names) else "theano"


def _wanted(layer: Layer) -> int:
    """How many arrays a layer, or all layers of a model, have."""
    return count(layer) if layer.model is None else sum(map(count, layer.model.leaves()))


def _names(group: h5py.Group) -> list[str]:
    return _strings(group, "weight_names")


def _strings(group: h5py.Group, key: str) -> list[str]:
    """An attribute with a list of names, which Keras splits when it is long."""
    parts = [group.attrs[key]] if key in group.attrs else []
    while f"{key}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{key}{len(parts)}"])
    names = [name for part in parts for name in part]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _walk(group: h5py.Group, path: str) -> Any:
    for part in path.split("/"):
        group = child(group, part)
    return group


COUNTS = {
    "Conv2D": 1,
    "Conv2DTranspose": 1,
    "DepthwiseConv2D": 1,
    "SeparableConv2D": 2,
    "Dense": 1,
    "PReLU": 1,
}
"""Arrays of each kind of layer, without the bias."""


def count(layer: Layer) -> int:
    """How many arrays a layer has."""
    if layer.kind == "BatchNormalization":
        return 2 + sum(bool(layer.config.get(key, True)) for key in ("scale", "center"))
    if layer.kind == "Normalization":
        return 0 if layer.config.get("mean") is not None else 3
    base = COUNTS.get(SEQUENCES.get(layer.kind, layer.kind), 0)
    has_bias = base and layer.kind != "PReLU" and layer.config.get("use_bias", True)
    return base + int(bool(has_bias))


def _share(outer: Layer, names: list[str], arrays: list[np.ndarray]) -> None:
    """Hands a nested model's arrays to its layers.

    They stand in one list: layer by layer, trainable ones first and the others (moving averages,
    frozen layers) after them. So the layers are told apart by the names of the arrays, which are
    models/layer/array; not all models need be there.
    """
    assert outer.model is not None
    groups: dict[str, list[np.ndarray]] = {}
    for name, array in zip(names, arrays, strict=True):
        groups.setdefault(name.rpartition("/")[0], []).append(array)
    names_of_layers = {leaf.name for leaf in outer.model.leaves()}
    for leaf in outer.model.leaves():
        wanted = count(leaf)
        if not wanted:
            continue
        fitting = [path for path, found in groups.items() if len(found) == wanted]
        mine = [path for path in fitting if leaf.name in path.split("/")]
        if not mine:
            # TensorFlow 1 numbers names that were taken, by a layer of another model.
            numbered = re.compile(re.escape(leaf.name) + r"_\d+")
            mine = [
                path
                for path in sorted(fitting, key=number_at_end)
                if numbered.fullmatch(path.split("/")[-1])
                and path.split("/")[-1] not in names_of_layers
            ]
        if not mine:
            raise ConvertError(
                f'the weights of layer "{leaf.path}" cannot be told apart in this old file: load '
                'it in the Keras that made it and save it with model.save("model.keras")'
            )
        # Of layers with the same name, the one in the same models; then in order.
        parts = set(leaf.path.split("/"))
        best = max(mine, key=lambda path: len(parts & set(path.split("/"))))
        leaf.weights = groups.pop(best)
