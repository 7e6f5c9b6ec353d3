"""Slices, splits, resizing, padding and joining, against onnxruntime."""

import numpy as np
import pytest

from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.onnx import read_onnx
from onnx_models import Build, check, operators


def image(opset=17, shape=(3, 6, 5)):
    return Build("n", *shape, opset=opset)


@pytest.mark.parametrize("opset", [9, 11, 17])
@pytest.mark.parametrize(
    ("starts", "ends", "axes", "steps"),
    [
        ([1], [3], [1], [1]),
        ([0, 1], [6, -1], [2, 3], [1, 1]),
        ([-3], [1000], [-2], [1]),
        ([0, 0], [2**31, 2**31], [2, 3], [2, 3]),
        ([-1], [-1000], [3], [-1]),
        ([4], [0], [3], [-2]),
        ([0], [2**31], [0], [1]),
    ],
)
def test_slice(opset, starts, ends, axes, steps):
    b = image(opset)
    x = b.add("Relu", "x")
    if opset < 10:
        if steps != [1] * len(steps):
            return
        y = b.add("Slice", x, starts=starts, ends=ends, axes=axes)
    else:
        y = b.add("Slice", x, *(b.integers(*each) for each in (starts, ends, axes, steps)))
    b.add("Tanh", y)
    check(b.content())


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
@pytest.mark.parametrize("indices", [[0], [2, 0, 2, 1], [[-1, 0], [1, 1]]])
def test_gather(axis, indices):
    b = image()
    b.add("Relu", b.add("Gather", "x", b.constant(indices, np.int64), axis=axis))
    check(b.content())


@pytest.mark.parametrize("opset", [11, 13, 18])
@pytest.mark.parametrize("sizes", [None, [1, 4], [2, 3]])
def test_split(opset, sizes):
    b = image(opset, (5, 4, 3))
    inputs, attributes = ["x"], {"axis": 1}
    if sizes and opset < 13:
        attributes["split"] = sizes
    elif sizes:
        inputs.append(b.integers(*sizes))
    elif opset < 18:
        return
    else:
        attributes["num_outputs"] = 2
    from onnx import helper

    b.nodes.append(helper.make_node("Split", inputs, ["first", "second"], "split", **attributes))
    b.add("Concat", "second", b.add("Relu", "first"), axis=1)
    check(b.content())


@pytest.mark.parametrize("shape", [(1, 3, 6, 5), (6, 5), (1, 1, 1), (1, 3, 1, 1)])
def test_expand(shape):
    b = image()
    x = b.add("ReduceMean", "x", axes=[1, 3] if shape[-2:] == (6, 5) else [3])
    b.add("Exp", b.add("Expand", x, b.integers(*shape)))
    check(b.content())


def test_tile_and_cumulative_sum():
    b = image()
    y = b.add("Tile", "x", b.integers(1, 2, 1, 3))
    y = b.add("CumSum", y, b.constant(2, np.int64), reverse=1)
    b.add("Relu", b.add("CumSum", y, b.constant(-1, np.int64), exclusive=1))
    check(b.content())


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
def test_depth_to_space_and_back(mode):
    b = image(13, (8, 3, 2))
    y = b.add("DepthToSpace", b.add("Relu", "x"), blocksize=2, mode=mode)
    b.add("SpaceToDepth", b.add("Tanh", y), blocksize=2)
    check(b.content())


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("coordinates", ["half_pixel", "asymmetric", "align_corners"])
@pytest.mark.parametrize("scaled", [False, True])
def test_resize(mode, coordinates, scaled):
    b = image()
    amounts = ["", b.constant([1, 1, 2, 1.6])] if scaled else ["", "", b.integers(1, 3, 9, 4)]
    options = {"mode": mode, "coordinate_transformation_mode": coordinates}
    y = b.add("Resize", b.add("Relu", "x"), *amounts, **options)
    b.add("Tanh", y)
    check(b.content(), tolerance=2e-4 if mode == "cubic" else 2e-5)


def test_old_resize_and_upsample():
    for opset, operator in [(7, "Upsample"), (9, "Upsample"), (10, "Resize")]:
        b = image(opset)
        if opset == 7:
            y = b.add("Upsample", "x", scales=[1.0, 1.0, 2.0, 3.0])
        else:
            y = b.add(operator, "x", b.constant([1, 1, 2, 3]))
        b.add("Relu", y)
        check(b.content())


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge", "wrap"])
@pytest.mark.parametrize("pads", [[0, 0, 1, 2, 0, 0, 3, 0], [0, 1, 1, 0, 0, 0, 2, 1]])
def test_pad_modes(mode, pads):
    b = image(19)
    b.add("Relu", b.add("Pad", b.add("Exp", "x"), b.integers(*pads), mode=mode))
    check(b.content())


def test_negative_padding():
    b = image(13)
    b.add("Relu", b.add("Pad", "x", b.integers(0, -1, 2, -1, 0, 0, -1, 1), b.constant(0.5)))
    check(b.content())


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_constants_among_activations(axis):
    b = image()
    sizes = [1, 3, 6, 5]
    sizes[axis] = 2
    x, first, last = b.add("Relu", "x"), b.weights(*sizes), b.weights(*sizes)
    b.add("Tanh", b.add("Concat", first, x, "x", last, axis=axis))
    check(b.content())


def test_many_axes_are_moved_one_after_the_other():
    b = image(17, (8, 6, 6))
    y = b.add("Reshape", b.add("Relu", "x"), b.integers(0, 2, 2, 2, 3, 2, 3, 2))
    y = b.add("Transpose", y, perm=[0, 7, 3, 5, 1, 6, 2, 4])
    b.add("Tanh", b.add("Flatten", y))
    check(b.content())


def test_the_shortcut_without_weights():
    """As in residual networks: every other pixel, and zeros as further channels."""
    b = image(11, (4, 8, 8))
    x = b.add("Relu", "x")
    y = b.add("Slice", x, b.integers(0, 0), b.integers(99, 99), b.integers(2, 3), b.integers(2, 2))
    y = b.add("Pad", y, b.integers(0, 2, 0, 0, 0, 2, 0, 0))
    b.add("Add", b.add("Conv", x, b.weights(8, 4, 3, 3), strides=[2, 2], pads=[1] * 4), y)
    b.add("GlobalAveragePool", b.nodes[-1].output[0])
    assert "transpose" not in operators(check(b.content()))


def test_picking_beyond_an_axis_is_refused():
    b = image()
    b.add("Gather", "x", b.integers(3), axis=1)
    with pytest.raises(ConvertError, match="picks beyond an axis of 3"):
        read_onnx(b.content(), "model.onnx")
