"""From the bytes of an ONNX file to the graph."""

from __future__ import annotations

from typing import get_args

from ..graph import ConvertError, Graph, Tensor
from ..operators import BINARY
from ..result import FrontEndResult, OutputKind
from . import (  # noqa: F401  (the handlers register themselves)
    activations,
    convolution,
    dense,
    elementwise,
    normalization,
    pooling,
    quantized,
    shaping,
)
from .builder import Builder
from .evaluate import Evaluator
from .fold import FOLDABLE, constant_of, fold, shape_of
from .gelu import fuse_gelu
from .layout import Value
from .model import OnnxModel, OnnxNode, load_model
from .qoperators import QOPERATORS, expand
from .translation import HANDLERS, Translation

_OPERATORS = frozenset(HANDLERS) | FOLDABLE | QOPERATORS | {"Constant", "Shape", "Size", "Erf"}
_WHOLE_NUMBERS = ("QuantizeLinear", "DequantizeLinear")
_CHANNELS = (1, 3)
_MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def read_onnx(content: bytes, source: str, channels_first: bool = False) -> FrontEndResult:
    """Reads an ONNX model, the content of the file `source`.

    `channels_first` says that its input is (batch, channels, height, width) whatever the sizes.

    Raises ConvertError for what is damaged or cannot be expressed: one sentence with the node and
    a remedy, which the command puts behind the file's name.
    """
    model = load_model(content, _OPERATORS)
    try:
        expand(model)
    except _MALFORMED as error:
        raise ConvertError(
            "a node on quantised activations is malformed; quantise the model again"
        ) from error
    fuse_gelu(model)
    shape, axes = _image_input(model, channels_first)
    builder = Builder(model.input, shape)
    translation = Translation(model, builder)
    translation.values[model.input] = _input_value(model, builder, axes)
    for node in model.nodes:
        _translate(translation, node)
    if model.output not in translation.values:
        raise ConvertError(
            "the model's output does not depend on its input; export the trained model"
        )
    if translation.values[model.output].tensor.bytes is not None:
        raise ConvertError(
            "the model gives bytes as its answers; quantise it again with a float32 output"
        )
    builder.scope = model.output
    graph = builder.finish(translation.values[model.output])
    batch = None if model.free_batch else model.batch
    evaluate = Evaluator(content, axes, model.input_shape, batch)
    return FrontEndResult(graph, model.framework, output_kind(graph), evaluate, model.name)


def _image_input(model: OnnxModel, channels_first: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The graph's input shape, and its axes in the order of the ONNX input.

    Images are recognised by their shape, and where that leaves both orders open by the transpose
    that follows. Any reading is exact; it only decides how pixels are laid out.
    """
    sizes = model.input_shape[1:]
    if sizes == (784,):
        return (28, 28, 1), (0, 1, 2)
    if len(sizes) == 1:
        return sizes, (0,)
    if len(sizes) == 2:
        return (*sizes, 1), (0, 1, 2)
    first, last = sizes[0] in _CHANNELS, sizes[2] in _CHANNELS
    transposed = any(
        node.operator == "Transpose" and list(node.attributes.get("perm", ())) == [0, 3, 1, 2]
        for node in model.nodes
        if model.input in node.inputs
    )
    if not channels_first and ((last and not first) or (last == first and transposed)):
        return sizes, (0, 1, 2)
    return (sizes[1], sizes[2], sizes[0]), (2, 0, 1)


def _input_value(model: OnnxModel, builder: Builder, axes: tuple[int, ...]) -> Value:
    tensor, sizes = builder.graph.input, model.input_shape[1:]
    if len(sizes) == 3:
        groups = [[axes.index(axis)] for axis in range(3)]
        return Value.arranged(tensor, sizes, groups)
    return Value.plain(tensor, sizes)


def _translate(t: Translation, node: OnnxNode) -> None:
    t.builder.scope = node.outputs[0] or node.label
    try:
        _translate_unnamed(t, node)
    except ConvertError as error:
        text = str(error)
        remedy = "" if ";" in text else "; change this layer and export the model again"
        message = f"the node {node.label!r} ({node.operator}) {text}{remedy}"
        raise ConvertError(message) from error
    except _MALFORMED as error:
        # Damaged files break every rule, more than the handlers can spell out.
        raise ConvertError(
            f"the node {node.label!r} ({node.operator}) is malformed; export the model again"
        ) from error


def _translate_unnamed(t: Translation, node: OnnxNode) -> None:
    """Translates a node; errors do not name it yet."""
    if _constant(t, node):
        return
    if node.operator not in HANDLERS:
        raise ConvertError(
            "is computed from the image, which cannot be converted; replace the layer by one of "
            "the operators in docs/fmg-format.md"
        )
    node.refuses_outputs(set(t.uses))
    value = HANDLERS[node.operator](t, node)
    t.values[node.outputs[0]] = value
    _check_shape(t, node, value)


def _constant(t: Translation, node: OnnxNode) -> bool:
    """Handles a node whose result is a constant; whether it is one."""
    if node.operator == "Constant":
        t.constants[node.outputs[0]] = constant_of(node, t.model)
        return True
    if node.operator in ("Shape", "Size"):
        name = node.inputs[0]
        held = t.values.get(name)
        shape = t.constants[name].shape if held is None else (t.model.batch, *held.shape)
        t.constants[node.outputs[0]] = shape_of(node, shape)
        return True
    given = [name for name in node.inputs if name]
    if node.operator in _WHOLE_NUMBERS and node.input(0) in t.constants:
        quantized.constant_of_whole_numbers(t, node)
        return True
    if node.operator not in FOLDABLE or any(name not in t.constants for name in given):
        return False
    arrays = [t.constants[name] if name else None for name in node.inputs]
    t.constants[node.outputs[0]] = fold(node, arrays, t.model)
    return True


def _check_shape(t: Translation, node: OnnxNode, value: Value) -> None:
    expected = t.model.shapes.get(node.outputs[0])
    if expected is not None and expected != (t.model.batch, *value.shape):
        raise ConvertError(
            f"gives {(t.model.batch, *value.shape)} where ONNX infers {expected}; export the model "
            "with another opset"
        )


_PASSING = frozenset(("reshape", "transpose", "quantize", "dequantize"))
"""What the kind of the output does not depend on."""


def output_kind(graph: Graph) -> OutputKind:
    """What the output is, by the last operator that computes."""
    producers = {node.output: node for node in graph.nodes}
    probabilities, logits, scores = get_args(OutputKind)

    def computing(tensor: Tensor):
        node = producers.get(tensor)
        while node is not None and node.operator in _PASSING:
            node = producers.get(node.inputs[0])
        return node

    last = computing(graph.output)
    if last is None:
        return scores
    whole = last.output.shape[-1] == graph.output.shape[-1]
    if last.operator == "softmax" and whole and not last.attributes["logarithm"]:
        return probabilities
    if last.operator == "binary" and last.attributes["kind"] == BINARY["add"]:
        last = computing(last.inputs[0]) if last.inputs[1].value is not None else last
    return logits if last is not None and last.operator == "dense" else scores
