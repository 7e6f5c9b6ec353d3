"""The written bytes: every operator, the limits, the checksum."""

import math
import random
import struct

import numpy as np
import pytest

import reference
from fmnistrt.convert.crc32c import crc32c
from fmnistrt.convert.graph import ConvertError, Graph, Node, Tensor
from fmnistrt.convert.model import Golden, Model, Pixels
from fmnistrt.convert.names import shorten
from fmnistrt.convert.operators import ACTIVATIONS, BINARY, OPERATORS, infer_shape
from fmnistrt.convert.writer import write
from test_passes import Made, values


def test_checksum():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"") == 0
    for size in (1, 63, 64, 4095, 65535, 65536, 65537, 70001):
        data = random.Random(size).randbytes(size)
        assert crc32c(data) == reference.crc32c(data)


def test_every_operator_reaches_the_file():
    made = Made(6, 6, 4)
    made.add("conv2d", values(4, 3, 3, 2), values(4), stride_h=1, pad_top=1, pad_bottom=1, groups=2)
    made.add("max_pool", kernel_h=2, kernel_w=1)
    made.add("average_pool", kernel_h=2, kernel_w=2, pad_right=1, count_padding=1)
    made.norm()
    for kind in ACTIVATIONS.values():
        made.add("activation", kind=kind, a=0.25, b=0.5)
        made.norm()
    for kind in BINARY.values():
        made.add("binary", values(1, 1, 4) + 9, kind=kind)
    made.add("binary", values(4), kind=1)
    made.add("binary", values(1), kind=1)
    made.add("binary", made.graph.nodes[-3].output, kind=1)
    made.add("concatenate", made.x, made.x, axis=1)
    made.add("pad", top=1, left=2, bottom=3, right=4, value=-0.5)
    made.add("transpose", axes=(2, 0, 1))
    made.add("softmax", logarithm=1)
    joined, pooled = made.x, made.add("global_max_pool")
    made.x = joined
    made.add("global_average_pool")
    made.add("binary", pooled, kind=5)
    made.add("dense", values(5, made.x.shape[0]), values(5))
    made.add("reshape", shape=(1, 5, 1))
    made.add("reshape", shape=(5,))
    made.add("softmax")
    file = reference.read(write(Model(made.graph)))
    # test_neighbours.py, test_simulation.py and test_support_vectors.py have the others.
    assert set(file.operators()) == {row.number for row in OPERATORS.values()} - {15, 16, 17, 18}
    answers = reference.run(file, np.ones((1, 6, 6, 4)))
    assert answers.shape == (1, 5)
    assert abs(answers.sum() - 1) < 1e-9
    pad = next(node for node in file.nodes if node.operator == reference.PAD)
    assert pad.attributes[:4] == [1, 2, 3, 4]
    assert struct.unpack("<f", struct.pack("<I", pad.attributes[4])) == (-0.5,)


def small(**options):
    made = Made(2, 2, 1)
    made.flat()
    made.add("dense", values(3, 4))
    return Model(made.graph, **options)


def test_everything_beside_the_graph():
    golden = Golden(np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1), values(2, 3), tolerance=0.125)
    model = small(
        output_kind="logits",
        pixels=Pixels(127.5, (0.25,), (0.5,), True),
        labels=["a", "größer", "c" * 63],
        metadata={"name": "n", "a": "", "zoo": "ä" * 100},
        golden=golden,
    )
    file = reference.read(write(model))
    assert file.kind == 2
    assert (file.scale, file.invert, file.channels) == (127.5, 1, 1)
    assert tuple(file.mean) == (0.25, 0, 0)
    assert tuple(file.deviation) == (0.5, 1, 1)
    assert file.labels == model.labels
    assert file.metadata == model.metadata
    assert (file.golden_inputs == golden.inputs).all()
    assert (file.golden_outputs == golden.outputs).all()
    assert file.tolerance == 0.125
    pixels = np.array([[[[0], [255]], [[51], [102]]]], np.uint8)
    prepared = model.pixels.prepare(pixels)
    assert np.allclose(prepared.ravel(), [3.5, -0.5, 2.7, 1.9])
    assert np.allclose(reference.classify(file, pixels), reference.run(file, prepared))


def test_one_number_serves_three_channels():
    made = Made(2, 2, 3)
    made.flat()
    made.add("dense", values(2, 12))
    file = reference.read(write(Model(made.graph, pixels=Pixels(255, (0.5,), (0.1, 0.2, 0.3)))))
    assert tuple(file.mean) == (0.5, 0.5, 0.5)
    assert np.allclose(file.deviation, (0.1, 0.2, 0.3))


