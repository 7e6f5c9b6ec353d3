"""Finds Gelu where exporters spell it out with Erf.

The product x * 0.5 * (1 + erf(x / sqrt(2))) is written in several orders; each becomes one Gelu.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from .model import OnnxModel
from .nodes import OnnxNode


def fuse_gelu(model: OnnxModel) -> None:
    """Replaces each such product by a Gelu node."""
    if any(node.branches for node in model.nodes):
        return  # A branch may use any value of the product.
    constants = dict(model.constants)
    for node in model.nodes:
        if node.operator == "Constant" and isinstance(node.attributes.get("value"), np.ndarray):
            constants[node.outputs[0]] = node.attributes["value"]
        elif node.operator == "Constant" and "value_float" in node.attributes:
            constants[node.outputs[0]] = np.asarray(node.attributes["value_float"])
    search = _Search(model, constants)
    for node in [node for node in model.nodes if node.operator == "Erf"]:
        search.fuse(node)


class _Search:
    def __init__(self, model: OnnxModel, constants: dict[str, np.ndarray]) -> None:
        self._model = model
        self._constants = constants
        self._producers = {name: node for node in model.nodes for name in node.outputs}

    def fuse(self, erf: OnnxNode) -> None:
        """Follows the product from its Erf to its end, and replaces it if it is a Gelu."""
        x = self._multiple(self._producers.get(erf.inputs[0]), math.sqrt(0.5))
        sum_node = self._consumer(erf.outputs[0], "Add")
        if x is None or sum_node is None:
            return
        if not self._is_number(_other(sum_node, erf.outputs[0]), 1):
            return
        chain, node, halves, factors = [erf, sum_node], sum_node, 0, 0
        while (halves, factors) != (1, 1):
            value = node.outputs[0]
            following = self._consumer(value, "Mul") or self._consumer(value, "Div")
            if following is None:
                return
            chain.append(following)
            other = _other(following, value)
            half = self._producers.get(other)
            if self._multiple(following, 0.5) == value:
                halves += 1
            elif following.operator == "Mul" and other == x:
                factors += 1
            elif following.operator == "Mul" and self._multiple(half, 0.5) == x:
                halves, factors = halves + 1, factors + 1
            else:
                return
            if halves > 1 or factors > 1:
                return
            node = following
        gelu = replace(node, operator="Gelu", inputs=(x,), attributes={})
        nodes = [gelu if entry is node else entry for entry in self._model.nodes]
        gone = set(map(id, chain[:-1]))
        self._model.nodes = [entry for entry in nodes if id(entry) not in gone]
        self._producers[gelu.outputs[0]] = gelu

    def _multiple(self, node: OnnxNode | None, factor: float) -> str | None:
        """What `node` multiplies by a constant factor, if it does."""
        if node is None or len(node.inputs) != 2:
            return None
        first, second = node.inputs
        if node.operator == "Mul":
            for value, constant in [(first, second), (second, first)]:
                if self._is_number(constant, factor):
                    return value
        if node.operator == "Div" and self._is_number(second, 1 / factor):
            return first
        return None

    def _consumer(self, name: str, operator: str) -> OnnxNode | None:
        """The only node that uses a value, if it is of that kind."""
        using = [node for node in self._model.nodes if name in node.inputs]
        alone = len(using) == 1 and using[0].operator == operator and name != self._model.output
        return using[0] if alone else None

    def _is_number(self, name: str, number: float) -> bool:
        array = self._constants.get(name)
        if array is None or array.size != 1 or array.dtype.kind != "f":
            return False
        return bool(np.isclose(float(array.reshape(-1)[0]), number, rtol=1e-6, atol=0))


def _other(node: OnnxNode, name: str) -> str:
    return node.inputs[0] if node.inputs[1] == name else node.inputs[1]
