"""Finds the arrays of each layer: those of an archive here, those of older files in `legacy.py`."""

from __future__ import annotations

import re
from typing import Any

import h5py

from ..graph import ConvertError
from .arrays import Reader, child, number_at_end
from .checkpoint import DAMAGED, ROOTS, Checkpoint
from .keras1 import modernise_kernels
from .legacy import attach_legacy, backend_by_names
from .network import Layer, Network


def attach(checkpoint: Checkpoint, network: Network) -> None:
    """Fills `weights` of every layer with float32 arrays in Keras's order."""
    reader, backend = Reader(), checkpoint.backend
    try:
        if checkpoint.archive:
            _attach_archive(reader, checkpoint.weights, network)
        else:
            attach_legacy(reader, checkpoint.weights, network)
            backend = backend or backend_by_names(checkpoint)
    except DAMAGED as error:
        raise ConvertError(
            f"the weights in this file are damaged ({type(error).__name__}): "
            "copy it again from its origin"
        ) from None
    modernise_kernels(network, checkpoint.version, backend)


def snake_case(name: str) -> str:
    """The name that Keras derives from a class for the groups of an archive."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _attach_archive(reader: Reader, group: h5py.Group, network: Network) -> None:
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
        groups.setdefault(re.sub(r"_\d+$", "", name), []).append((number_at_end(name), name))
    return {base: [name for _, name in sorted(found)] for base, found in groups.items()}


def _belongs(found: Any, layer: Layer) -> bool:
    """Whether a group found by class is the layer's; newer files say which layer it is."""
    if found is None:
        return False
    variables = child(found, "vars")
    name = variables.attrs.get("name") if variables is not None else None
    return name is None or str(name) == layer.name
