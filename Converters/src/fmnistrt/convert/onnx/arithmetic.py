"""Functions of one activation that are made of the graph's few arithmetic operators."""

from __future__ import annotations

import math

import numpy as np

from ..graph import ConvertError
from .elementwise import Operand, combine, operands_of
from .layout import Value
from .nodes import OnnxNode
from .translation import Translation, translates

HIGHEST_POWER = 16
_ROOT_STEPS = 24


@translates("Neg")
def negative(t: Translation, node: OnnxNode) -> Value:
    """x * -1."""
    return combine(t, "multiply", t.activation(node), np.float32(-1))


@translates("Abs")
def absolute(t: Translation, node: OnnxNode) -> Value:
    """max(x, -x)."""
    return absolute_value(t, t.activation(node))


def absolute_value(t: Translation, x: Value, part: str = "") -> Value:
    """max(x, -x)."""
    return combine(t, "maximum", x, combine(t, "multiply", x, np.float32(-1), "negative"), part)


@translates("Reciprocal")
def reciprocal(t: Translation, node: OnnxNode) -> Value:
    """1 / x."""
    return combine(t, "divide", np.float32(1), t.activation(node))


@translates("Sqrt")
def sqrt(t: Translation, node: OnnxNode) -> Value:
    """By Newton's method: exact in float32 for 1e-12 to 1e12, less so beyond."""
    return _root_or_nan(t, t.activation(node))


def _root_or_nan(t: Translation, x: Value, part: str = "") -> Value:
    """The root, NaN below 0: there it is divided by 0, elsewhere by 1."""
    zero = x.held_in(t.builder.activation("clip", x.tensor, 0.0, 0.0, "zero"))
    steep = combine(t, "multiply", x, np.float32(3e38), "steep")
    above = combine(t, "add", steep, np.float32(1), "above")
    divisor = above.held_in(t.builder.activation("clip", above.tensor, 0.0, 1.0, "divisor"))
    nothing = combine(t, "divide", zero, divisor, "nothing")
    return combine(t, "add", square_root(t, x, "square_root"), nothing, part)


def square_root(t: Translation, x: Value, part: str = "") -> Value:
    """The root of what is not negative: r becomes (r + x / r) / 2, from r = (x + 1) / 2."""
    half = np.float32(0.5)
    root = combine(t, "multiply", combine(t, "add", x, np.float32(1), "above"), half, "root")
    for step in range(_ROOT_STEPS):
        total = combine(t, "add", root, combine(t, "divide", x, root, "quotient"), "sum")
        root = combine(t, "multiply", total, half, "root" if step < _ROOT_STEPS - 1 else part)
    return root


@translates("Pow")
def power(t: Translation, node: OnnxNode) -> Value:
    """With a constant exponent that is whole, from -16 to 16, or 0.5 or -0.5."""
    x, exponent = t.activation(node), t.constant(node, 1, "exponent")
    if exponent.size != 1:
        raise ConvertError("has more than one exponent; use a single number")
    return raised(t, x, float(exponent.reshape(-1)[0]))


def raised(t: Translation, x: Value, exponent: float) -> Value:
    """x to a power that can be had by multiplications and roots."""
    size = abs(exponent)
    if exponent == 1:
        return x
    if size == 0.5:
        result = _root_or_nan(t, x, "" if exponent > 0 else "root")
    elif size == int(size) and 1 <= size <= HIGHEST_POWER:
        result = _whole_power(t, x, int(size), "" if exponent > 0 else "power")
    else:
        raise ConvertError(
            f"has the exponent {exponent:g}; whole ones from -{HIGHEST_POWER} to {HIGHEST_POWER} "
            "but 0 are possible, and 0.5 and -0.5"
        )
    return result if exponent > 0 else combine(t, "divide", np.float32(1), result)


def _whole_power(t: Translation, x: Value, exponent: int, part: str) -> Value:
    """By squares: as many multiplications as the exponent has bits, and one for each set bit."""
    result: Value | None = None
    while exponent > 1:
        if exponent % 2:
            result = x if result is None else combine(t, "multiply", result, x, "partial")
        exponent //= 2
        last = exponent == 1 and result is None
        x = combine(t, "multiply", x, x, part if last else "square")
    return x if result is None else combine(t, "multiply", result, x, part)


@translates("PRelu")
def prelu(t: Translation, node: OnnxNode) -> Value:
    """With a constant slope for all, for each channel, or for each element."""
    x, slope = t.activation(node), t.constant(node, 1, "slope")
    if slope.size == 1:
        a = float(slope.reshape(-1)[0])
        return x.held_in(t.builder.activation("leaky_relu", x.tensor, a))
    if (slope <= 1).all():
        return combine(t, "maximum", x, combine(t, "multiply", x, slope, "scaled"))
    above = x.held_in(t.builder.activation("clip", x.tensor, 0.0, math.inf, "above"))
    below = x.held_in(t.builder.activation("clip", x.tensor, -math.inf, 0.0, "below"))
    return combine(t, "add", above, combine(t, "multiply", below, slope, "scaled"))


@translates("Celu", attributes="alpha")
def celu(t: Translation, node: OnnxNode) -> Value:
    """alpha * elu(x / alpha), alpha above 0."""
    x, alpha = t.activation(node), np.float32(node.attributes.get("alpha", 1.0))
    if not alpha > 0:
        raise ConvertError(f"has the alpha {alpha}; a number above 0 is needed")
    x = combine(t, "divide", x, alpha, "divided")
    # Only below 0 elu changes x, and alpha times its 1 is what it tends to there.
    y = x.held_in(t.builder.activation("elu", x.tensor, 1.0, 0.0, "elu"))
    return combine(t, "multiply", y, alpha)


@translates("Swish", attributes="alpha")
def swish(t: Translation, node: OnnxNode) -> Value:
    """x * sigmoid(alpha * x)."""
    x, alpha = t.activation(node), np.float32(node.attributes.get("alpha", 1.0))
    if alpha == 1:
        return x.held_in(t.builder.activation("silu", x.tensor))
    scaled = combine(t, "multiply", x, alpha, "scaled")
    gate = scaled.held_in(t.builder.activation("sigmoid", scaled.tensor, part="gate"))
    return combine(t, "multiply", x, gate)


@translates("Where")
def where(t: Translation, node: OnnxNode) -> Value:
    """With a constant condition and finite constants; both branches are computed."""
    condition = t.constant(node, 0, "condition")
    _, first, second = operands_of(t, node)
    chosen = _masked(t, condition, first, "first")
    return combine(t, "add", chosen, _masked(t, ~condition, second, "second"))


def _masked(t: Translation, mask: np.ndarray, x: Operand, part: str) -> Operand:
    if isinstance(x, Value):
        return combine(t, "multiply", x, mask.astype(np.float32), part)
    return np.where(mask, x, np.zeros_like(x))
