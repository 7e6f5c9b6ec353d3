"""How an ONNX activation lies in a channels-last tensor.

ONNX orders images (batch, channel, height, width), the graph (height, width, channel). A `Value`
remembers how the two relate, so that transposing, flattening and reshaping only change the
bookkeeping; nodes are added where an operator needs another arrangement than the one at hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..graph import Shape, Tensor

Groups = Sequence[Sequence[int]]
"""For each axis of a tensor, the ONNX axes that it runs through, outermost first."""


@dataclass(frozen=True)
class Value:
    """An ONNX activation of `shape` for one image, held in `tensor`: the batch has the size 1.

    Seen with the shape `digits` (a refinement of the tensor's shape without axes of size 1) and
    transposed by `order`, the tensor has its elements in the row-major order of ONNX.
    """

    tensor: Tensor
    shape: Shape
    digits: Shape
    order: tuple[int, ...]

    @staticmethod
    def arranged(tensor: Tensor, shape: Shape, groups: Groups) -> Value:
        """The value whose ONNX axes `groups` are the axes of the tensor."""
        axes = [axis for group in groups for axis in group]
        used = [axis for axis in axes if shape[axis] > 1]
        order = [used.index(axis) for axis in range(len(shape)) if shape[axis] > 1]
        return _merged(tensor, shape, [shape[axis] for axis in used], order)

    @staticmethod
    def plain(tensor: Tensor, shape: Shape) -> Value:
        """The value whose elements lie in the tensor in the order of ONNX."""
        return Value.arranged(tensor, shape, [range(len(shape))])

    def reshaped(self, shape: Shape) -> Value:
        """The same elements under another ONNX shape."""
        return Value(self.tensor, shape, self.digits, self.order)

    def held_in(self, tensor: Tensor) -> Value:
        """The value of an elementwise result, or of a reshaped copy, of this value's tensor."""
        return Value(tensor, self.shape, self.digits, self.order)

    def to_tensor_order(self, array: np.ndarray) -> np.ndarray:
        """Reorders the last axis, one entry for each ONNX element, to the tensor's order."""
        lead = array.shape[:-1]
        sizes = [self.digits[digit] for digit in self.order]
        positions = [len(lead) + self.order.index(digit) for digit in range(len(self.order))]
        split = array.reshape((*lead, *sizes))
        return split.transpose((*range(len(lead)), *positions)).reshape((*lead, -1))

    def split(self) -> tuple[list[int], list[list[int]]] | None:
        """Sizes in tensor order and, for each ONNX axis, the indices of those that make it up.

        None if an axis cuts through a digit at a place that no common refinement has.
        """
        sizes = [self.digits[digit] for digit in self.order]
        pieces: list[list[int]] = [[] for _ in sizes]
        axes: list[list[tuple[int, int]]] = []
        at, rest = 0, sizes[0] if sizes else 1
        for extent in self.shape:
            axis: list[tuple[int, int]] = []
            while extent > 1:
                if rest == 1:
                    at += 1
                    rest = sizes[at]
                piece = min(rest, extent)
                if max(rest, extent) % piece:
                    return None
                axis.append((self.order[at], len(pieces[at])))
                pieces[at].append(piece)
                rest //= piece
                extent //= piece
            axes.append(axis)
        by_digit = [pieces[self.order.index(digit)] for digit in range(len(sizes))]
        starts = [sum(map(len, by_digit[:digit])) for digit in range(len(sizes))]
        flat = [piece for digit in by_digit for piece in digit]
        return flat, [[starts[digit] + part for digit, part in axis] for axis in axes]

    def transposed(self, axes: Sequence[int]) -> Value | None:
        """The value with its ONNX axes permuted; None as in `split`."""
        pieces = self.split()
        if pieces is None:
            return None
        sizes, groups = pieces
        order = [piece for axis in axes for piece in groups[axis]]
        return _merged(self.tensor, tuple(self.shape[axis] for axis in axes), sizes, order)

    def axis_order(self, needed: int = 1) -> list[int]:
        """An order of the ONNX axes that the tensor has already, as nearly as possible.

        It leaves out a first axis of size 1, as the batch has, unless that is the axis `needed`.
        """
        plain = list(range(len(self.shape)))
        if needed != 0 and self.shape[:1] == (1,):
            del plain[0]
        image = [*plain[1:], *plain[:1]]
        pieces = self.split()
        if pieces is None:
            return plain
        groups = pieces[1]
        used = sorted((axis for axis in plain if groups[axis]), key=lambda axis: groups[axis])
        for order in (image, plain):
            if [axis for axis in order if groups[axis]] == used:
                return order
        return [axis for axis in plain if not groups[axis]] + used


def merge_runs(sizes: Sequence[int], order: Sequence[int]) -> tuple[list[int], list[int]]:
    """The same permutation with neighbours that stay neighbours taken as one axis."""
    runs: list[list[int]] = []
    for piece in order:
        if runs and runs[-1][-1] + 1 == piece:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    by_start = sorted(runs)
    return (
        [math.prod(sizes[piece] for piece in run) for run in by_start],
        [by_start.index(run) for run in runs],
    )


def _merged(tensor: Tensor, shape: Shape, sizes: Sequence[int], order: Sequence[int]) -> Value:
    digits, merged = merge_runs(sizes, order)
    return Value(tensor, shape, tuple(digits), tuple(merged))
