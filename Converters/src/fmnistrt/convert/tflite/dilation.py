"""Dilated convolutions, which TensorFlow splits: pixels that lie a dilation apart become images of
their own (SPACE_TO_BATCH_ND), are convolved without dilation, and are put together again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from .model import TfliteModel, TfliteNode, needed

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
VALID, EXPLICIT = 1, 2
"""Paddings; explicit ones, which no file has, are the node's `sizes`: top, bottom, left, right."""


def join_dilations(model: TfliteModel) -> list[TfliteNode]:
    """The model's nodes with each such row of three as one convolution."""
    producers = {node.outputs[0]: node for node in model.nodes if node.outputs}
    uses = Counter(index for node in model.nodes for index in node.inputs)
    uses[model.output] += 1
    nodes = []
    for node in model.nodes:
        joined = None
        if node.operator == "BATCH_TO_SPACE_ND" and node.inputs:
            convolution = producers.get(node.inputs[0])
            if convolution is not None and uses[node.inputs[0]] == 1 and convolution.inputs:
                joined = _joined(model, producers.get(convolution.inputs[0]), convolution, node)
        nodes.append(joined or node)
    return needed(nodes, model.output)


def _joined(
    model: TfliteModel, split: TfliteNode | None, convolution: TfliteNode, join: TfliteNode
) -> TfliteNode | None:
    s = convolution.settings
    if split is None or split.operator != "SPACE_TO_BATCH_ND":
        return None
    if convolution.operator not in CONVOLUTIONS or s["padding"] != VALID:
        return None
    if any(s[key] != 1 for key in ("stride_h", "stride_w", "dilation_h", "dilation_w")):
        return None
    numbers = [
        _constant(model, node, index, size)
        for node, index, size in [(split, 1, 2), (split, 2, 4), (join, 1, 2), (join, 2, 4)]
    ]
    if any(each is None for each in numbers) or numbers[0] != numbers[2]:
        return None
    (blocks, around, _, crops) = numbers
    # With a stride of 1, leaving out a row of the result is leaving out one of the padding.
    pads = tuple(int(pad - crop) for pad, crop in zip(around, crops, strict=True))
    if min(pads) < 0:
        return None
    settings = {**s, "padding": EXPLICIT, "dilation_h": blocks[0], "dilation_w": blocks[1]}
    inputs = (split.inputs[0], *convolution.inputs[1:])
    return replace(convolution, inputs=inputs, outputs=join.outputs, settings=settings, sizes=pads)


def _constant(model: TfliteModel, node: TfliteNode, index: int, size: int) -> list[int] | None:
    if index >= len(node.inputs) or node.inputs[index] < 0:
        return None
    value = model.tensors[node.inputs[index]].value
    if value is None or value.dtype.kind not in "iu" or value.size != size:
        return None
    return np.ravel(value).tolist()
