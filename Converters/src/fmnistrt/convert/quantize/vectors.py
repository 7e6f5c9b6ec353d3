"""Support vectors for many inputs at once."""

from __future__ import annotations

import numpy as np

from ..graph import Node
from ..operators import VECTOR_KERNELS, VECTOR_OUTPUTS, complete


def support_vectors(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    """Scores (n, classes), float32, of inputs (n, size), as docs/fmg-format.md says."""
    x, vectors, coefficients, intercepts = (value.astype(np.float64) for value in inputs)
    attributes = complete(node.operator, node.attributes)
    counts = attributes["counts"]
    values = _kernel(attributes, x, vectors)
    ends = np.cumsum(counts)
    parts = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
    votes, sums = np.zeros((2, len(x), len(counts)))
    pairs = [(i, j) for i in range(len(counts)) for j in range(i + 1, len(counts))]
    for (i, j), intercept in zip(pairs, intercepts, strict=True):
        decision = values[:, parts[i]] @ coefficients[j - 1, parts[i]] + intercept
        decision += values[:, parts[j]] @ coefficients[i, parts[j]]
        votes[:, i] += decision > 0
        votes[:, j] += decision <= 0
        sums[:, i] += decision
        sums[:, j] -= decision
    if attributes["output"] == VECTOR_OUTPUTS["ovr"]:
        votes += sums / (3 * (np.abs(sums) + 1))
    return votes.astype(np.float32)


def _kernel(attributes: dict, x: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """K of each input and each vector, (n, vectors)."""
    kinds = {number: name for name, number in VECTOR_KERNELS.items()}
    gamma, coef0 = attributes["gamma"], attributes["coef0"]
    products = x @ vectors.T
    match kinds[attributes["kernel"]]:
        case "linear":
            return products
        case "poly":
            return (gamma * products + coef0) ** attributes["degree"]
        case "rbf":
            squares = (x * x).sum(1)[:, None] + (vectors * vectors).sum(1) - 2 * products
            return np.exp(-gamma * np.maximum(squares, 0))
        case _:
            return np.tanh(gamma * products + coef0)