def test_without_weights_and_labels():
    made = Made(3)
    made.add("softmax")
    file = reference.read(write(Model(made.graph)))
    assert file.labels == []
    assert len(file.tensors) == 2


def test_same_bytes():
    model = small(metadata={"b": "2", "a": "1"})
    again = Model(model.graph, metadata={"a": "1", "b": "2"})
    assert write(model) == write(again)


def test_shared_constants_are_stored_once():
    made = Made(4)
    weights = Tensor("w", (4, 4), values(4, 4))
    made.add("dense", weights)
    made.add("dense", weights)
    assert len(reference.read(write(Model(made.graph))).tensors) == 4


def test_names_are_unique_and_short():
    made = Made(4)
    for _ in range(3):
        made.add("softmax").name = "same"
    made.add("dense", values(2, 4)).name = "ä" * 60
    names = reference.read(write(Model(made.graph))).names()
    assert names[:4] == ["input", "same", "same:2", "same:3"]
    assert names[4].startswith("ä" * 20)
    assert shorten("") == "tensor"
    assert shorten("x" * 63) == "x" * 63
    assert len(shorten("x" * 64)) == 63
    assert shorten("x" * 64) != shorten("x" * 65)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["a"]}, "1 labels were given, but the model has 3 classes"),
        ({"labels": ["a", "", "c"]}, "a label is empty"),
        ({"labels": ["a", "b", "c" * 64]}, "longer than 63 bytes"),
        ({"labels": ["a", "b", "c\0"]}, "NUL"),
        ({"metadata": {"": "x"}}, "each with a key"),
        ({"metadata": {"k" * 64: "x"}}, "longer than 63"),
        ({"metadata": {"k": "x" * 65536}}, "longer than 65535"),
        ({"metadata": {str(i): "" for i in range(257)}}, "at most 256"),
        ({"pixels": Pixels(0.0)}, "--scale must not be 0"),
        ({"pixels": Pixels(math.nan)}, "must be finite"),
        ({"pixels": Pixels(255, (0.0,), (0.0,))}, "--std must be above 0"),
        ({"pixels": Pixels(255, (0.0, 1.0, 2.0))}, "3 means and 1 deviations"),
        ({"golden": Golden(np.zeros((0, 2, 2, 1)), np.zeros((0, 3)), 1.0)}, "golden"),
        ({"golden": Golden(np.zeros((1, 2, 2, 1)), np.full((1, 3), np.nan), 1.0)}, "NaN"),
    ],
)
def test_refusals(change, message):
    with pytest.raises(ConvertError, match=message):
        write(small(**change))


def test_refuses_wrong_graphs():
    with pytest.raises(ConvertError, match="no layers"):
        write(Model(Graph(Tensor("x", (3,)))))
    made = Made(2, 2, 1)
    made.norm()
    with pytest.raises(ConvertError, match=r"shape \(2, 2, 1\); a classifier"):
        write(Model(made.graph))
    for bad in (np.nan, np.inf, -np.inf, 1e39):
        made = Made(3)
        made.add("dense", np.array([[1, bad, 2]]))
        made.x.name = "answer"
        with pytest.raises(ConvertError, match='layer "answer" has weights that are NaN'):
            write(Model(made.graph))
    made = Made(3)
    made.add("softmax")
    made.x.shape = (4,)
    with pytest.raises(ConvertError, match=r"computes the shape \(3,\), not \(4,\)"):
        write(Model(made.graph))
    made = Made(3)
    made.add("softmax")
    made.add("softmax")
    made.graph.nodes.reverse()
    with pytest.raises(ConvertError, match="computed later"):
        write(Model(made.graph))
    made = Made(2)
    for _ in range(2049):
        made.add("softmax")
    with pytest.raises(ConvertError, match="at most 2048"):
        write(Model(made.graph))
    big = Tensor("w", (65535, 2), np.zeros((1, 2), np.float32))
    made = Made(2)
    made.add("dense", big)
    with pytest.raises(ConvertError, match="weights"):
        write(Model(made.graph))


def tensor(*shape):
    return Tensor("x", shape)


