"""What a file without a graph holds, and a line to start from."""

from __future__ import annotations

import itertools
import math

from ..graph import ConvertError, Shape
from .bind import Group, groups_of
from .checkpoint import walk
from .kinds import ROLES
from .machine import Record
from .modules import strangers, word_of
from .tensors import Tensors, describe_shape

MAX_LISTED = 40
MAX_GROUPS = 200
MAX_CONVOLUTIONS = 12
MAX_MIXED = 8
SILENT = {*ROLES, "flatten", "dropout"}
"""Layers that do not tell which activations and poolings there are."""


def no_graph(tensors: Tensors, module: Record | None, image: Shape) -> ConvertError:
    """The error for weights without --arch: the tensors with their shapes, and a proposal."""
    groups, _ = groups_of(tensors)
    listed = [
        f"{name} {describe_shape(tensor.shape)}"
        for name, tensor in tensors.named.items()
        if not name.endswith("num_batches_tracked")
    ]
    more = f" and {len(listed) - MAX_LISTED} more" if len(listed) > MAX_LISTED else ""
    what = "holds weights without a model"
    if module is not None:
        odd = ", ".join(strangers(module)[:4]) or module.kind
        what = f"is a module whose code is not in the file ({odd[:200]})"
    line = line_of_module(module) if module is not None else ""
    if not any(word.partition("(")[0] not in SILENT for word in line.split()):
        # What stands between the layers with weights is in the code.
        line = propose(list(groups.values())[:MAX_GROUPS], image)
    return ConvertError(
        f"{what}: {', '.join(listed[:MAX_LISTED])}{more}. Say with --arch which layers there are, "
        "in order; with branches or shortcuts, say where the code is, with --module FILE.py:CLASS, "
        "or export the model to ONNX. As a start, which must be checked against the code: "
        f'--arch "{line}"'
    )


def line_of_module(module: Record) -> str:
    """The layers within a module in the order of their registration."""
    words: list[str] = []
    for name, part in walk(module):
        word = word_of(name, part)
        if word == "linear" and "flatten" not in words:
            words.append("flatten")
        if word:
            words.append(word)
    return " ".join(words)


def propose(groups: list[Group], image: Shape) -> str:
    """A usual classifier with these tensors: ReLU between layers, pooling so that sizes fit."""
    convolutions = [g for g in groups if g.kind == "conv"]
    first = next((g for g in groups if g.kind == "linear"), None)
    padded, pooled, head = _sizes(convolutions, first, image)
    words: list[str] = []
    count = 0
    for place, group in enumerate(groups):
        kind = group.kind
        after = groups[place + 1].kind if place + 1 < len(groups) else ""
        last = not any(g.kind in ("conv", "linear") for g in groups[place + 1 :])
        if group is first:
            words += head
        if kind == "conv":
            count += 1
            half = group.tensors["weight"].shape[2] // 2
            words.append(f"conv(padding={half})" if count in padded and half else "conv")
        elif kind:
            words.append(kind)
        if kind in ("conv", "linear", "bn") and after != "bn" and after != "prelu" and not last:
            words.append("relu")
        ends = kind in ("conv", "bn") and after not in ("bn", "prelu")
        if ends and count in pooled and first is not None:
            words.append("maxpool")
            pooled = pooled - {count}
    return " ".join(words)


def _sizes(
    convolutions: list[Group], first: Group | None, image: Shape
) -> tuple[set[int], set[int], list[str]]:
    """Which convolutions are padded, after which ones pooling stands, and what comes before the
    first linear layer; found by trying which sizes fit that layer."""
    every = set(range(1, len(convolutions) + 1))
    if first is None:
        return every, set(), []
    wanted = first.tensors["weight"].shape[1]
    kernels = [g.tensors["weight"].shape[2:] for g in convolutions[:MAX_CONVOLUTIONS]]
    channels = convolutions[-1].tensors["weight"].shape[0] if convolutions else image[2]
    count = len(kernels)
    for padded, pools in itertools.product(_paddings(count), range(count + 1)):
        even = {round((index + 1) * count / pools) for index in range(pools)} if pools else set()
        for places in sorted(
            itertools.combinations(range(1, count + 1), pools),
            key=lambda chosen: len(even - set(chosen)),
        ):
            size = _after(image, kernels, padded, set(places))
            if size and channels * math.prod(size) == wanted:
                return padded, set(places), ["flatten"]
    if channels == wanted:
        return every, set(range(1, min(count, 3))), ["adaptive_avgpool", "flatten"]
    return every, set(), ["flatten"]


def _paddings(count: int) -> list[set[int]]:
    """Which of the convolutions can be padded, the usual first: all, none, the first or last."""
    numbers = range(1, count + 1)
    cuts = numbers[:-1] if count <= MAX_MIXED else []
    mixed = [set(part) for at in cuts for part in (numbers[:at], numbers[at:])]
    return [set(numbers), set(), *sorted(mixed, key=len, reverse=True)]


def _after(
    image: Shape, kernels: list[Shape], padded: set[int], pooled: set[int]
) -> tuple[int, int] | None:
    """Height and width after convolutions with a stride of 1 and pooling by 2."""
    sizes = image[:2]
    for number, kernel in enumerate(kernels, 1):
        grow = [2 * (k // 2) - k + 1 if number in padded else 1 - k for k in kernel]
        sizes = tuple(size + extra for size, extra in zip(sizes, grow, strict=True))
        if number in pooled:
            sizes = tuple(size // 2 for size in sizes)
        if min(sizes) < 1:
            return None
    return sizes[0], sizes[1]
