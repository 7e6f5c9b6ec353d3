"""Nearest neighbours against the oracle and scikit-learn, on every instruction set."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

import oracle
from fmnistrt.convert.graph import Graph, Node, Tensor
from fmnistrt.convert.model import Model, Pixels
from fmnistrt.convert.operators import METRICS
from fmnistrt.convert.writer import write
from fmnistrt.data import load
from library import ISA_NAMES, Session, instruction_sets

CLASSES = 10


def _graph(shape: tuple[int, ...], rows: np.ndarray, labels: np.ndarray, metric: str, k: int):
    source, output = Tensor("input", shape), Tensor("votes", (CLASSES,))
    constants = [Tensor("rows", rows.shape, rows), Tensor("labels", labels.shape, labels)]
    attributes = {"metric": METRICS[metric], "k": k, "classes": CLASSES}
    return Graph(source, [Node("nearest_neighbours", [source, *constants], output, attributes)])


def _check(graph: Graph, images: np.ndarray, expected: np.ndarray) -> None:
    """All images in one call and the last again alone, as pixels or as floats."""
    pixels = Pixels(1.0) if images.dtype == np.uint8 else None
    content = write(Model(graph, "probabilities", pixels))
    for isa, keep in itertools.product(instruction_sets(), (False, True)):
        with Session(content, isa, keep) as session:
            np.testing.assert_allclose(
                session.run(images, CLASSES), expected, atol=1e-6, err_msg=ISA_NAMES[isa]
            )
            alone = session.run(images[-1:], CLASSES)
            np.testing.assert_allclose(alone, expected[-1:], atol=1e-6, err_msg=ISA_NAMES[isa])
            if keep:
                kept = session.tensor(0, graph.input.shape)
                np.testing.assert_array_equal(kept, images[-1])


def _by_oracle(graph: Graph, images: np.ndarray) -> np.ndarray:
    return np.stack([oracle.evaluate(graph, image)[graph.output] for image in images])


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "shape", [(1,), (31,), (33, 1, 1), (8, 8, 1), (5, 13), (6, 6, 3), (2, 3, 20)]
)
@pytest.mark.parametrize("count", [1, 15, 16, 128, 129, 300])
def test_sizes(metric: str, shape: tuple[int, ...], count: int) -> None:
    """Every kind of tile and tail; few values, so that many distances are equal."""
    random = np.random.default_rng(count * 1000 + len(shape))
    size = int(np.prod(shape))
    rows = random.choice(np.array([0, 1, 254, 255], np.uint8), (count, size))
    labels = random.integers(0, CLASSES, count, dtype=np.uint8)
    images = random.choice(np.array([0, 1, 255], np.float32), (67, *shape))
    graph = _graph(shape, rows, labels, metric, min(count, 7))
    _check(graph, images, _by_oracle(graph, images))


def test_values_are_rounded_to_bytes() -> None:
    rows = np.arange(256, dtype=np.uint8).reshape(256, 1)
    labels = (np.arange(256) % CLASSES).astype(np.uint8)
    values = [-np.inf, -3, 0, 0.49, 0.5, 1.5, 7.49, 254.49, 254.5, 255, 255.9, 1e9, np.inf, np.nan]
    nearest = [0, 0, 0, 0, 1, 2, 7, 254, 255, 255, 255, 255, 255, 0]
    graph = _graph((1,), rows, labels, "manhattan", 1)
    images = np.array(values, np.float32).reshape(-1, 1)
    content = write(Model(graph, "probabilities"))
    for isa in instruction_sets():
        with Session(content, isa, False) as session:
            answers = session.run(images, CLASSES)
            assert answers.argmax(1).tolist() == [n % CLASSES for n in nearest]


def test_ties_in_distance_go_to_the_first_rows() -> None:
    rows = np.full((200, 70), 9, np.uint8)
    labels = np.array([3, 1, 2] + [0] * 197, np.uint8)
    for metric, k in itertools.product(METRICS, (1, 2, 3, 4)):
        expected = np.zeros((1, CLASSES))
        expected[0, [3, 1, 2, 0][:k]] = 1 / k
        _check(_graph((70,), rows, labels, metric, k), np.zeros((1, 70), np.float32), expected)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [1, 5, 16, 255])
def test_pictures_as_scikit_learn(metric: str, k: int) -> None:
    """Classes and shares of 300 test images among 4000 training images."""
    training, test = load("train"), load("t10k")
    rows, labels = training.images[:4000].reshape(4000, -1), training.labels[:4000]
    images = test.images[:300, ..., None]
    model = KNeighborsClassifier(k, metric=metric, algorithm="brute")
    model.fit(rows.astype(np.float64), labels)
    flat = images.reshape(300, -1).astype(np.float64)
    distances = model.kneighbors(flat, min(k + 1, 4000))[0]
    # Where the last neighbour and the next are as far, scikit-learn takes any of them.
    clear = distances[:, k - 1] < distances[:, k]
    assert clear.sum() > 280
    images, flat = images[clear], flat[clear]
    shares = model.predict_proba(flat)
    _check(_graph((28, 28, 1), rows, labels, metric, k), images, shares)
    np.testing.assert_array_equal(shares.argmax(1), model.predict(flat))
