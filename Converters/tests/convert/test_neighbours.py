"""Nearest neighbours in a file: version, types, refusals."""

import struct

import numpy as np
import pytest

import reference
from fmnistrt.convert.graph import ConvertError, Graph, Node, Tensor
from fmnistrt.convert.model import Model, Pixels
from fmnistrt.convert.writer import write
from test_passes import Made, values


def model(attributes=None, rows=None, labels=None, pixels=Pixels(1.0)):  # noqa: B008
    rows = np.arange(12, dtype=np.uint8).reshape(3, 4) if rows is None else rows
    labels = np.array([2, 0, 2], np.uint8) if labels is None else labels
    attributes = {"metric": 1, "k": 2, "classes": 3} | (attributes or {})
    source, output = Tensor("in", (2, 2, 1)), Tensor("votes", (attributes["classes"],))
    constants = [Tensor("rows", rows.shape, rows), Tensor("labels", labels.shape, labels)]
    node = Node("nearest_neighbours", [source, *constants], output, attributes)
    return Model(Graph(source, [node]), "probabilities", pixels)


def test_file_of_version_1_1():
    content = write(model())
    assert struct.unpack_from("<HH", content, 8) == (1, 1)
    file = reference.read(content)
    assert file.tensors[2].value.dtype == np.uint8
    answers = reference.classify(file, np.array([[[[8], [9]], [[10], [12]]]], np.uint8))
    np.testing.assert_array_equal(answers, [[0.5, 0, 0.5]])


def test_other_files_stay_version_1_0():
    made = Made(4)
    made.add("dense", values(2, 4))
    assert struct.unpack_from("<HH", write(Model(made.graph)), 8) == (1, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attributes": {"k": 4}}, "4 neighbours; 1 to 3"),
        ({"attributes": {"k": 0}}, "0 neighbours"),
        ({"attributes": {"metric": 3}}, "metric 3"),
        ({"attributes": {"classes": 257}}, "257 classes"),
        ({"attributes": {"classes": 2}}, "2 classes, but a label 2"),
        ({"rows": np.zeros((3, 5), np.uint8)}, r"\(count, 4\) is needed"),
        ({"rows": np.zeros((3, 4), np.float32)}, 'weights "rows" of type float32'),
        ({"labels": np.zeros(2, np.uint8)}, "for 3 rows"),
        ({"pixels": Pixels()}, "--scale 1"),
        ({"pixels": Pixels(1.0, invert=True)}, "--scale 1"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ConvertError, match=message):
        write(model(**options))


def test_no_other_operator():
    wrong = model()
    nodes = wrong.graph.nodes
    nodes.append(Node("softmax", [nodes[0].output], Tensor("out", (3,)), {}))
    with pytest.raises(ConvertError, match="no other layer"):
        write(wrong)


def test_bytes_are_for_neighbours_only():
    made = Made(4)
    made.add("dense", np.zeros((2, 4), np.uint8))
    with pytest.raises(ConvertError, match="of type uint8"):
        write(Model(made.graph))
