"""RNN, GRU and LSTM, their steps one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..graph import ConvertError, Tensor
from .dense import dense
from .elementwise import combine
from .layout import Value
from .nodes import OnnxNode
from .selection import picked
from .translation import BatchError, Translation, translates

_ATTRIBUTES = "activation_alpha activation_beta activations direction hidden_size layout"
_DIRECTIONS = {
    b"forward": [False],
    b"reverse": [True],
    b"bidirectional": [False, True],
}
_Function = tuple[str, float, float]
_FUNCTIONS: dict[bytes, _Function] = {
    b"Sigmoid": ("sigmoid", 0.0, 0.0),
    b"HardSigmoid": ("hard_sigmoid", 0.2, 0.5),
    b"Tanh": ("tanh", 0.0, 0.0),
    b"Relu": ("clip", 0.0, math.inf),
}
_KINDS = {
    "RNN": (1, [b"Tanh"]),
    "GRU": (3, [b"Sigmoid", b"Tanh"]),
    "LSTM": (4, [b"Sigmoid", b"Tanh", b"Tanh"]),
}
"""Gates, and the functions unless attributes name others."""


@dataclass
class _Layer:
    """One direction: x and h by gate, as ONNX orders them.

    `of_input` holds what each gate makes of all steps (steps, 1, hidden), `weights` what it makes
    of the hidden state, `biases` the constants that go with these.
    """

    t: Translation
    of_input: list[Value]
    weights: list[Tensor]
    biases: list[np.ndarray]
    functions: list[_Function]
    reset_after: bool

    def gate(self, index: int, step: int, h: Value | None) -> Value:
        """The sum of a gate before its function."""
        x = picked(self.t, self.of_input[index], 0, [step], "step").reshaped((1, self.hidden))
        return x if h is None else combine(self.t, "add", x, self.recurrent(index, h), "gate")

    @property
    def hidden(self) -> int:
        return self.of_input[0].shape[-1]

    def recurrent(self, index: int, h: Value) -> Value:
        """The weights of a gate times the hidden state."""
        x = self.t.builder.flat(h)
        return h.held_in(self.t.builder.add("dense", [x.tensor, self.weights[index]], "recurrent"))

    def apply(self, function: int, x: Value) -> Value:
        """One of the layer's functions."""
        kind, a, b = self.functions[function]
        return x.held_in(self.t.builder.activation(kind, x.tensor, a, b, "state"))


def _rnn_step(layer: _Layer, step: int, h: Value | None, _: Value | None) -> tuple[Value, None]:
    return layer.apply(0, layer.gate(0, step, h)), None


def _gru_step(layer: _Layer, step: int, h: Value | None, _: Value | None) -> tuple[Value, None]:
    t = layer.t
    update, reset = (layer.apply(0, layer.gate(index, step, h)) for index in (0, 1))
    new = layer.gate(2, step, None)
    if layer.reset_after:
        # The bias of the hidden state is within the product, also of a state that is all 0.
        inner: Value | np.ndarray = layer.biases[2]
        if h is not None:
            inner = combine(t, "add", layer.recurrent(2, h), inner, "inner")
        new = combine(t, "add", new, combine(t, "multiply", reset, inner, "reset"), "gate")
    elif h is not None:
        inner = layer.recurrent(2, combine(t, "multiply", reset, h, "reset"))
        new = combine(t, "add", new, inner, "gate")
    new = layer.apply(1, new)
    old = np.zeros((1, layer.hidden), np.float32) if h is None else h
    kept = combine(t, "multiply", update, combine(t, "subtract", old, new, "change"), "kept")
    return combine(t, "add", new, kept, "hidden"), None


def _lstm_step(
    layer: _Layer, step: int, h: Value | None, c: Value | None
) -> tuple[Value, Value | None]:
    t = layer.t
    taken, given, kept = (layer.apply(0, layer.gate(index, step, h)) for index in (0, 1, 2))
    new = combine(t, "multiply", taken, layer.apply(1, layer.gate(3, step, h)), "taken")
    if c is not None:
        new = combine(t, "add", combine(t, "multiply", kept, c, "kept"), new, "cell")
    return combine(t, "multiply", given, layer.apply(2, new), "hidden"), new


_STEPS: dict[str, Callable[..., tuple[Value, Value | None]]] = {
    "RNN": _rnn_step,
    "GRU": _gru_step,
    "LSTM": _lstm_step,
}


