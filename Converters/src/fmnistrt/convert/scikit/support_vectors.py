"""Support vectors of scikit-learn as a node of the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..graph import ConvertError, Node, Tensor
from ..operators import VECTOR_KERNELS, VECTOR_OUTPUTS

if TYPE_CHECKING:
    from sklearn.svm import SVC


def stored(values: np.ndarray) -> np.ndarray:
    """Single precision, or half precision if that loses nothing but rounding errors of double."""
    with np.errstate(over="ignore"):
        halves = values.astype(np.float16)
    largest = np.abs(values).max()
    lossless = np.abs(halves.astype(np.float64) - values).max() <= 1e-12 * largest
    return halves if lossless else values.astype(np.float32)


def support_vectors(x: Tensor, model: SVC, output: str = "votes", name: str = "svc") -> Node:
    """The node of a fitted SVC for the vector `x`; its scores are in the order of `classes_`.

    With the output "votes" the largest score, of equal ones the first, is the model's `predict`;
    with "ovr" the scores are what `decision_function` gives for more than two classes.
    """
    if model.kernel not in VECTOR_KERNELS:
        raise ConvertError(f"support vectors with the kernel {model.kernel} cannot be converted")
    vectors = np.asarray(model.support_vectors_, np.float64)
    # scikit-learn turns the signs of binary classifiers, so that the second class is positive.
    sign = -1.0 if len(model.classes_) == 2 else 1.0
    coefficients, intercepts = sign * model.dual_coef_, sign * model.intercept_
    attributes = {
        "output": VECTOR_OUTPUTS[output],
        "kernel": VECTOR_KERNELS[model.kernel],
        "counts": tuple(int(count) for count in model.n_support_),
    }
    if model.kernel != "linear":
        # What "scale" or "auto" came to; scikit-learn has no public name for it.
        attributes["gamma"] = float(model._gamma)
    if model.kernel in ("poly", "sigmoid"):
        attributes["coef0"] = float(model.coef0)
    if model.kernel == "poly":
        attributes["degree"] = int(model.degree)
    constants = [
        Tensor(f"{name}.vectors", vectors.shape, stored(vectors)),
        Tensor(f"{name}.coefficients", coefficients.shape, coefficients.astype(np.float32)),
        Tensor(f"{name}.intercepts", intercepts.shape, intercepts.astype(np.float32)),
    ]
    scores = Tensor(name, (len(model.classes_),))
    return Node("support_vectors", [x, *constants], scores, attributes)


def count_votes(decisions: np.ndarray, classes: int) -> np.ndarray:
    """Votes (n, classes) from one-against-one decisions (n, pairs), above 0 for the first class.

    `decisions` are what an SVC of more than two classes with decision_function_shape="ovo" gives.
    """
    votes = np.zeros((len(decisions), classes), np.float32)
    pairs = [(i, j) for i in range(classes) for j in range(i + 1, classes)]
    for (first, second), decision in zip(pairs, decisions.T, strict=True):
        votes[:, first] += decision > 0
        votes[:, second] += decision <= 0
    return votes
