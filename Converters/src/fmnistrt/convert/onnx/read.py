"""From the bytes of an ONNX file to the graph."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..graph import ConvertError, Graph, Shape
from ..output_kind import output_kind
from ..result import FrontEndResult
from . import (  # noqa: F401  (the handlers register themselves)
    activations,
    arithmetic,
    classic,
    convolution,
    dense,
    elementwise,
    joining,
    moments,
    normalization,
    pooling,
    quantized,
    recurrent,
    reductions,
    resizing,
    selection,
    shaping,
    slicing,
)
from .builder import Builder
from .evaluate import Evaluator
from .fold import FOLDABLE, constant_of, fold, shape_of
from .gelu import fuse_gelu
from .layout import Value
from .model import OnnxModel, load_model
from .nodes import OnnxNode
from .qoperators import QOPERATORS, expand
from .translation import ATTRIBUTES, HANDLERS, IGNORED, BatchError, Translation

_OPERATORS = (
    frozenset(HANDLERS) | FOLDABLE | QOPERATORS | {"Constant", "Erf", "If", "Shape", "Size"}
)
_WHOLE_NUMBERS = ("QuantizeLinear", "DequantizeLinear")
_CHANNELS = (1, 3)
_MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def read_onnx(
    content: bytes, source: str, channels_first: bool = False, folder: Path | None = None
) -> FrontEndResult:
    """Reads an ONNX model, the content of the file `source`.

    `channels_first` says that its input is (batch, channels, height, width) whatever the sizes.
    `folder` is where further files with its weights may be.

    Raises ConvertError for what is damaged or cannot be expressed: one sentence with the node and
    a remedy, which the command puts behind the file's name.
    """
    model = load_model(content, _OPERATORS, folder)
    try:
        expand(model)
    except _MALFORMED as error:
        raise ConvertError(
            "a node on quantised activations is malformed; quantise the model again"
        ) from error
    fuse_gelu(model)
    shape, axes = _image_input(model, channels_first)
    batch = None if model.free_batch else model.batch
    evaluate = Evaluator(model.runnable, axes, model.input_shape, batch)
    try:
        graph = _graph(model, shape, axes)
    except BatchError as error:
        # What it does along the batch may still come out as each image on its own.
        graph = _graph_of_single_images(model, shape, axes, evaluate)
        if graph is None:
            raise ConvertError(str(error)) from error
    return FrontEndResult(graph, model.framework, output_kind(graph), evaluate, model.name)


def _graph_of_single_images(
    model: OnnxModel, shape: Shape, axes: Shape, evaluate: Evaluator
) -> Graph | None:
    """The graph of the model as one for single images; None if images of a batch have to do with
    each other, which onnxruntime tells.
    """
    if not model.free_batch:
        return None
    images = np.random.default_rng(0).normal(size=(3, *shape)).astype(np.float32)
    try:
        graph = _graph(replace(model, free_batch=False), shape, axes)
        answers = evaluate.of_each_alone(images)
    except ConvertError:
        return None
    return None if answers is None else graph


def _graph(model: OnnxModel, shape: Shape, axes: Shape) -> Graph:
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
    return builder.finish(translation.values[model.output])


def _image_input(model: OnnxModel, channels_first: bool) -> tuple[Shape, Shape]:
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


def _input_value(model: OnnxModel, builder: Builder, axes: Shape) -> Value:
    tensor, shape = builder.graph.input, (1, *model.input_shape[1:])
    if len(shape) == 4:
        groups = [[1 + axes.index(axis)] for axis in range(3)]
        return Value.arranged(tensor, shape, groups)
    return Value.plain(tensor, shape)


def _translate(t: Translation, node: OnnxNode) -> None:
    t.builder.scope = node.outputs[0] or node.label
    try:
        _translate_unnamed(t, node)
    except ConvertError as error:
        text = str(error)
        remedy = "" if ";" in text else "; change this layer and export the model again"
        message = f"the node {node.label!r} ({node.operator}) {text}{remedy}"
        raise type(error)(message) from error
    except _MALFORMED as error:
        # Damaged files break every rule, more than the handlers can spell out.
        raise ConvertError(
            f"the node {node.label!r} ({node.operator}) is malformed; export the model again"
        ) from error


def _translate_unnamed(t: Translation, node: OnnxNode) -> None:
    """Translates a node; errors do not name it yet."""
    if _constant(t, node):
        return
    if node.kind not in HANDLERS:
        raise ConvertError(
            "is computed from the image, which cannot be converted; replace the layer by one of "
            "the operators in docs/onnx-support.md"
        )
    unknown = node.attributes.keys() - ATTRIBUTES[node.kind] - IGNORED[node.kind]
    if unknown:
        raise ConvertError(
            f"has the attribute {min(unknown)}, which is not known here; export the model without "
            "it"
        )
    results = HANDLERS[node.kind](t, node)
    results = (results,) if isinstance(results, Value) else results
    for index, name in enumerate(node.outputs):
        value = results[index] if index < len(results) else None
        if value is not None:
            t.values[name] = value
            _check_shape(t, name, value)
        elif name in t.uses:
            raise ConvertError(
                f"has an output {index + 1} that the model uses, which cannot be computed; export "
                "the model for inference only"
            )


def _constant(t: Translation, node: OnnxNode) -> bool:
    """Handles a node whose result is a constant; whether it is one."""
    if node.operator == "Constant":
        t.constants[node.outputs[0]] = constant_of(node, t.model)
        return True
    if node.operator in ("Shape", "Size"):
        name = node.inputs[0]
        held = t.values.get(name)
        shape = t.constants[name].shape if held is None else t.shape_of(held)
        t.constants[node.outputs[0]] = shape_of(node, shape)
        return True
    if node.operator == "If":
        _chosen(t, node)
        return True
    given = [name for name in node.inputs if name]
    if node.operator in _WHOLE_NUMBERS and node.input(0) in t.constants:
        quantized.constant_of_whole_numbers(t, node)
        return True
    if node.kind not in FOLDABLE or any(name not in t.constants for name in given):
        return False
    arrays = [t.constants[name] if name else None for name in node.inputs]
    results = fold(node, arrays, t.model)
    t.constants.update(zip(filter(None, node.outputs), results, strict=True))
    return True


def _chosen(t: Translation, node: OnnxNode) -> None:
    """Translates the branch of an If that a constant chooses."""
    condition = t.constant(node, 0, "condition")
    branch = node.attributes["then_branch" if np.all(condition) else "else_branch"]
    t.constants.update(branch.constants)
    for inner in branch.nodes:
        _translate(t, inner)
    for name, inner in zip(node.outputs, branch.outputs, strict=True):
        (t.values if inner in t.values else t.constants)[name] = (
            t.values[inner] if inner in t.values else t.constants[inner]
        )


def _check_shape(t: Translation, name: str, value: Value) -> None:
    expected = t.model.shapes.get(name) if name in t.uses else None
    found = t.shape_of(value)
    if expected is not None and expected != found:
        raise ConvertError(
            f"gives {found} where ONNX infers {expected}; export the model with another opset"
        )
