"""KNeighborsClassifier: its training rows as bytes, compared with the plain pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..graph import Graph, Node, Shape, Tensor
from ..operators import MAX_VOTED, METRICS
from .chain import Chain
from .estimators import Step
from .transformers import TRANSFORMERS

if TYPE_CHECKING:
    from sklearn.neighbors import KNeighborsClassifier

ROUNDING = 0.01
"""How far from a whole number a pixel may be that was scaled and scaled back."""
ORDERED_AS = {"sqeuclidean": "euclidean", "l2": "euclidean", "l1": "manhattan"}
ORDERED_AS["cityblock"] = "manhattan"


def neighbours_graph(
    rows: np.ndarray, labels: np.ndarray, shape: Shape, k: int, metric: str, classes: int
) -> Graph:
    """One node that compares an image of `shape` with all `rows` (n, pixels), bytes.

    `labels` (n), bytes, are below `classes`. `metric` is a name in METRICS.
    """
    image = Tensor("image", shape)
    constants = [Tensor("rows", rows.shape, rows), Tensor("labels", labels.shape, labels)]
    attributes = {"metric": METRICS[metric], "k": k, "classes": classes}
    output = Tensor("votes", (classes,))
    return Graph(image, [Node("nearest_neighbours", [image, *constants], output, attributes)])


def brute_force(x: np.ndarray, labels: np.ndarray, k: int, metric: str) -> KNeighborsClassifier:
    """scikit-learn's classifier of nearest neighbours, which looks at every row of `x`."""
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(n_neighbors=k, metric=metric, algorithm="brute").fit(x, labels)


@dataclass(frozen=True)
class Neighbours:
    """A classifier of nearest neighbours whose rows are pixels.

    A value that it was trained on is `offset + unit * pixel`. `scalers` stand before it.
    """

    step: Step
    scalers: list[Step]
    rows: np.ndarray
    labels: np.ndarray
    offset: float
    unit: float
    k: int
    metric: str
    classes: int

    def graph(self, shape: Shape) -> Graph:
        """The graph for images of `shape`."""
        return neighbours_graph(self.rows, self.labels, shape, self.k, self.metric, self.classes)

    def answer(self, pixels: np.ndarray) -> np.ndarray:
        """Shares of the votes (n, classes) for plain pixels (n, pixels), as scikit-learn counts."""
        x = self.offset + self.unit * pixels
        for scaler in self.scalers:
            x = scaler.model.transform(x)
        fitted = self.step.model._fit_X
        model = brute_force(np.asarray(fitted, np.float64), self.labels, self.k, self.metric)
        shares = np.zeros((len(x), self.classes))
        shares[:, model.classes_] = model.predict_proba(x)
        return shares

    def settled(self, pixels: np.ndarray) -> np.ndarray:
        """Whether the last of the k neighbours is nearer than the next row."""
        if self.k == len(self.rows):
            return np.ones(len(pixels), bool)
        rows = self.rows.astype(np.int32)
        gaps = []
        for one in pixels.astype(np.int32):
            difference = np.abs(rows - one)
            power = difference if self.metric == "manhattan" else difference * difference
            distances = np.partition(power.sum(axis=1), (self.k - 1, self.k))
            gaps.append(distances[self.k] - distances[self.k - 1])
        return np.array(gaps) > 0


def read_neighbours(step: Step, before: list[Step]) -> Neighbours:
    """Recovers the pixels of the rows, or says why these neighbours cannot be converted."""
    if step.option("weights", "uniform") not in ("uniform", None):
        raise step.fail("weighs neighbours by distance: train it with weights='uniform'")
    metric = getattr(step.model, "effective_metric_", None)
    metric = ORDERED_AS.get(metric, metric) if isinstance(metric, str) else metric
    parameters = getattr(step.model, "effective_metric_params_", None) or {}
    if metric not in METRICS or not parameters.keys() <= {"p"}:
        raise step.fail(
            f"has the metric {metric}: train it with p=1 or p=2, without weights of the features"
        )
    values = step.numbers("_fit_X", 2)
    labels = np.asarray(getattr(step.model, "_y", None))
    classes = len(step.model.classes_)
    if labels.shape != values.shape[:1] or labels.dtype.kind not in "iu":
        raise step.fail("has several labels for an image: only one class an image is possible")
    if classes > MAX_VOTED or labels.min() < 0 or labels.max() >= classes:
        raise step.fail(f"has {classes} classes; at most {MAX_VOTED} are possible")
    values = _unscaled(step, before, values)
    offset, unit = _grid(step, values)
    rows = np.rint((values - offset) / unit).astype(np.uint8)
    k = int(step.option("n_neighbors", 5))
    return Neighbours(step, before, rows, labels.astype(np.uint8), offset, unit, k, metric, classes)


def _unscaled(step: Step, before: list[Step], values: np.ndarray) -> np.ndarray:
    """Rows as they were before the scalers, which must keep the order of distances."""
    for scaler in reversed(before):
        if scaler.kind == "PCA" or scaler.option("clip", False):
            raise step.fail(
                f'stands behind the {scaler.kind} "{scaler.name}": only neighbours among pixels '
                "can be converted; train it on the pixels, or put an SVC behind that step"
            )
        scale, shift = _scale_and_shift(scaler, values.shape[1])
        if np.ptp(scale) > 1e-6 * np.abs(scale).max() or not scale.all():
            raise step.fail(
                f'stands behind the {scaler.kind} "{scaler.name}", which scales each pixel by '
                "another factor: train it on the pixels, or on all divided by 255"
            )
        values = (values - shift) / scale
    return values


def _scale_and_shift(scaler: Step, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The scaler's `x * scale + shift`, one number for each pixel."""
    chain = Chain(Graph(Tensor("pixels", (size,))))
    chain.name = scaler.name
    TRANSFORMERS[scaler.kind](chain, scaler)
    scale, shift = (tensor.value for tensor in chain.graph.nodes[0].inputs[1:])
    assert scale is not None and shift is not None
    return scale, shift


def _grid(step: Step, values: np.ndarray) -> tuple[float, float]:
    """The offset and unit by which pixels from 0 to 255 became the values."""
    low, high = float(values.min()), float(values.max())
    plain = (0.0, 1.0) if high > 1 else (0.0, 1 / 255)
    for offset, unit in (plain, (low, (high - low) / 255)):
        if unit <= 0:
            continue
        pixels = (values - offset) / unit
        whole = np.rint(pixels)
        fits = whole.min() >= 0 and whole.max() <= 255
        if fits and np.abs(pixels - whole).max() <= ROUNDING:
            return offset, unit
    raise step.fail(
        f"compares values from {low:g} to {high:g}, which are not pixels that were scaled alike: "
        "train it on the pixels, or on all divided by 255"
    )
