"""From the bytes of a TensorFlow Lite file to the graph."""

from __future__ import annotations

import math

import numpy as np

from ..graph import ConvertError, Tensor
from ..output_kind import output_kind
from ..result import FrontEndResult
from . import elementwise, shaping, weighted  # noqa: F401  (the handlers register themselves)
from .builder import ACTIVATED, HANDLERS, Translation, meaning_of
from .dilation import join_dilations
from .evaluate import Evaluator
from .fold import FOLDABLE, fold
from .model import TfliteModel, TfliteNode, load_model

_CHANNELS = (1, 3)
_MALFORMED = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError)
_UNIT = 1.02
"""Pixels divided by 255 have bytes that stand for 0 to no more than this."""


def read_tflite(content: bytes) -> FrontEndResult:
    """Reads a model; raises ConvertError for what is damaged or cannot be expressed."""
    model = load_model(content)
    axes, source = _input(model)
    t = Translation(model, source)
    t.values[model.input] = _prepared(t, axes)
    for node in join_dilations(model):
        _translate(t, node)
    if model.output not in t.values:
        raise ConvertError("the model's output does not depend on its input")
    t.scope = "output"
    output = t.flat(t.values[model.output])
    if not t.graph.nodes or output is not t.graph.nodes[-1].output:
        raise ConvertError("the model ends before its last layer; convert the trained model")
    kind = output_kind(t.graph)
    return FrontEndResult(
        t.graph, model.framework, kind, Evaluator(model, axes), notes=_notes(model)
    )


def _input(model: TfliteModel) -> tuple[tuple[int, ...], Tensor]:
    """The order in which the file has the axes of a prepared image, and the graph's input."""
    tensor = model.tensors[model.input]
    sizes = tensor.shape[1:]
    in_bytes = tensor.kind in ACTIVATED and tensor.steps is not None
    if tensor.kind != "float32" and not in_bytes:
        raise ConvertError(
            f'has the input "{tensor.name}" of type {tensor.kind}; convert a model with an input '
            "of float32"
        )
    if not 1 <= len(sizes) <= 3 or min(tensor.shape) < 1 or min(tensor.signature[1:]) < 1:
        raise ConvertError(
            f'has the input "{tensor.name}" of shape {tensor.signature}, which is no batch of '
            "images; convert a model with every size but the batch fixed, such as (None, 28, 28, 1)"
        )
    name = _plain(tensor.name)
    if len(sizes) == 1 and math.isqrt(sizes[0]) ** 2 == sizes[0]:
        return (0, 1, 2), Tensor(name, (math.isqrt(sizes[0]),) * 2 + (1,))
    if len(sizes) == 1:
        return (0,), Tensor(name, sizes)
    if len(sizes) == 2:
        return (0, 1, 2), Tensor(name, (*sizes, 1))
    if sizes[0] in _CHANNELS and sizes[2] not in _CHANNELS:
        return (2, 0, 1), Tensor(name, (sizes[1], sizes[2], sizes[0]))
    return (0, 1, 2), Tensor(name, sizes)


def _prepared(t: Translation, axes: tuple[int, ...]) -> Tensor:
    """The input as the file's first node takes it."""
    model, x = t.model, t.graph.input
    meaning, shape = meaning_of(model, model.input), model.tensors[model.input].shape[1:]
    if meaning is not None:
        x = t.in_bytes(x, meaning)
    if axes == (2, 0, 1) and shape[0] > 1:
        x = t.add("transpose", [x], axes=axes)
    return t.reshaped(x, shape)


def _translate(t: Translation, node: TfliteNode) -> None:
    name = t.model.tensors[node.outputs[0]].name if node.outputs and node.outputs[0] >= 0 else ""
    t.scope = _plain(name)
    try:
        # Constants that are NaN or infinite are refused where they go into the graph.
        with np.errstate(all="ignore"):
            _translate_unnamed(t, node)
    except ConvertError as error:
        text = str(error)
        remedy = "" if ";" in text else "; change this layer and convert the model again"
        raise ConvertError(f'the node "{t.scope}" ({node.operator}) {text}{remedy}') from error
    except _MALFORMED as error:
        # Damaged files break every rule, more than the handlers can spell out.
        raise ConvertError(
            f'the node "{t.scope}" ({node.operator}) is malformed; copy the file again'
        ) from error


def _translate_unnamed(t: Translation, node: TfliteNode) -> None:
    if fold(t, node):
        return
    if node.operator not in HANDLERS:
        raise ConvertError(_unknown(node.operator))
    y = elementwise.fused(t, node, HANDLERS[node.operator](t, node))
    (output,) = node.outputs
    recorded = t.model.tensors[output]
    if recorded.shape != t.shape_of(y) and min(recorded.signature[1:], default=-1) >= 0:
        raise ConvertError(
            f"gives {t.shape_of(y)} where the file says {recorded.shape}; convert the model again"
        )
    if t.graph.nodes and t.graph.nodes[-1].output is y:
        y.name = t.scope
    meaning = meaning_of(t.model, output)
    t.values[output] = y if meaning is None else t.in_bytes(y, meaning)


def _unknown(operator: str) -> str:
    if operator.startswith("CUSTOM Flex"):
        return (
            "is an operator of TensorFlow itself; convert the model without SELECT_TF_OPS, from "
            "layers that TensorFlow Lite has"
        )
    if operator in FOLDABLE:
        return "is computed from the image, which cannot be converted; replace this layer"
    return "cannot be converted; replace this layer by those that docs/converting.md lists"


def _plain(name: str) -> str:
    """A tensor's name without what the converter joined to it."""
    clean = "".join(char if char.isprintable() else "_" for char in name.split(";")[0])
    return clean.removesuffix(":0") or "tensor"


def _notes(model: TfliteModel) -> list[str]:
    notes = []
    first = [
        node.outputs[0]
        for node in model.nodes
        if node.operator == "QUANTIZE" and node.inputs[0] == model.input
    ]
    meaning = meaning_of(model, first[0] if first else model.input)
    if meaning is not None:
        low, high = -meaning.zero_point * meaning.scale, (255 - meaning.zero_point) * meaning.scale
        if low < 0 or not 1 / _UNIT <= high <= _UNIT:
            notes.append(
                f"its input is bytes that stand for {low:.4g} to {high:.4g}: see that --scale, "
                "--mean and --std give the pixels these values"
            )
    if any(_is_dynamic(model, node) for node in model.nodes):
        notes.append(
            "its weights are bytes and its activations floats, which TensorFlow Lite rounds to "
            "bytes as it runs; the converted model does not"
        )
    return notes


def _is_dynamic(model: TfliteModel, node: TfliteNode) -> bool:
    if node.operator not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        return False
    x, weights = (model.tensors[index] for index in node.inputs[:2])
    return x.kind == "float32" and weights.kind in ACTIVATED
