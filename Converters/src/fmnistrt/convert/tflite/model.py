"""Parses a TensorFlow Lite file: tensors, nodes, and what the bytes of a tensor mean."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from ..graph import ConvertError, Shape
from . import schema
from .flatbuffer import Table, damaged

MAX_AXES = 8
MAX_INPUTS = 256
_VERSION = re.compile(rb"\b[12]\.\d{1,2}\.\d{1,2}(?:[-.][a-z]+\d*)?\b")


@dataclass(frozen=True)
class Steps:
    """Numbers q stand for (q - zero) * scale; both broadcast to the tensor."""

    scale: np.ndarray
    zero: np.ndarray


@dataclass
class TfliteTensor:
    """A constant, whose `value` has the elements as they are stored, or an activation.

    `shape` has the batch in front; in `signature`, sizes that the file leaves open are -1.
    """

    name: str
    kind: str
    shape: Shape
    signature: Shape
    steps: Steps | None
    value: np.ndarray | None

    def real(self) -> np.ndarray:
        """The numbers that a constant stands for."""
        assert self.value is not None
        if self.steps is None:
            return self.value
        return (self.value.astype(np.float64) - self.steps.zero) * self.steps.scale


@dataclass(frozen=True)
class TfliteNode:
    """One operator; -1 stands for an absent input. `sizes` is a list that some options hold."""

    operator: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    settings: dict[str, int | float]
    sizes: tuple[int, ...]


@dataclass
class TfliteModel:
    """A model of one input and one output."""

    tensors: list[TfliteTensor]
    nodes: list[TfliteNode]
    input: int
    output: int
    framework: str

    @property
    def batch(self) -> int:
        """The size of the first axis; 1 where it is open."""
        return self.tensors[self.input].shape[0]


def load_model(content: bytes) -> TfliteModel:
    """Parses and checks a file; ConvertError says what is wrong with it."""
    root = Table.root(content)
    graphs = root.tables(schema.Model.GRAPHS)
    if not graphs:
        raise damaged("no graph")
    graph, buffers = graphs[0], root.tables(schema.Model.BUFFERS)
    tensors = [_tensor(table, buffers) for table in graph.tables(schema.SubGraph.TENSORS)]
    codes = [_operator_name(table) for table in root.tables(schema.Model.CODES)]
    nodes = [_node(table, codes) for table in graph.tables(schema.SubGraph.OPERATORS)]
    for index in {index for node in nodes for index in (*node.inputs, *node.outputs)}:
        if not -1 <= index < len(tensors):
            raise damaged(f"a node with the tensor {index} of {len(tensors)}")
    ends = []
    for what, field in [("input", schema.SubGraph.INPUTS), ("output", schema.SubGraph.OUTPUTS)]:
        found = graph.integers(field, MAX_INPUTS)
        if len(found) != 1:
            names = ", ".join(tensors[i].name for i in found if 0 <= i < len(tensors))
            raise ConvertError(
                f"the model has {len(found)} {what}s ({names}), and one is needed; convert a model "
                f"with a single {what}"
            )
        if not 0 <= found[0] < len(tensors):
            raise damaged(f"the tensor {found[0]} of {len(tensors)} as its {what}")
        ends.append(found[0])
    return TfliteModel(tensors, needed(nodes, ends[1]), *ends, _framework(root, buffers))


def _tensor(table: Table, buffers: list[Table]) -> TfliteTensor:
    fields = schema.Tensor
    name = table.text(fields.NAME)
    number = table.integer(fields.TYPE, "b")
    kind = schema.TYPES.get(number, f"type {number}")
    shape = table.integers(fields.SHAPE, MAX_AXES)
    signature = table.integers(fields.SIGNATURE, MAX_AXES) or shape
    if min(shape, default=1) < 0 or len(signature) != len(shape):
        raise damaged(f'the shapes {shape} and {signature} for the tensor "{name}"')
    index = table.integer(fields.BUFFER, "I")
    if index >= len(buffers):
        raise damaged(f'the buffer {index} of {len(buffers)} for the tensor "{name}"')
    value = None
    data = buffers[index].array(schema.Buffer.DATA, "u1")
    if buffers[index].integer(schema.Buffer.OFFSET, "Q") > 1:
        raise ConvertError("keeps its weights behind the model; convert a file of less than 2 GB")
    if len(data):
        value = _constant(data, kind, shape, name, table.has(fields.SPARSITY))
    steps = _steps(table.table(fields.QUANTIZATION), shape, name)
    return TfliteTensor(name, kind, shape, signature, steps, value)


def _constant(data: np.ndarray, kind: str, shape: Shape, name: str, sparse: bool) -> np.ndarray:
    known = kind in ("float32", "float16", "float64", "bool") or re.fullmatch(r"u?int\d\d?", kind)
    if sparse or not known or kind == "int4":
        form = "sparse weights" if sparse else f"weights of {kind}"
        raise ConvertError(f'has {form} in "{name}"; convert it again with int8, float16 or float')
    dtype = np.dtype(kind).newbyteorder("<")
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise damaged(f'{len(data)} bytes for "{name}", {kind} of shape {shape}')
    return data.view(dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _steps(table: Table | None, shape: Shape, name: str) -> Steps | None:
    if table is None:
        return None
    fields = schema.Quantization
    scale, zero = table.array(fields.SCALE, "f4"), table.array(fields.ZERO_POINT, "i8")
    if not len(scale):
        return None
    axis = table.integer(fields.AXIS, "i")
    if table.has(fields.DETAILS):
        raise ConvertError(f'quantises "{name}" in a form of its own; use that of TensorFlow')
    if not len(zero):
        zero = np.zeros(1, np.int64)
    several = max(len(scale), len(zero))
    fits = several == 1 or (0 <= axis < len(shape) and several == shape[axis])
    if not fits or not {len(scale), len(zero)} <= {1, several}:
        raise damaged(f'{len(scale)} scales for "{name}" of shape {shape}')
    if not (np.isfinite(scale) & (scale > 0)).all() or np.abs(zero).max() > 2**31:
        raise ConvertError(
            f'has a scale that is not above 0, or a zero point out of range, for "{name}"; '
            "quantise the model again"
        )
    along = [1] * len(shape)
    if several > 1:
        along[axis] = several
    scale, zero = (
        np.broadcast_to(part, several).reshape(along) for part in (scale.astype(np.float64), zero)
    )
    return Steps(scale, zero)


def _operator_name(table: Table) -> str:
    number = table.integer(schema.Code.OLD_NUMBER, "b")
    if number in (0, schema.OLD_OPERATORS_END):
        number = max(number, table.integer(schema.Code.NUMBER, "i"))
    if not 0 <= number < len(schema.OPERATORS):
        return f"number {number}"
    name = schema.OPERATORS[number]
    return f"CUSTOM {table.text(schema.Code.CUSTOM)}" if name == "CUSTOM" else name


def _node(table: Table, codes: list[str]) -> TfliteNode:
    fields = schema.Operator
    code = table.integer(fields.CODE, "I")
    if code >= len(codes):
        raise damaged(f"an operator of the kind {code} of {len(codes)}")
    name, options = codes[code], table.table(fields.OPTIONS)
    settings, sizes = {}, ()
    for key, (field, kind, default) in schema.SETTINGS.get(name, {}).items():
        settings[key] = default if options is None else options.number(field, kind, default)
    if name in schema.SIZES and options is not None:
        sizes = options.integers(schema.SIZES[name], MAX_AXES)
    inputs = table.integers(fields.INPUTS, MAX_INPUTS)
    return TfliteNode(name, inputs, table.integers(fields.OUTPUTS, MAX_INPUTS), settings, sizes)


def needed(nodes: list[TfliteNode], output: int) -> list[TfliteNode]:
    """The nodes that the output depends on; each must come after what it needs."""
    needed, kept = {output}, []
    for node in reversed(nodes):
        if needed.intersection(node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    return kept[::-1]


def _framework(root: Table, buffers: list[Table]) -> str:
    """The version of TensorFlow, which newer files hold; else who wrote the file."""
    for entry in root.tables(schema.Model.METADATA):
        index = entry.integer(schema.Metadata.BUFFER, "I")
        if entry.text(schema.Metadata.NAME) == "CONVERSION_METADATA" and index < len(buffers):
            data = buffers[index].array(schema.Buffer.DATA, "u1").tobytes()
            found = _VERSION.search(data)
            if found:
                return f"tensorflow {found.group().decode()} (tflite)"
    writer = {"TOCO Converted.": " of toco", "MLIR Converted.": " of TensorFlow"}
    return f"tflite{writer.get(root.text(schema.Model.DESCRIPTION), '')}"
