"""The forms in which a test of ONNX becomes a classifier, which has one input and one output.

    batch     the first axis of one float input is the batch, the other inputs are constants
    image     one float input, of any shape, is what a single image becomes by a Reshape
    bytes     the same, for operators on bytes: the image is quantised, the answer dequantised
    constant  all inputs are constants, and the result is added to the image

The node under test stays as it is in each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from cases import Case

LAYERS = frozenset(("batch", "image", "bytes"))
"""The forms in which the library computes the operator."""
_MOST_FOLDED = 10000
"""Numbers of a constant: of the few larger ones ONNX's reference takes seconds each."""
_BYTES = {"QLinearConv": 6, "QLinearMatMul": 6, "QuantizeLinear": 1, "DequantizeLinear": None}
"""Operators on bytes, and which input is the scale of the output, if that is bytes."""


@dataclass(frozen=True)
class Attempt:
    """A model for the converter; `images` go in and `answers`, one row an image, come out."""

    form: str
    output: int
    content: bytes
    images: np.ndarray
    answers: np.ndarray


def attempts(case: Case) -> Iterator[Attempt]:
    """All forms of a test, for each output and each float input."""
    if any(value is None or value.dtype.kind in "OUS" for value in (*case.inputs, *case.outputs)):
        return
    for output, expected in enumerate(case.outputs):
        if not expected.size:
            continue
        if expected.dtype == np.float32:
            for index, array in enumerate(case.inputs):
                if array.dtype == np.float32 and array.size:
                    if 2 <= array.ndim <= 4 and expected.shape[:1] == array.shape[:1]:
                        yield _batch(case, index, output)
                    yield _image(case, index, output)
        if case.operator in _BYTES and _is_of_bytes(case):
            yield _bytes(case)
        if expected.size <= _MOST_FOLDED and np.isfinite(expected.astype(np.float64)).all():
            yield _constant(case, output)


def _assembled(
    case: Case,
    free: int,
    image: tuple[str, Sequence[int]],
    answer: str,
    before: Sequence[NodeProto] = (),
    after: Sequence[NodeProto] = (),
) -> bytes:
    """The model of a case: the input `free` comes from `before`, the others are constants."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    graph = model.graph
    names = _inputs(case)
    del graph.input[:], graph.output[:]
    graph.input.append(helper.make_tensor_value_info(image[0], TensorProto.FLOAT, image[1]))
    for index, (name, array) in enumerate(zip(names, case.inputs, strict=False)):
        if index != free:
            graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
    nodes = [*before, *graph.node, *after]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.output.append(helper.make_tensor_value_info(answer, TensorProto.FLOAT, None))
    # Before version 4 of the file format constants were inputs as well.
    model.ir_version = max(model.ir_version, 4)
    return model.SerializeToString()


def _inputs(case: Case) -> list[str]:
    stored = {tensor.name for tensor in case.model.graph.initializer}
    return [entry.name for entry in case.model.graph.input if entry.name not in stored]


def _batch(case: Case, index: int, output: int) -> Attempt:
    array, expected = case.inputs[index], case.outputs[output]
    image = _inputs(case)[index], array.shape
    content = _assembled(case, index, image, case.model.graph.output[output].name)
    return Attempt("batch", output, content, array, expected.reshape(len(array), -1))


def _image(case: Case, index: int, output: int) -> Attempt:
    array, expected = case.inputs[index], case.outputs[output]
    # The sign is turned there and back: a model that only moves numbers would be refused.
    before = [
        helper.make_node("Neg", ["the_image"], ["turned"]),
        *_reshape("turned", array.shape, _inputs(case)[index]),
    ]
    after = _reshape(case.model.graph.output[output].name, (1, -1), "the_answer")
    content = _assembled(case, index, ("the_image", (1, array.size)), "the_answer", before, after)
    return Attempt("image", output, content, -array.reshape(1, -1), expected.reshape(1, -1))


def _bytes(case: Case) -> Attempt:
    node, arrays = case.model.graph.node[0], dict(zip(_inputs(case), case.inputs, strict=True))
    image, before, after = arrays[node.input[0]], [], []
    start = node.input[0]
    if node.op_type != "QuantizeLinear":
        image, start = _real(image, [arrays[name] for name in node.input[1:3]]), "real"
        before = [helper.make_node("QuantizeLinear", ["real", *node.input[1:3]], [node.input[0]])]
    before = [*_reshape("the_image", image.shape, start), *before]
    expected, end, scale = case.outputs[0], node.output[0], _BYTES[node.op_type]
    if scale is not None:
        parts = [name for name in node.input[scale : scale + 2] if name]
        expected, end = _real(expected, [arrays[name] for name in parts]), "result"
        after = [helper.make_node("DequantizeLinear", [node.output[0], *parts], ["result"])]
    after = [*after, *_reshape(end, (1, -1), "the_answer")]
    content = _assembled(case, 0, ("the_image", (1, image.size)), "the_answer", before, after)
    return Attempt("bytes", 0, content, image.reshape(1, -1), expected.reshape(1, -1))


def _is_of_bytes(case: Case) -> bool:
    """Whether all is bytes and float32, and not in blocks."""
    known = all(array.dtype.name in ("uint8", "int8", "float32") for array in case.inputs)
    return known and all(array.ndim < 2 for array in case.inputs[1:3])


def _real(array: np.ndarray, scale_and_zero: Sequence[np.ndarray]) -> np.ndarray:
    """What bytes stand for; several scales go along the second axis."""
    shape = (-1, *[1] * (array.ndim - 2)) if scale_and_zero[0].size > 1 else ()
    scale, *zero = (part.astype(np.float64).reshape(shape) for part in scale_and_zero)
    return ((array.astype(np.float64) - (zero[0] if zero else 0)) * scale).astype(np.float32)


def _constant(case: Case, output: int) -> Attempt:
    expected = case.outputs[output]
    after = [
        helper.make_node(
            "Cast", [case.model.graph.output[output].name], ["cast"], to=TensorProto.FLOAT
        ),
        *_reshape("cast", (1, -1), "flat"),
        helper.make_node("Add", ["the_image", "flat"], ["the_answer"]),
    ]
    image = "the_image", (1, expected.size)
    content = _assembled(case, -1, image, "the_answer", [], after)
    images = np.linspace(-1, 1, expected.size, dtype=np.float32).reshape(1, -1)
    answers = images + expected.astype(np.float64).reshape(1, -1)
    return Attempt("constant", output, content, images, answers.astype(np.float32))


def _reshape(x: str, shape: Sequence[int], y: str) -> list[NodeProto]:
    tensor = numpy_helper.from_array(np.asarray(shape, np.int64))
    constant = helper.make_node("Constant", [], [f"{y}_shape"], value=tensor)
    return [constant, helper.make_node("Reshape", [x, f"{y}_shape"], [y])]
