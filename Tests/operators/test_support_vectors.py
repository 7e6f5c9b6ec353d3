"""Support vectors against the oracle and scikit-learn, on every instruction set."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.multiclass import _ovr_decision_function

import oracle
from fmnistrt.convert.graph import Graph, Node, Tensor
from fmnistrt.convert.model import Model, Pixels
from fmnistrt.convert.operators import VECTOR_KERNELS
from fmnistrt.convert.scikit.support_vectors import count_votes, support_vectors
from fmnistrt.convert.writer import write
from fmnistrt.data import load
from fmnistrt.train.projection import in_halves, projection
from library import ISA_NAMES, Session, instruction_sets

KERNELS = [
    {"kernel": "linear", "C": 0.01},
    {"kernel": "poly", "degree": 2, "coef0": 0.5},
    {"kernel": "poly", "degree": 5, "gamma": 0.02, "coef0": 1.0},
    {"kernel": "rbf"},
    {"kernel": "rbf", "C": 10.0, "gamma": 0.02},
    {"kernel": "sigmoid", "gamma": 0.002, "coef0": -0.5},
]


def _scores(graph: Graph, inputs: np.ndarray) -> dict[int, np.ndarray]:
    """The library's answers by instruction set, the same when every tensor is kept."""
    pixels = Pixels(255.0) if inputs.dtype == np.uint8 else None
    content = write(Model(graph, "scores", pixels))
    answers = {}
    for isa in instruction_sets():
        for keep in (False, True):
            with Session(content, isa, keep) as session:
                scores = session.run(inputs, graph.output.shape[0])
            if keep:
                np.testing.assert_array_equal(scores, answers[isa])
            answers[isa] = scores
    return answers


