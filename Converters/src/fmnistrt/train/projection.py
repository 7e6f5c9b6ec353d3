"""A fitted transformation of scikit-learn as a dense layer."""

from __future__ import annotations

import numpy as np

from fmnistrt.convert.graph import ConvertError, Node, Tensor
from fmnistrt.convert.scikit.support_vectors import stored


def in_halves(values: np.ndarray) -> np.ndarray:
    """Each value rounded to the nearest number of half precision, as float64."""
    return values.astype(np.float16).astype(np.float64)


def projection(x: Tensor, transformer, name: str) -> Node:
    """A dense layer for a fitted StandardScaler, PCA, or pipeline of such: whatever is affine.

    `x` is a vector. What the transformer subtracts becomes part of the bias.
    """
    (size,) = x.shape
    shift = transformer.transform(np.zeros((1, size)))[0]
    matrix = (transformer.transform(np.eye(size)) - shift).T
    sample = np.random.default_rng(0).normal(0, 1, size)
    if not np.allclose(transformer.transform(sample[None])[0], matrix @ sample + shift):
        raise ConvertError(f'"{name}" is not a linear transformation and a shift')
    weights = Tensor(f"{name}.weights", matrix.shape, stored(matrix))
    bias = Tensor(f"{name}.bias", shift.shape, shift.astype(np.float32))
    return Node("dense", [x, weights, bias], Tensor(name, shift.shape))