def constant(*shape):
    return Tensor("c", shape, np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("operator", "inputs", "attributes", "message"),
    [
        ("lstm", [tensor(3)], {}, "operator lstm"),
        ("softmax", [tensor(3)], {"axis": 1}, "no attribute axis"),
        ("softmax", [tensor(3), tensor(3)], {}, "2 inputs"),
        ("softmax", [constant(3)], {}, "constant or computed"),
        ("dense", [tensor(3), tensor(2, 3)], {}, "constant or computed"),
        ("dense", [tensor(3), constant(2, 4)], {}, "do not fit"),
        ("dense", [tensor(3), constant(2, 3), constant(3)], {}, "bias"),
        ("dense", [tensor(1, 3), constant(2, 3)], {}, "vector"),
        ("conv2d", [tensor(3, 3), constant(1, 1, 1, 3)], {}, "image"),
        ("conv2d", [tensor(3, 3, 4), constant(3, 1, 1, 2)], {"groups": 2}, "groups"),
        ("conv2d", [tensor(3, 3, 1), constant(1, 4, 1, 1)], {}, "larger than its padded input"),
        ("conv2d", [tensor(9, 9, 1), constant(1, 3, 3, 1)], {"pad_top": 3}, "padding 3; 0 to 2"),
        ("conv2d", [tensor(9, 9, 1), constant(1, 3, 3, 1)], {"stride_w": 0}, "stride 0"),
        ("conv2d", [tensor(9, 9, 1), constant(1, 3, 3, 1)], {"dilation_w": 256}, "dilation 256"),
        ("conv2d", [tensor(9, 9, 1), constant(1, 3, 3, 1), constant(2)], {}, "bias"),
        ("max_pool", [tensor(300, 9, 1)], {"kernel_h": 256}, "kernel 256"),
        ("scale_shift", [tensor(2, 3), constant(2), constant(3)], {}, "scales and shifts"),
        ("activation", [tensor(2)], {"kind": 16}, "unknown activation"),
        ("activation", [tensor(2)], {"kind": 1, "a": 1.0, "b": 0.0}, "clips"),
        ("activation", [tensor(2)], {"kind": 2, "a": math.inf}, "parameters"),
        ("binary", [tensor(2, 3), tensor(2, 1)], {"kind": 1}, "do not fit"),
        ("binary", [tensor(3), tensor(3)], {"kind": 7}, "unknown kind"),
        ("concatenate", [tensor(2, 3), tensor(3, 3)], {"axis": 1}, "must agree"),
        ("concatenate", [tensor(2), tensor(3)], {"axis": 1}, "axis 1"),
        ("concatenate", [tensor(2)] * 65, {"axis": 0}, "65 inputs"),
        ("concatenate", [tensor(60000), tensor(60000)], {}, "shape"),
        ("pad", [tensor(2, 2, 1)], {"top": 256}, "padding 256"),
        ("pad", [tensor(2, 2, 1)], {"value": math.nan}, "pads with nan"),
        ("transpose", [tensor(2, 3)], {"axes": (0, 0)}, "transposes"),
        ("reshape", [tensor(2, 3)], {}, "reshapes"),
    ],
)
def test_shape_rules(operator, inputs, attributes, message):
    with pytest.raises(ConvertError, match=message):
        infer_shape(operator, inputs, attributes, (5,))


def test_multiply_adds_are_limited():
    weights = np.zeros((1024, 3, 3, 1024), np.float32)
    x = Tensor("x", (400, 400, 1024))
    graph = Graph(x)
    attributes = {"pad_top": 1, "pad_left": 1, "pad_bottom": 1, "pad_right": 1}
    constant = Tensor("w", weights.shape, weights)
    for number in range(2):
        output = Tensor(f"t{number}", (400, 400, 1024))
        graph.nodes.append(Node("conv2d", [x, constant], output, attributes))
        x = output
    with pytest.raises(ConvertError, match=r"2\^36 multiply-adds"):
        write(Model(graph))


def test_activations_are_limited():
    made = Made(512, 512, 100)
    for _ in range(10):
        made.add("softmax")
    with pytest.raises(ConvertError, match=r"2\^28 values"):
        write(Model(made.graph))


def test_reference_reader_sees_every_damage():
    """The oracle itself: no changed byte goes unnoticed."""
    data = bytearray(write(small(labels=["a", "b", "c"], metadata={"k": "v"})))
    for position in range(len(data)):
        data[position] ^= 0x10
        with pytest.raises((reference.FormatError, UnicodeDecodeError, struct.error)):
            reference.read(bytes(data))
        data[position] ^= 0x10
    reference.read(bytes(data))
