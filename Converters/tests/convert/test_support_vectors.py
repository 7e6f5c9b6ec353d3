"""Support vectors in a file: version, types, refusals, and what scikit-learn's models become."""

import struct

import numpy as np
import pytest
from sklearn.decomposition import PCA, KernelPCA
from sklearn.svm import SVC

import reference
from fmnistrt.convert.graph import ConvertError, Graph, Node, Tensor
from fmnistrt.convert.model import Model
from fmnistrt.convert.quantize.simulate import simulate
from fmnistrt.convert.scikit.support_vectors import count_votes, support_vectors
from fmnistrt.convert.writer import write
from fmnistrt.train.projection import projection

RBF = {"output": 1, "kernel": 3, "gamma": 0.5, "counts": (1, 2, 1)}


def model(attributes=None, shape=(4,), **constants):
    sizes = {"vectors": (4, 4), "coefficients": (2, 4), "intercepts": (3,)}
    values = {name: np.ones(size, np.float32) for name, size in sizes.items()} | constants
    attributes = RBF | (attributes or {})
    source, output = Tensor("in", shape), Tensor("votes", (len(attributes["counts"]),))
    tensors = [Tensor(name, value.shape, value) for name, value in values.items()]
    return Model(Graph(source, [Node("support_vectors", [source, *tensors], output, attributes)]))


def test_file_of_version_1_2():
    content = write(model())
    assert struct.unpack_from("<HH", content, 8) == (1, 2)
    file = reference.read(content)
    assert file.nodes[0].attributes[4:] == [0, 1, 2, 1]
    # Each decision is above 0, so every class beats those behind it.
    np.testing.assert_array_equal(reference.run(file, np.ones((1, 4))), [[2, 1, 0]])


def test_vectors_of_half_precision_stay_what_they_are():
    file = reference.read(write(model(vectors=np.full((4, 4), 0.5, np.float16))))
    assert file.tensors[2].value.dtype == np.float16
    assert file.tensors[3].value.dtype == np.float32


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attributes": {"counts": (1, 2)}}, r"4 vectors, but its classes \[1, 2\]"),
        ({"attributes": {"counts": (0, 3, 1)}}, r"its classes \[0, 3, 1\]"),
        ({"attributes": {"counts": (4,)}}, "1 classes; 2 to 250"),
        ({"attributes": {"counts": (1,) * 251}}, "251 classes"),
        ({"attributes": {"output": 3}}, "unknown kind of output"),
        ({"attributes": {"kernel": 5}}, "unknown kernel 5"),
        ({"attributes": {"kernel": 1}}, "gamma 0.5"),
        ({"attributes": {"gamma": -0.5}}, "gamma -0.5"),
        ({"attributes": {"gamma": float("nan")}}, "gamma nan"),
        ({"attributes": {"coef0": 1.0}}, "coef0 1.0"),
        ({"attributes": {"kernel": 4, "degree": 3}}, "degree 3"),
        ({"attributes": {"kernel": 2, "degree": 256}}, "degree 256"),
        ({"shape": (2, 2, 1)}, r"compares \(2, 2, 1\)"),
        ({"vectors": np.ones((4, 5), np.float32)}, r"vectors of shape \(4, 5\)"),
        ({"vectors": np.ones((4, 4), np.uint8)}, "of type uint8"),
        ({"coefficients": np.ones((3, 4), np.float32)}, r"\(2, 4\) is needed"),
        ({"intercepts": np.ones(2, np.float32)}, r"\(3,\) is needed"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ConvertError, match=message):
        write(model(**options))


def _data(classes):
    random = np.random.default_rng(classes)
    labels = np.arange(90) % classes
    return random.normal(0, 1, (90, 6)) + labels[:, None], labels


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf", "sigmoid"])
def test_node_of_scikit_learn(kernel, classes):
    x, labels = _data(classes)
    machine = SVC(kernel=kernel, coef0=0.3, decision_function_shape="ovo").fit(x, labels)
    source = Tensor("in", (6,))
    file = reference.read(write(Model(Graph(source, [support_vectors(source, machine)]))))
    votes = reference.run(file, x)
    np.testing.assert_array_equal(votes.argmax(1), machine.predict(x))
    if classes > 2:
        np.testing.assert_array_equal(votes, count_votes(machine.decision_function(x), classes))


@pytest.mark.parametrize("output", ["votes", "ovr"])
@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf", "sigmoid"])
def test_the_simulation_gives_the_same_scores(kernel, output):
    x, labels = _data(4)
    source = Tensor("in", (6,))
    machine = SVC(kernel=kernel, coef0=0.3).fit(x, labels)
    graph = Graph(source, [support_vectors(source, machine, output)])
    expected = reference.run(reference.read(write(Model(graph))), x)
    found = simulate(graph, x.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)
    if output == "ovr":
        np.testing.assert_allclose(found, machine.decision_function(x), atol=1e-4)


def test_kernels_and_projections_that_cannot_be_written():
    x, labels = _data(3)
    source = Tensor("in", (6,))
    machine = SVC(kernel=lambda a, b: a @ b.T).fit(x, labels)
    with pytest.raises(ConvertError, match="cannot be converted"):
        support_vectors(source, machine)
    with pytest.raises(ConvertError, match='"curved" is not a linear'):
        projection(source, KernelPCA(3, kernel="rbf").fit(x), "curved")


def test_half_precision_only_where_it_loses_nothing():
    x, _ = _data(3)
    pca = PCA(3).fit(x)
    source = Tensor("in", (6,))
    assert projection(source, pca, "pca").inputs[1].value.dtype == np.float32
    pca.components_ = pca.components_.astype(np.float16).astype(np.float64)
    node = projection(source, pca, "pca")
    assert node.inputs[1].value.dtype == np.float16
    np.testing.assert_array_equal(node.inputs[1].value, pca.components_)
    np.testing.assert_allclose(node.inputs[2].value, -pca.components_ @ pca.mean_, rtol=1e-6)
