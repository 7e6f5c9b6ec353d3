"""Decides which activations of a float graph become bytes, and puts quantize nodes there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..element_types import MEANS, MOVERS, WEIGHTED, sums_bytes
from ..graph import Bytes, Graph, Node, Tensor
from ..operators import BINARY, complete
from ..rewrite import producers_of
from .lower import dequantize_node, quantize_node
from .weights import with_steps


@dataclass
class Placement:
    """What becomes bytes.

    `layers` are the outputs of nodes that compute on bytes, `movers` those of nodes that move them.
    Each list of `groups` holds the float tensors that are rounded to bytes of one scale and zero
    point: more than one where they are concatenated.
    """

    layers: set[Tensor] = field(default_factory=set)
    movers: set[Tensor] = field(default_factory=set)
    groups: list[list[Tensor]] = field(default_factory=list)

    def takes_bytes(self, node: Node) -> bool:
        """Whether the node's inputs are bytes."""
        return node.output in self.layers or node.output in self.movers


def candidates(graph: Graph) -> list[Node]:
    """The convolutions and dense layers that can compute on bytes."""
    return [node for node in graph.nodes if node.operator in WEIGHTED and sums_bytes(node)]


def place(graph: Graph, layers: Collection[Tensor]) -> Placement:
    """Bytes for `layers`, outputs of some candidates, and for what lies between them."""
    search = _Search(graph)
    for node in candidates(graph):
        if node.output in layers:
            search.want(node)
    # Sums and means of what is bytes already, or comes out of a layer on bytes.
    for node in graph.nodes:
        if (node.operator in MEANS or _adds_equals(node)) and any(
            search.is_near(tensor) for tensor in node.inputs
        ):
            search.want(node)
    return search.found()


def _adds_equals(node: Node) -> bool:
    if node.operator != "binary" or node.attributes["kind"] != BINARY["add"]:
        return False
    x, y = node.inputs
    return y.value is None and x.shape == y.shape


class _Search:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._producers = producers_of(graph)
        self._placement = Placement()
        self._parents: dict[Tensor, Tensor] = {}

    def want(self, node: Node) -> None:
        """The node computes on bytes: follow its inputs to where these are rounded."""
        self._placement.layers.add(node.output)
        pending = [tensor for tensor in node.inputs if tensor.value is None]
        while pending:
            tensor = pending.pop()
            if tensor in self._parents:
                continue
            self._parents[tensor] = tensor
            mover = self._mover(tensor)
            if mover is not None:
                self._placement.movers.add(tensor)
                pending += mover.inputs

    def _mover(self, tensor: Tensor) -> Node | None:
        node = self._producers.get(tensor)
        if node is None or node.operator not in MOVERS:
            return None
        padded = node.operator == "pad" and complete("pad", node.attributes)["value"] != 0
        return None if padded else node

    def is_near(self, tensor: Tensor) -> bool:
        """Whether a tensor is bytes, or floats that a layer on bytes just computed."""
        node = self._producers.get(tensor)
        while tensor not in self._parents and node is not None:
            if tensor in self._placement.layers:
                return True
            if node.operator not in ("activation", "scale_shift", *MOVERS):
                return False
            tensor = node.inputs[0]
            node = self._producers.get(tensor)
        return tensor in self._parents

    def found(self) -> Placement:
        for moved in self._placement.movers:
            for tensor in self._producers[moved].inputs:
                self._parents[self._top(tensor)] = self._top(moved)
        groups: dict[Tensor, list[Tensor]] = {}
        # In order of computation, so that the result is always the same.
        for tensor in [self._graph.input, *(node.output for node in self._graph.nodes)]:
            if tensor in self._parents and self._mover(tensor) is None:
                groups.setdefault(self._top(tensor), []).append(tensor)
        self._placement.groups = list(groups.values())
        return self._placement

    def _top(self, tensor: Tensor) -> Tensor:
        while self._parents[tensor] is not tensor:
            tensor = self._parents[tensor]
        return tensor


def apply(
    graph: Graph,
    placement: Placement,
    meanings: Mapping[Tensor, Bytes],
    met: Mapping[Tensor, np.ndarray],
) -> Graph:
    """The graph with weights in steps and pairs of quantize and dequantize, ready to be lowered.

    `meanings` says for each tensor of the placement's groups what its bytes mean, `met` for each
    layer whose bias is to be corrected what its weights meet on average.
    """
    nodes: list[Node] = []
    rounded: dict[Tensor, Tensor] = {}
    scales: dict[Tensor, float] = {}

    def add_pair(tensor: Tensor) -> None:
        if tensor not in meanings:
            return
        quantize = quantize_node(tensor, meanings[tensor])
        rounded[tensor] = Tensor(f"{tensor.name}:rounded", tensor.shape)
        scales[tensor] = meanings[tensor].scale
        nodes.extend([quantize, dequantize_node(quantize.output, rounded[tensor])])

    add_pair(graph.input)
    for node in graph.nodes:
        new = node
        if placement.takes_bytes(node):
            inputs = [rounded.get(tensor, tensor) for tensor in node.inputs]
            new = Node(node.operator, inputs, node.output, node.attributes)
            if node.operator in WEIGHTED:
                new = with_steps(new, scales[node.inputs[0]], met.get(node.output))
            elif node.output in placement.movers:
                scales[node.output] = scales[node.inputs[0]]
        nodes.append(new)
        add_pair(node.output)
    return Graph(graph.input, nodes)
