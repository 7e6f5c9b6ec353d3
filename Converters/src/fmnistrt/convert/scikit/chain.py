"""The graph of a pipeline while it is built: a row of nodes, each fed by the one before."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import ConvertError, Graph, Node, Shape, Tensor
from ..operators import ACTIVATIONS, infer_shape


class Chain:
    """Appends nodes. `name` is the step being written, which errors and tensors are named after."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.x = graph.nodes[-1].output if graph.nodes else graph.input
        self.name = ""

    def constant(self, part: str, value: Any) -> Tensor:
        """A constant of the step, in double precision, which folding keeps until the end."""
        array = np.ascontiguousarray(value, np.float64)
        return Tensor(f"{self.name}:{part}", array.shape, array)

    def add(
        self,
        operator: str,
        part: str,
        *constants: Tensor,
        attributes: dict[str, Any] | None = None,
        shape: Shape = (),
    ) -> None:
        """Appends a node; `part` names its output within the step."""
        inputs = [self.x, *constants]
        try:
            shape = infer_shape(operator, inputs, attributes or {}, shape)
        except ConvertError as error:
            raise ConvertError(f'the step "{self.name}" {error}') from None
        output = Tensor(f"{self.name}:{part}", shape)
        self.append(Node(operator, inputs, output, attributes or {}))

    def append(self, node: Node) -> None:
        """Appends a node that is complete."""
        self.graph.nodes.append(node)
        self.x = node.output

    def dense(self, weights: np.ndarray, bias: np.ndarray, part: str = "dense") -> None:
        """`weights` are (outputs, inputs), `bias` is (outputs)."""
        self.add(
            "dense",
            part,
            self.constant(f"{part}.weights", weights),
            self.constant(f"{part}.bias", bias),
        )

    def scale_shift(self, scale: np.ndarray, shift: np.ndarray, part: str = "scaled") -> None:
        """`x * scale + shift`, one number for each feature."""
        self.add(
            "scale_shift",
            part,
            self.constant(f"{part}.scale", scale),
            self.constant(f"{part}.shift", shift),
        )

    def activation(self, kind: str, part: str, a: float = 0.0, b: float = 0.0) -> None:
        """Appends an activation."""
        self.add("activation", part, attributes={"kind": ACTIVATIONS[kind], "a": a, "b": b})
