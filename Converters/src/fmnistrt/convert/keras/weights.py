"""Finds each layer's arrays in the HDF5 file and checks that they are sound."""

from __future__ import annotations

import re
from typing import Any

import h5py
import numpy as np

from ..graph import ConvertError
from .checkpoint import DAMAGED, MAX_WEIGHTS, ROOTS, Checkpoint
from .keras1 import modernise_kernels
from .network import Layer, Network
from .sequences import SEQUENCES


def attach(checkpoint: Checkpoint, network: Network) -> None:
    """Fills `weights` of every layer with float32 arrays in Keras's order."""
    reader, backend = _Reader(), checkpoint.backend
    try:
        if checkpoint.archive:
            _attach_archive(reader, checkpoint.weights, network)
        else:
            _attach_legacy(reader, checkpoint.weights, network)
            backend = backend or _backend_by_names(checkpoint)
    except DAMAGED as error:
        raise ConvertError(
            f"the weights in this file are damaged ({type(error).__name__}): "
            "copy it again from its origin"
        ) from None
    modernise_kernels(network, checkpoint.version, backend)


class _Reader:
    """Reads arrays, and no more of them than a model may have."""

    def __init__(self) -> None:
        self.left = MAX_WEIGHTS

    def array(self, dataset: Any, layer: Layer) -> np.ndarray:
        """One array as float32."""
        if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
            raise ConvertError(f'the weights of layer "{layer.path}" are not in this file')
        self.left -= dataset.size * max(dataset.dtype.itemsize, 4)
        if self.left < 0:
            raise ConvertError(f'the weights up to layer "{layer.path}" take more than 1 GiB')
        bfloat16 = dataset.dtype == np.dtype("V2")
        if not bfloat16 and dataset.dtype.kind not in "fiu":
            raise ConvertError(
                f'the weights of layer "{layer.path}" are of the type {dataset.dtype}, '
                "not numbers: save the model in float32"
            )
        with np.errstate(over="ignore"):
            if bfloat16:
                # HDF5 has no such type; its bits are the upper half of a float32's.
                values = (dataset[()].view(np.uint16).astype(np.uint32) << 16).view(np.float32)
            else:
                values = dataset[()].astype(np.float32)
        if not np.isfinite(values).all():
            raise ConvertError(
                f'layer "{layer.path}" has weights that are NaN or infinite: the training '
                "diverged, convert an earlier checkpoint"
            )
        return values


def child(group: h5py.Group, name: str) -> Any:
    """A member of the group itself; links that lead elsewhere do not count."""
    if not isinstance(group, h5py.Group) or not isinstance(
        group.get(name, getlink=True), h5py.HardLink
    ):
        return None
    return group[name]


def snake_case(name: str) -> str:
    """The name that Keras derives from a class for the groups of an archive."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _attach_archive(reader: _Reader, group: h5py.Group, network: Network) -> None:
    """Groups are called after the layer's class, counted within the model, or after the layer."""
    root = next((found for name in ROOTS if (found := child(group, name)) is not None), None)
    if root is None:
        return
    counts: dict[str, int] = {}
    numbered = _numbered(root) if child(group, ROOTS[0]) is None else None
    for layer in network.layers:
        base = snake_case(layer.kind)
        if layer.operation:
            continue
        number = counts.get(base, 0)
        counts[base] = number + 1
        if numbered is None:
            name = f"{base}_{number}" if number else base
        else:
            name = dict(enumerate(numbered.get(base, []))).get(number, base)
        found = child(root, name)
        if not _belongs(found, layer):
            found = child(root, layer.name)
        if found is None:
            continue
        if layer.model is not None:
            _attach_archive(reader, found, layer.model)
            continue
        variables = child(found, "vars")
        names = sorted(variables, key=int) if variables is not None else []
        layer.weights = [reader.array(child(variables, name), layer) for name in names]


def _numbered(root: h5py.Group) -> dict[str, list[str]]:
    """The groups of each class, in order.

    Keras 2.12 and 2.13 count each layer that has weights twice: conv2d, conv2d_2, conv2d_4.
    """
    groups: dict[str, list[tuple[int, str]]] = {}
    for name in root:
        groups.setdefault(re.sub(r"_\d+$", "", name), []).append((_number(name), name))
    return {base: [name for _, name in sorted(found)] for base, found in groups.items()}


def _belongs(found: Any, layer: Layer) -> bool:
    """Whether a group found by class is the layer's; newer files say which layer it is."""
    if found is None:
        return False
    variables = child(found, "vars")
    name = variables.attrs.get("name") if variables is not None else None
    return name is None or str(name) == layer.name


def _attach_legacy(reader: _Reader, group: h5py.Group, network: Network) -> None:
    for layer, found in _legacy_groups(group, network):
        names = _names(found)
        arrays = [reader.array(_walk(found, name), layer) for name in names]
        if layer.model is None:
            layer.weights = arrays
        else:
            _share(layer, names, arrays)


def _legacy_groups(group: h5py.Group, network: Network) -> list[tuple[Layer, h5py.Group]]:
    """Layers and their groups: by name or, if the names are of another model, in order."""
    weighted = [layer for layer in network.layers if _wanted(layer)]
    named = [(layer, child(group, layer.name)) for layer in weighted]
    if all(found is None for _, found in named):
        order = [child(group, name) for name in _strings(group, "layer_names")]
        full = [found for found in order if found is not None and _names(found)]
        if len(full) == len(weighted):
            return list(zip(weighted, full, strict=True))
    return [(layer, found) for layer, found in named if found is not None]


def _backend_by_names(checkpoint: Checkpoint) -> str:
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
                for path in sorted(fitting, key=_number)
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


def _number(name: str) -> int:
    """The number at the end of a name."""
    return int((re.search(r"\d*$", name) or [""])[0] or 0)
