"""Lets layers between a dequantize and a quantize compute on bytes.

A quantised model arrives with every layer in floats and pairs of quantize and dequantize between
them, as this converter's own placement and ONNX files have them; weights are floats with `steps`.
Here each layer that can takes the bytes themselves. What cannot stays in floats between its pairs,
so that the meaning never changes.
"""

from __future__ import annotations

import numpy as np

from ..element_types import MEANS, MOVERS, WEIGHTED, sums_bytes, taps_of
from ..graph import Bytes, ConvertError, Graph, Node, Tensor
from ..operators import BINARY, complete
from ..rewrite import drop_unused, uses_of

MOST = 127
"""Largest weight; -128 is not used, so that weights are symmetric."""


def lower(graph: Graph, reasons: dict[str, str] | None = None) -> Graph:
    """The graph with layers on bytes; `reasons` gets why a layer with steps stays in floats."""
    lowering = _Lowering(graph, {} if reasons is None else reasons)
    for node in graph.nodes:
        lowering.add(node)
    # A last node that turned out to be superfluous would have changed the output.
    if lowering.nodes[-1].output is not graph.output:
        raise ConvertError("the model ends with a quantisation that changes nothing")
    lowered = drop_unused(Graph(graph.input, lowering.nodes))
    _take_names(lowered)
    return lowered


def quantize_node(x: Tensor, meaning: Bytes) -> Node:
    """x to bytes."""
    output = Tensor(f"{x.name}:bytes", x.shape, bytes=meaning)
    return Node("quantize", [x], output, {"factor": factor_of(meaning)})


def dequantize_node(x: Tensor, output: Tensor) -> Node:
    """Bytes x to floats."""
    return Node("dequantize", [x], output)


def factor_of(meaning: Bytes) -> float:
    """What quantize multiplies with."""
    return float(np.float32(1 / float(np.float32(meaning.scale))))


class _Lowering:
    """One walk over the nodes in order.

    `held` maps a float tensor to the bytes that it is dequantized from, `same` one tensor of bytes
    to an equal one that is there already.
    """

    def __init__(self, graph: Graph, reasons: dict[str, str]) -> None:
        self.nodes: list[Node] = []
        self.reasons = reasons
        self._held: dict[Tensor, Tensor] = {}
        self._same: dict[Tensor, Tensor] = {}
        self._producers: dict[Tensor, Node] = {}
        self._uses = uses_of(graph)

    def add(self, node: Node) -> None:
        """Appends the node, or what takes its place."""
        inputs = [self._same.get(tensor, tensor) for tensor in node.inputs]
        node = Node(node.operator, inputs, node.output, node.attributes)
        held = [self._held.get(t) for t in inputs if t.value is None]
        if node.operator == "dequantize":
            self._held[node.output] = node.inputs[0]
        elif node.operator == "quantize" and self._requantized(node):
            return
        elif all(tensor is not None for tensor in held):
            node = self._on_bytes(node, held) or node
        self._append(node)

    def _append(self, node: Node) -> None:
        self.nodes.append(node)
        self._producers[node.output] = node

    def _requantized(self, node: Node) -> bool:
        """Handles a quantize of what was bytes already; whether it was."""
        x = self._held.get(node.inputs[0])
        if x is not None and x.bytes == node.output.bytes:
            self._same[node.output] = x
            return True
        first = self._producers.get(node.inputs[0])
        if first is None or first.operator != "concatenate" or self._uses[first.output] != 1:
            return False
        if not all(tensor in self._held for tensor in first.inputs):
            return False
        # Each part is rounded on its own: the same bytes, and no floats are put together.
        assert node.output.bytes is not None
        parts = []
        for tensor in first.inputs:
            if self._held[tensor].bytes == node.output.bytes:
                parts.append(self._held[tensor])
                continue
            part = Node(
                "quantize",
                [tensor],
                Tensor(f"{node.output.name}:{len(parts)}", tensor.shape, bytes=node.output.bytes),
                node.attributes,
            )
            self._append(part)
            parts.append(part.output)
        self._append(Node("concatenate", parts, node.output, first.attributes))
        return True

    def _on_bytes(self, node: Node, held: list[Tensor]) -> Node | None:
        """The node on the bytes that its inputs come from; None if it needs floats."""
        if node.operator in WEIGHTED:
            try:
                return _weighted(node, held[0])
            except ConvertError as error:
                if node.inputs[1].steps is not None:
                    self.reasons[node.output.name] = str(error)
                return None
        if node.operator in MEANS:
            return Node(node.operator, held, node.output, node.attributes)
        if node.operator == "binary":
            same = len(held) == 2 and held[0].shape == held[1].shape
            add = node.attributes["kind"] == BINARY["add"]
            return Node("binary", held, node.output, node.attributes) if same and add else None
        if node.operator not in MOVERS or any(x.bytes != held[0].bytes for x in held):
            return None
        if node.operator == "pad" and complete("pad", node.attributes)["value"] != 0:
            return None
        moved = Tensor(f"{node.output.name}:bytes", node.output.shape, bytes=held[0].bytes)
        self._append(Node(node.operator, held, moved, node.attributes))
        self._held[node.output] = moved
        return dequantize_node(moved, node.output)


def _weighted(node: Node, x: Tensor) -> Node:
    """A convolution or dense layer on bytes; ConvertError says why it is not possible."""
    weights, *rest = node.inputs[1:]
    if weights.steps is None:
        raise ConvertError("its weights are not quantised")
    if not sums_bytes(node):
        raise ConvertError("its groups or the size of its kernel are not possible on bytes")
    assert x.bytes is not None and weights.value is not None
    outputs = len(weights.value)
    steps = np.broadcast_to(np.float64(weights.steps), (outputs,))
    numbers = np.rint(weights.value / steps.reshape(-1, *[1] * (weights.value.ndim - 1)))
    if np.abs(numbers).max() > MOST:
        raise ConvertError("its weights are not within -127 to 127")
    multiplier = (np.float32(x.bytes.scale) * steps).astype(np.float32)
    tiny = np.finfo(np.float32).tiny
    if not (np.isfinite(multiplier) & (multiplier >= tiny)).all():
        raise ConvertError("its scales are beyond single precision")
    bias = np.float64(rest[0].value) if rest else np.zeros(outputs)
    bias = np.rint(bias / multiplier.astype(np.float64))
    if np.abs(bias).max() > most_bias(node):
        raise ConvertError("its bias does not fit into 32 bits")
    name = node.output.name
    constants = [
        Tensor(f"{name}:{part}", value.shape, value)
        for part, value in [
            ("weights", numbers.astype(np.int8)),
            ("bias", bias.astype(np.int32)),
            ("multiplier", multiplier),
        ]
    ]
    return Node(node.operator, [x, *constants], node.output, node.attributes)


def most_bias(node: Node) -> int:
    """The largest bias, in steps of the sum, with which every sum fits into 32 bits."""
    return 2**31 - 1 - taps_of(node) * 255 * 127


def _take_names(graph: Graph) -> None:
    """Bytes take their layer's name where no floats have it any more."""
    taken = {graph.input.name} | {node.output.name for node in graph.nodes}
    for node in graph.nodes:
        plain = node.output.name.removesuffix(":bytes")
        if node.output.bytes is not None and plain not in taken:
            taken.add(plain)
            node.output.name = plain
