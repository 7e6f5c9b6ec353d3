"""The simulation of bytes gives the bits that the specification asks for."""

import numpy as np
import pytest

import reference
from byte_graphs import MadeOfBytes, every_operator
from fmnistrt.convert.graph import Bytes, ConvertError
from fmnistrt.convert.model import Model
from fmnistrt.convert.names import assign_names
from fmnistrt.convert.quantize.simulate import each_tensor, is_exact_everywhere, simulate
from fmnistrt.convert.writer import write

random = np.random.default_rng(11)


def bits_agree(graph, inputs):
    """Compares each tensor with the reference; floats of inexact operators nearly."""
    file = reference.read(write(Model(graph)))
    expected = reference.run(file, inputs, everything=True)
    names = assign_names(graph)
    for tensor, found in each_tensor(graph, inputs):
        wanted = expected[names[tensor]]
        if tensor.bytes is not None:
            assert found.dtype == np.uint8
            assert np.array_equal(found, wanted), tensor.name
        else:
            np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_every_operator():
    graph = every_operator()
    inputs = random.normal(0, 1, (3, *graph.input.shape)).astype(np.float32)
    bits_agree(graph, inputs)
    for tensor, found in each_tensor(graph, inputs):
        assert tensor.bytes is None or len(np.unique(found)) > 3, tensor.name


@pytest.mark.parametrize("seed", range(8))
def test_random_chains(seed):
    made = MadeOfBytes(6, 7, 4, seed=seed)
    for _ in range(4):
        made.quantize(made.random.uniform(0.002, 0.02), int(made.random.integers(0, 256)))
        groups = made.x.shape[2] if made.random.integers(2) else 1
        outputs = groups if groups > 1 else int(made.random.integers(1, 20))
        height, width = made.random.integers(1, 4, 2)
        sides = {
            "pad_top": int(made.random.integers(height)),
            "pad_left": int(made.random.integers(width)),
            "pad_bottom": int(made.random.integers(height)),
        }
        if made.x.shape[0] < height or made.x.shape[1] < width:
            break
        made.conv(outputs, height, width, groups, **sides)
        made.norm()
        made.relu()
    made.append("global_average_pool", [made.x])
    bits_agree(made.graph, random.normal(0, 1, (2, 6, 7, 4)).astype(np.float32))


def test_rounding_is_to_even_and_clamped():
    made = MadeOfBytes(1, 1, 9)
    made.quantize(0.5, 3)
    made.flat()
    made.x.bytes = Bytes(0.5, 3)
    made.append("dequantize", [made.x])
    values = [0.25, 0.75, -0.25, -0.75, 1e9, -1e9, np.inf, -np.inf, np.nan]
    inputs = np.float32(values).reshape(1, 1, 1, 9)
    bytes_of = dict(each_tensor(made.graph, inputs))
    found = bytes_of[made.graph.nodes[0].output].ravel()
    assert found.tolist() == [3, 5, 3, 1, 255, 0, 255, 0, 0]


def test_large_sums_are_exact():
    """Sums beyond 2^24, which single precision cannot hold, are rounded once, to even."""
    made = MadeOfBytes(600)
    made.quantize(1, 0)
    made.dense(3)
    weights, bias, multiplier = (tensor.value for tensor in made.graph.nodes[-1].inputs[1:])
    weights[:] = 127
    bias[:] = [1, 2, 3]
    multiplier[:] = 1
    answers = simulate(made.graph, np.full((1, 600), 255, np.float32))[0]
    total = 600 * 127 * 255
    assert total > 2**24
    assert answers.tolist() == [float(np.float32(total + i)) for i in (1, 2, 3)]


def test_what_machines_may_round_differently():
    made = MadeOfBytes(4, 4, 2)
    made.quantize()
    made.conv(2, 1, 1)
    made.append("activation", [made.x], kind=2, a=0.1, b=0.0)
    made.quantize()
    made.append("global_average_pool", [made.x])
    made.append("softmax", [made.x])
    assert is_exact_everywhere(made.graph)
    made.quantize()
    assert not is_exact_everywhere(made.graph)


def wrong_zero(graph):
    graph.nodes[0].output.bytes = Bytes(0.1, 256)


def wrong_scale(graph):
    graph.nodes[0].output.bytes = Bytes(1e-40, 0)


def without_multiplier(graph):
    del graph.nodes[1].inputs[3]


def least_weight(graph):
    graph.nodes[1].inputs[1].value[0, 0] = -128


def large_bias(graph):
    graph.nodes[1].inputs[2].value[1] = 2**31 - 1 - 8 * 255 * 127 + 1


def zero_multiplier(graph):
    graph.nodes[1].inputs[3].value[0] = 0


def float_weights(graph):
    tensor = graph.nodes[1].inputs[1]
    tensor.value = tensor.value.astype(np.float32)


def bytes_out(graph):
    graph.nodes[1].output.bytes = Bytes(0.1, 0)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (wrong_zero, "bytes of the zero point 256"),
        (wrong_scale, "bytes of the scale 1e-40"),
        (without_multiplier, "needs weights, bias and multiplier"),
        (least_weight, "a weight of -128"),
        (large_bias, "do not fit into 32 bits"),
        (zero_multiplier, "a multiplier that is not above 0"),
        (float_weights, "of type float32"),
        (bytes_out, "gives floats, not bytes (0.1, 0)"),
    ],
)
def test_the_writer_refuses(damage, words):
    made = MadeOfBytes(8)
    made.quantize()
    made.dense(3)
    assert write(Model(made.graph))[10] == 2
    damage(made.graph)
    with pytest.raises(ConvertError) as error:
        write(Model(made.graph))
    assert words in str(error.value)


@pytest.mark.parametrize("operator", ["softmax", "scale_shift", "quantize"])
def test_floats_are_needed(operator):
    made = MadeOfBytes(4)
    made.quantize()
    constants = [made.constants(4, 1)[2] for _ in range(2)] if operator == "scale_shift" else []
    attributes = {"factor": 1.0} if operator == "quantize" else {}
    made.append(operator, [made.x, *constants], **attributes)
    if operator == "quantize":
        made.x.bytes = Bytes(1.0, 0)
    made.append("dense", [made.x, *made.constants(2, 4)])
    with pytest.raises(ConvertError, match="needs floats, but gets bytes"):
        write(Model(made.graph))
