"""Random graphs: several branches, values read more than once, everything mixed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from build import Builder
from fmnistrt.convert.graph import Tensor
from fmnistrt.convert.operators import BINARY

LARGEST = 3000
"""Elements of a tensor that is still worked on."""


def _image_node(b: Builder, rng: random.Random, x: Tensor) -> Tensor | None:
    height, width, channels = x.shape
    match rng.randrange(8):
        case 0 | 1 | 2:
            kernel = rng.randint(1, min(3, height + 1)), rng.randint(1, min(4, width + 1))
            pads = tuple(rng.randint(0, kernel[i % 2] - 1) for i in range(4))
            fits = (
                height + pads[0] + pads[2] >= kernel[0] and width + pads[1] + pads[3] >= kernel[1]
            )
            if not fits:
                return None
            stride = rng.choice([(1, 1), (1, 1), (2, 1), (2, 2)])
            groups = rng.choice([1, 1, channels, 2 if channels % 2 == 0 else 1])
            outputs = groups * rng.choice([1, 1, 2]) if groups > 1 else rng.randint(1, 34)
            return b.conv(x, outputs, kernel, stride, (1, 1), pads, groups)
        case 3:
            kernel = rng.randint(1, min(3, height)), rng.randint(1, min(3, width))
            return b.pool(x, rng.choice(["max_pool", "average_pool"]), kernel)
        case 4:
            pads = {side: rng.randint(0, 2) for side in ("top", "left", "bottom", "right")}
            return b.node("pad", x, value=0.5, **pads)
        case 5:
            return b.node(rng.choice(["global_max_pool", "global_average_pool"]), x)
        case 6:
            return b.node("transpose", x, axes=rng.sample(range(3), 3))
        case _:
            return b.node("concatenate", x, b.activation(x, "softsign"), axis=rng.randrange(3))


def _any_node(b: Builder, rng: random.Random, x: Tensor, others: list[Tensor]) -> Tensor:
    same = [t for t in others if t.shape == x.shape]
    vectors = [t for t in others if t.shape in (x.shape[-1:], (1,))]
    match rng.randrange(8):
        case 0:
            return b.relu(x)
        case 1:
            return b.scale_shift(x)
        case 2:
            return b.activation(x, rng.choice(["tanh", "sigmoid", "softplus", "gelu"]))
        case 3:
            return b.binary(rng.choice(["add", "maximum", "minimum"]), x, rng.choice(same))
        case 4 if vectors:
            return b.binary(rng.choice(["add", "subtract"]), x, rng.choice(vectors))
        case 5:
            return b.binary(rng.choice(list(BINARY)), x, b.constant(x.shape[-1], low=0.5))
        case 6:
            return b.flat(x) if len(x.shape) > 1 else b.reshape(x, 1, 1, *x.shape)
        case 7 if math.prod(x.shape) < LARGEST / 2:
            return b.dense(x, rng.randint(1, 40))
        case _:
            return b.node("softmax", x, logarithm=0)


def random_graph(seed: int) -> Builder:
    """5 to 14 nodes, then one that reads all values that nothing else reads."""
    rng = random.Random(seed)
    b = Builder(f"random-{seed}", rng.randint(1, 9), rng.randint(1, 11), rng.randint(1, 20))
    tensors = [b.input]
    for _ in range(rng.randint(5, 14)):
        recent = tensors[-3:] if rng.random() < 0.7 else tensors
        x = rng.choice([t for t in recent if math.prod(t.shape) <= LARGEST] or [b.input])
        result = None
        if len(x.shape) == 3 and rng.random() < 0.6:
            result = _image_node(b, rng, x)
        if result is None:
            result = _any_node(b, rng, x, tensors)
        tensors.append(result)
    used = {tensor for node in b.graph.nodes for tensor in node.inputs}
    loose = [node.output for node in b.graph.nodes if node.output not in used]
    if len(loose) > 1:
        b.node("concatenate", *[b.flat(tensor) for tensor in loose], axis=0)
    else:
        b.flat(loose[0])
    return b


def cases() -> Iterator[Builder]:
    """A thousand of them."""
    for seed in range(1000):
        yield random_graph(seed)