@translates("RNN", "LSTM", attributes=_ATTRIBUTES)
@translates("GRU", attributes=f"{_ATTRIBUTES} linear_before_reset")
def recurrent(t: Translation, node: OnnxNode) -> tuple[Value, ...]:
    """With constant weights, from a state of zeros; the steps are written out."""
    x = t.activation(node)
    if not t.model.single:
        raise BatchError("runs along the first axis, which is not the batch; export it again")
    if node.attributes.get("layout", 0):
        x = t.builder.transpose(x, [1, 0, 2])
    if len(x.shape) != 3 or x.shape[1] != 1:
        raise ConvertError(f"gets the shape {x.shape}; (steps, 1, size) is needed")
    _refuse_states(t, node, x.shape[0])
    directions = _DIRECTIONS[node.attributes.get("direction", b"forward")]
    layers = [_layer(t, node, x, index, len(directions)) for index in range(len(directions))]
    everything, last_h, last_c = [], [], []
    for layer, backwards in zip(layers, directions, strict=True):
        h = c = None
        states: list[Value] = []
        for step in range(x.shape[0])[:: -1 if backwards else 1]:
            h, c = _STEPS[node.operator](layer, step, h, c)
            states.append(h)
        everything.append(states[::-1] if backwards else states)
        last_h.append(states[-1])
        last_c.append(c)
    return _outputs(t, node, everything, last_h, last_c)


def _outputs(t: Translation, node: OnnxNode, everything, last_h, last_c) -> tuple[Value, ...]:
    """Y (steps, directions, 1, hidden), Y_h and Y_c (directions, 1, hidden), as far as used."""
    hidden, turned = last_h[0].shape[-1], node.attributes.get("layout", 0)
    steps, directions = len(everything[0]), len(everything)
    rows = [everything[d][s] for s in range(steps) for d in range(directions)]
    wanted = [
        (rows, (steps, directions, 1, hidden), [2, 0, 1, 3]),
        (last_h, (directions, 1, hidden), [1, 0, 2]),
        (last_c, (directions, 1, hidden), [1, 0, 2]),
    ]
    results = []
    for name, (states, shape, order) in zip(node.outputs, wanted, strict=False):
        if name not in t.uses:
            results.append(last_h[0])
            continue
        t.builder.scope = name
        value = Value.plain(_stacked(t, [t.builder.flat(s).tensor for s in states]), shape)
        results.append(t.builder.transpose(value, order) if turned else value)
    return tuple(results)


def _stacked(t: Translation, parts: list[Tensor]) -> Tensor:
    """Vectors one after the other; a node joins at most 64."""
    while len(parts) > 1:
        parts = [
            group[0]
            if len(group) == 1
            else t.builder.add("concatenate", group, "" if len(parts) <= 64 else "joined", axis=0)
            for group in (parts[i : i + 64] for i in range(0, len(parts), 64))
        ]
    return parts[0]


def _refuse_states(t: Translation, node: OnnxNode, steps: int) -> None:
    lengths = t.optional(node, 4, "lengths")
    if lengths is not None and (lengths != steps).any():
        raise ConvertError(f"runs over less than its {steps} steps; export it without lengths")
    for index in (5, 6, 7):
        state = t.optional(node, index, "initial state")
        if state is not None and state.any():
            raise ConvertError("begins with a state that is not 0, or looks at its cell; use zeros")


def _functions(node: OnnxNode, usual: list[bytes]) -> list[_Function]:
    """Those of all directions. Only HardSigmoid takes numbers from the attributes, in order."""
    alphas = iter(node.attributes.get("activation_alpha", ()))
    betas = iter(node.attributes.get("activation_beta", ()))
    functions = []
    for name in node.attributes.get("activations", usual):
        if name not in _FUNCTIONS:
            raise ConvertError(f"has the function {name.decode()}, which is not possible here")
        kind, a, b = _FUNCTIONS[name]
        if kind == "hard_sigmoid":
            a, b = next(alphas, a), next(betas, b)
        functions.append((kind, a, b))
    if len(functions) != len(usual):
        raise ConvertError(f"has {len(functions)} functions; {len(usual)} are needed")
    return functions


def _layer(t: Translation, node: OnnxNode, x: Value, direction: int, directions: int) -> _Layer:
    gates, usual = _KINDS[node.operator]
    functions = _functions(node, usual * directions)
    named = functions[direction * len(usual) : (direction + 1) * len(usual)]
    weights, again = (
        t.constant(node, index, "weights")[direction].reshape(gates, -1, width)
        for index, width in ((1, x.shape[2]), (2, node.attributes["hidden_size"]))
    )
    hidden = again.shape[1]
    bias = t.optional(node, 3, "bias")
    bias = np.zeros((2, gates, hidden)) if bias is None else bias[direction].reshape(2, gates, -1)
    after = bool(node.attributes.get("linear_before_reset", 0)) and node.operator == "GRU"
    of_input = []
    for gate in range(gates):
        constant = bias[0, gate] + (0 if after and gate == 2 else bias[1, gate])
        of_input.append(dense(t, x, weights[gate], constant, None, "of_input"))
    kept = [t.builder.constant(matrix, "recurrent_weights") for matrix in again]
    return _Layer(t, of_input, kept, list(bias[1]), named, after)
