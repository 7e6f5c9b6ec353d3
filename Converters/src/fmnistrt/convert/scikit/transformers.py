"""Steps before the classifier: scalers and principal components."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .chain import Chain
from .estimators import Step

RAW = 4.0
"""Pixels divided by 255, even with a mean taken off and divided by a deviation, stay below this."""


def _standard_scaler(chain: Chain, step: Step) -> None:
    size = chain.x.shape[0]
    scale, mean = np.ones(size), np.zeros(size)
    if step.option("with_std", True):
        scale = 1 / step.numbers("scale_", 1)
    if step.option("with_mean", True):
        mean = step.numbers("mean_", 1)
    chain.scale_shift(scale, -mean * scale)


def _min_max_scaler(chain: Chain, step: Step) -> None:
    chain.scale_shift(step.numbers("scale_", 1), step.numbers("min_", 1))
    if step.option("clip", False):
        low, high = step.option("feature_range")
        chain.activation("clip", "clipped", float(low), float(high))


def _pca(chain: Chain, step: Step) -> None:
    components, mean = step.numbers("components_", 2), step.numbers("mean_", 1)
    if step.option("whiten", False):
        variance = step.numbers("explained_variance_", 1)
        # As scikit-learn does, so that components of no variance do not divide by 0.
        deviation = np.maximum(np.sqrt(variance), np.finfo(np.float64).eps)
        components = components / deviation[:, None]
    chain.dense(components, -components @ mean, "projected")


TRANSFORMERS: dict[str, Callable[[Chain, Step], None]] = {
    "StandardScaler": _standard_scaler,
    "MinMaxScaler": _min_max_scaler,
    "PCA": _pca,
}


def raw_pixels(step: Step) -> str:
    """A remark if the numbers in the first step are those of pixels from 0 to 255, else nothing."""
    names = {
        "StandardScaler": "mean_",
        "MinMaxScaler": "data_max_",
        "PCA": "mean_",
        "SVC": "support_vectors_",
        "NuSVC": "support_vectors_",
    }
    value = getattr(step.model, names.get(step.kind, ""), None)
    if value is None or np.min(value) < 0 or np.max(value) <= RAW:
        return ""
    return (
        f"{names[step.kind]} of the {step.kind} goes up to {np.max(value):.0f}, so the model was "
        "trained on pixels from 0 to 255: --scale 1 (give --scale to say otherwise)"
    )
