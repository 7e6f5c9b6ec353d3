"""The nodes of an ONNX graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx

from .checks import CHECK_FAILURES, invalid, to_array


@dataclass(frozen=True)
class OnnxNode:
    """One ONNX node; absent optional inputs and outputs are empty names."""

    operator: str
    domain: str
    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]

    @property
    def branches(self) -> list[Branch]:
        """The graphs among the attributes, such as those of If."""
        return [value for value in self.attributes.values() if isinstance(value, Branch)]

    @property
    def reads(self) -> list[str]:
        """Its inputs, and what its branches may take from outside."""
        inner = [name for branch in self.branches for node in branch.nodes for name in node.reads]
        return [*self.inputs, *inner, *(name for b in self.branches for name in b.outputs)]

    @property
    def kind(self) -> str:
        """The operator, with the domain in front if it is not a standard one."""
        return f"{self.domain}.{self.operator}" if self.domain else self.operator

    def input(self, index: int) -> str:
        """The name of an input, empty if it is absent."""
        return self.inputs[index] if index < len(self.inputs) else ""


@dataclass(frozen=True)
class Branch:
    """A graph within a node, which may use values of the graph around it."""

    nodes: list[OnnxNode]
    constants: dict[str, np.ndarray]
    outputs: tuple[str, ...]


def nodes_of(graph: onnx.GraphProto) -> list[OnnxNode]:
    """The nodes of a graph, their attributes as Python values."""
    nodes = []
    for node in graph.node:
        attributes = {}
        for entry in node.attribute:
            if entry.type == onnx.AttributeProto.TENSOR:
                attributes[entry.name] = to_array(entry.t)
            elif entry.type == onnx.AttributeProto.GRAPH:
                attributes[entry.name] = _branch(entry.g)
            else:
                try:
                    attributes[entry.name] = onnx.helper.get_attribute_value(entry)
                except CHECK_FAILURES as error:
                    raise invalid(error) from error
        label = node.name or next(filter(None, node.output), "")
        domain = "" if node.domain == "ai.onnx" else node.domain
        outputs = tuple(node.output)
        nodes.append(OnnxNode(node.op_type, domain, label, tuple(node.input), outputs, attributes))
    return nodes


def _branch(graph: onnx.GraphProto) -> Branch:
    outputs = tuple(entry.name for entry in graph.output)
    constants = {tensor.name: to_array(tensor) for tensor in graph.initializer}
    return Branch(needed(nodes_of(graph), outputs), constants, outputs)


def needed(nodes: list[OnnxNode], outputs: Iterable[str]) -> list[OnnxNode]:
    """The nodes that the outputs depend on."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.outputs):
            wanted.update(node.reads)
            kept.append(node)
    return kept[::-1]