def _random(
    kernel: int, counts: tuple[int, ...], size: int, output: int, half: bool, degree: int = 3
) -> tuple[Graph, np.ndarray]:
    """A machine of random vectors, and inputs for it."""
    random = np.random.default_rng([kernel, len(counts), size, sum(counts)])
    total, classes = sum(counts), len(counts)
    vectors = random.normal(0, 1, (total, size)).astype(np.float16 if half else np.float32)
    coefficients = random.normal(0, 1, (classes - 1, total)).astype(np.float32)
    intercepts = random.normal(0, 1, classes * (classes - 1) // 2).astype(np.float32)
    attributes = {"output": output, "kernel": kernel, "counts": counts}
    if kernel != VECTOR_KERNELS["linear"]:
        attributes["gamma"] = 0.5 / size
    if kernel in (VECTOR_KERNELS["poly"], VECTOR_KERNELS["sigmoid"]):
        attributes["coef0"] = 0.25
    if kernel == VECTOR_KERNELS["poly"]:
        attributes["degree"] = degree
    x = Tensor("input", (size,))
    constants = [
        Tensor("vectors", vectors.shape, vectors),
        Tensor("coefficients", coefficients.shape, coefficients),
        Tensor("intercepts", intercepts.shape, intercepts),
    ]
    node = Node("support_vectors", [x, *constants], Tensor("scores", (classes,)), attributes)
    inputs = random.normal(0, 1, (20 if classes < 100 else 2, size))
    return Graph(x, [node]), inputs.astype(np.float32)


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("kernel", VECTOR_KERNELS.values())
@pytest.mark.parametrize(
    ("counts", "size"),
    [
        ((1, 1), 1),
        ((15, 16), 16),
        ((17, 3), 33),
        ((33, 1, 64), 5),
        ((40, 16, 7, 31, 18), 100),
        (tuple(1 + 7 * i % 20 for i in range(17)), 24),
    ],
)
def test_sizes(kernel: int, counts: tuple[int, ...], size: int, half: bool) -> None:
    _check(*_random(kernel, counts, size, 2, half))


def test_most_classes() -> None:
    _check(*_random(VECTOR_KERNELS["rbf"], tuple(1 + i % 2 for i in range(250)), 3, 2, False))


@pytest.mark.parametrize("degree", [0, 1, 2, 4, 7, 12])
def test_degrees(degree: int) -> None:
    _check(*_random(VECTOR_KERNELS["poly"], (20, 9, 33), 40, 2, False, degree))


def _check(graph: Graph, inputs: np.ndarray) -> None:
    """Scores as the oracle's; a decision close to 0 may fall to either side, and a vote move."""
    expected = np.stack([oracle.evaluate(graph, x)[graph.output] for x in inputs])
    for isa, scores in _scores(graph, inputs).items():
        near = np.abs(scores - expected) < 1e-4
        assert near.mean() > 0.98, ISA_NAMES[isa]


@functools.cache
def _projected(classes: int, count: int) -> tuple[PCA, np.ndarray, np.ndarray, np.ndarray]:
    """A projection, projected training images with their labels, and test images."""
    training, test = load("train"), load("t10k")
    chosen = training.labels < classes
    images = training.images[chosen][:count].reshape(count, -1) / 255
    pca = PCA(40, svd_solver="full").fit(images)
    pixels = test.images[test.labels < classes][:400]
    return pca, pca.transform(images), training.labels[chosen][:count], pixels


def _graph(pca: PCA, model: SVC, output: str) -> Graph:
    image, pixels = Tensor("image", (28, 28, 1)), Tensor("pixels", (784,))
    first = projection(pixels, pca, "pca")
    votes = support_vectors(first.output, model, output)
    return Graph(image, [Node("reshape", [image], pixels), first, votes])


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("options", KERNELS, ids=str)
def test_pictures_as_scikit_learn(options: dict, classes: int) -> None:
    """Classes, votes and decisions of one class against the rest for 400 test images."""
    pca, x, labels, images = _projected(classes, 1500)
    model = SVC(**options, decision_function_shape="ovo").fit(x, labels)
    projected = pca.transform(images.reshape(len(images), -1) / 255)
    predicted = model.predict(projected)
    decisions = model.decision_function(projected).reshape(len(images), -1)
    if classes == 2:
        decisions = -decisions
    # Nearer to 0, single precision may decide otherwise.
    clear = np.abs(decisions).min(1) > 5e-4
    assert clear.sum() >= 370
    images, predicted, decisions = images[clear], predicted[clear], decisions[clear]
    projected = projected[clear]
    for isa, scores in _scores(_graph(pca, model, "votes"), images[..., None]).items():
        np.testing.assert_array_equal(scores.argmax(1), predicted, ISA_NAMES[isa])
        np.testing.assert_array_equal(scores, count_votes(decisions, classes), ISA_NAMES[isa])
    # scikit-learn's own, for two classes as for more; it gives one number for two otherwise.
    expected = _ovr_decision_function(decisions < 0, -decisions, classes)
    if classes > 2:
        model.decision_function_shape = "ovr"
        np.testing.assert_array_equal(model.decision_function(projected), expected)
    for isa, scores in _scores(_graph(pca, model, "ovr"), images[..., None]).items():
        np.testing.assert_allclose(scores, expected, rtol=0, atol=5e-5, err_msg=ISA_NAMES[isa])


def test_ties_go_to_the_first_class() -> None:
    """Of 2000 points many have equal votes in two or three classes."""
    random = np.random.default_rng(1)
    x = random.uniform(-1, 1, (300, 2))
    labels = random.integers(0, 7, 300)
    model = SVC(C=100, gamma=5.0, decision_function_shape="ovo").fit(x, labels)
    points = random.uniform(-1.5, 1.5, (2000, 2)).astype(np.float32)
    decisions = model.decision_function(points.astype(np.float64))
    points = points[np.abs(decisions).min(1) > 1e-4]
    decisions = model.decision_function(points.astype(np.float64))
    votes = count_votes(decisions, 7)
    tied = (votes == votes.max(1, keepdims=True)).sum(1) > 1
    assert tied.sum() > 50
    source = Tensor("input", (2,))
    for isa, scores in _scores(Graph(source, [support_vectors(source, model)]), points).items():
        np.testing.assert_array_equal(scores, votes, ISA_NAMES[isa])
        np.testing.assert_array_equal(scores.argmax(1), model.predict(points.astype(np.float64)))


def test_half_precision_loses_nothing_that_was_rounded_before_training() -> None:
    training, test = load("train"), load("t10k")
    x, labels = training.images[:1500].reshape(1500, -1) / 255, training.labels[:1500]
    images = test.images[:400]
    pca = PCA(40, svd_solver="full").fit(x)
    pca.components_ = in_halves(pca.components_)
    model = SVC(decision_function_shape="ovo").fit(in_halves(pca.transform(x)), labels)
    graph = _graph(pca, model, "votes")
    stored = {tensor.name: tensor.value.dtype for node in graph.nodes for tensor in node.inputs[1:]}
    assert stored["pca.weights"] == stored["svc.vectors"] == np.float16
    assert stored["svc.coefficients"] == np.float32
    projected = pca.transform(images.reshape(len(images), -1) / 255)
    expected = count_votes(model.decision_function(projected), 10)
    for isa, scores in _scores(graph, images[..., None]).items():
        np.testing.assert_array_equal(scores, expected, ISA_NAMES[isa])


@pytest.mark.parametrize("whiten", [False, True])
def test_scaler_and_projection_are_one_dense_layer(whiten: bool) -> None:
    random = np.random.default_rng(2)
    x = random.normal(3, 2, (200, 12)) * np.arange(1, 13)
    labels = random.integers(0, 3, 200)
    scaler = make_pipeline(StandardScaler(), PCA(7, whiten=whiten)).fit(x)
    source = Tensor("input", (12,))
    first = projection(source, scaler, "scaled")
    model = SVC(decision_function_shape="ovr").fit(scaler.transform(x), labels)
    graph = Graph(source, [first, support_vectors(first.output, model, "ovr")])
    inputs = x.astype(np.float32)
    expected = model.decision_function(scaler.transform(inputs.astype(np.float64)))
    for isa, scores in _scores(graph, inputs).items():
        clear = np.abs(scores - expected).max(1) < 0.5
        assert clear.mean() > 0.98
        np.testing.assert_allclose(
            scores[clear], expected[clear], rtol=0, atol=1e-4, err_msg=ISA_NAMES[isa]
        )


@pytest.mark.parametrize(
    ("kernel", "isa"), list(itertools.product(VECTOR_KERNELS.values(), ISA_NAMES))
)
def test_not_a_number_is_no_vote(kernel: int, isa: int) -> None:
    if isa not in instruction_sets():
        pytest.skip("not on this CPU")
    graph, inputs = _random(kernel, (20, 5, 9), 6, 1, False)
    inputs[3, 2] = np.nan
    with Session(write(Model(graph, "scores")), isa, False) as session:
        scores = session.run(inputs, 3)
    np.testing.assert_array_equal(np.isnan(scores).all(1), np.arange(len(inputs)) == 3)
    np.testing.assert_array_equal(np.isnan(scores).any(1), np.arange(len(inputs)) == 3)
