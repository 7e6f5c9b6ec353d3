"""Reads arrays of HDF5 files and checks that they are sound."""

from __future__ import annotations

import re
from typing import Any

import h5py
import numpy as np

from ..graph import ConvertError
from .checkpoint import MAX_WEIGHTS
from .network import Layer


class Reader:
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


def number_at_end(name: str) -> int:
    """The number at the end of a name."""
    return int((re.search(r"\d*$", name) or [""])[0] or 0)
