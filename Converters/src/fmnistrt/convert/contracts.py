"""Finds out what a model was trained on, which no checkpoint says: by its accuracy on pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .graph import ConvertError
from .model import Pixels
from .pictures import read_pictures, stratified
from .result import OutputKind
from .verify import open_model

if TYPE_CHECKING:
    from fmnistrt import Model

    from .convert import Conversion

PICTURES = 1000
SIGMAS = 3.0
"""By how many standard deviations one contract must do better than another to be told apart."""
LOW = 0.5
"""Share of right answers below which no contract is taken to be the model's."""

_BATCH = 1 << 22
_USUAL = [
    ("pixels / 255", Pixels()),
    ("pixels from 0 to 255", Pixels(1.0)),
    ("pixels from -1 to 1", Pixels(255.0, (0.5,), (0.5,))),
    ("pixels from -0.5 to 0.5", Pixels(255.0, (0.5,))),
    ("Fashion-MNIST's mean and deviation", Pixels(255.0, (0.2860,), (0.3530,))),
    ("MNIST's mean and deviation", Pixels(255.0, (0.1307,), (0.3081,))),
]
_COLOUR = (
    "ImageNet's means and deviations",
    Pixels(255.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
)


@dataclass
class Measured:
    """A contract, and how the model does with it.

    `right` says of each picture whether the answer is right. `loss` is the mean of -log of the
    right class's probability; None if the model gives neither probabilities nor logits.
    """

    trained_on: str
    pixels: Pixels
    given: bool
    right: np.ndarray
    loss: float | None

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(self.right.mean())

    def clearly_beats(self, other: Measured) -> bool:
        """Whether chance does not explain the difference: a sign test of the differing answers."""
        better = int((self.right & ~other.right).sum())
        worse = int((other.right & ~self.right).sum())
        return better - worse > SIGMAS * (better + worse) ** 0.5


@dataclass
class Comparison:
    """What the model does under each contract, the best first, and the pictures it was asked."""

    measured: list[Measured]
    data: Path
    pictures: int
    available: int

    @property
    def best(self) -> Measured:
        """The contract with the highest accuracy; of several, that with the lowest loss."""
        return self.measured[0]

    @property
    def given(self) -> Measured:
        """The contract that the options say."""
        return next(one for one in self.measured if one.given)

    @property
    def warning(self) -> str | None:
        """What is wrong with the contract given; None if it does as well as any."""
        best, given = self.best, self.given
        if best.accuracy < LOW:
            return (
                f"no usual preparation of the pixels suits the model, the best gives "
                f"{best.accuracy:.1%} right answers: are the classes in the order of the labels, "
                "and is the model trained?"
            )
        if best.clearly_beats(given):
            return (
                f"the model was not trained on {given.trained_on}, with which {given.accuracy:.1%} "
                f"of its answers are right, but on {best.trained_on}, with {best.accuracy:.1%}: "
                f"give {self._say(best)}"
            )
        return None

    def lines(self) -> Iterator[str]:
        """A table, and what follows from it."""
        yield f"accuracy on {self.pictures:,} of the {self.available:,} pictures in {self.data}:"
        width = max(len(one.trained_on) for one in self.measured)
        yield f"  {'accuracy':>8}  {'log loss':>8}  {'if trained on':<{width}}  options"
        for one in self.measured:
            loss = f"{one.loss:8.3f}" if one.loss is not None else f"{'-':>8}"
            marks = "best" * (one is self.best) + ", " * (one is self.best and one.given)
            marks += "given" * one.given
            row = f"  {one.accuracy:8.2%}  {loss}  {one.trained_on:<{width}}  {self.options(one)}"
            yield f"{row}  <- {marks}" if marks else row
        if self.warning:
            yield f"warning: {self.warning}"
            return
        alike = [one for one in self.measured[1:] if not self.best.clearly_beats(one)]
        if not alike:
            yield f"the model was trained on {self.best.trained_on}, as the options say"
            return
        others = "; ".join(one.trained_on for one in (self.best, *alike) if not one.given)
        more = ""
        if self.pictures < self.available:
            more = f" (more may tell: --check-pictures {self.available})"
        yield f"these pictures do not tell the options given from{more}: {others}"

    def options(self, one: Measured) -> str:
        """The options of a contract, "none" if they are the defaults."""
        pixels, words = one.pixels, []
        # A scale that was given, or that the model's first layer asks for, must be overruled.
        if pixels.scale != 255 or self.given.pixels.scale != 255:
            words.append(f"--scale {pixels.scale:g}")
        if any(pixels.mean):
            words.append(f"--mean {_numbers(pixels.mean)}")
        if any(value != 1 for value in pixels.deviation):
            words.append(f"--std {_numbers(pixels.deviation)}")
        if pixels.invert:
            words.append("--invert")
        return " ".join(words) or "none"

    def _say(self, one: Measured) -> str:
        options = self.options(one)
        return "none of --scale, --mean, --std and --invert" if options == "none" else options

    def as_json(self) -> dict[str, Any]:
        """The table as plain values, the best contract first."""
        return {
            "pictures": self.pictures,
            "warning": self.warning,
            "contracts": [
                {
                    "trained_on": one.trained_on,
                    "options": self.options(one),
                    "accuracy": one.accuracy,
                    "log_loss": one.loss,
                    "given": one.given,
                }
                for one in self.measured
            ],
        }


def _numbers(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in values)


def contracts(given: Pixels, channels: int) -> list[tuple[str, Pixels]]:
    """The usual contracts, each also inverted, and the one given if it is none of them."""
    usual = _USUAL + ([_COLOUR] if channels == 3 else [])
    result = [
        (
            f"{name}, inverted" if invert else name,
            Pixels(one.scale, one.mean, one.deviation, invert),
        )
        for invert in (False, True)
        for name, one in usual
    ]
    ends = np.array([0, 255], np.uint8)[:, None, None, None].repeat(channels, 3)
    same = [np.allclose(one.prepare(ends), given.prepare(ends), atol=1e-3) for _, one in result]
    if any(same):
        # In the words of the options, whose last digits may differ.
        place = same.index(True)
        result[place] = (result[place][0], given)
    else:
        result.insert(0, ("what the options say", given))
    return result


def compare(conversion: Conversion, data: Path, count: int = PICTURES) -> Comparison:
    """How a converted model does under each contract on `count` of the pictures in `data`.

    The library computes the answers.
    """
    kind, given = conversion.model.output_kind, conversion.model.pixels
    if given is None:
        raise ConvertError("the model takes no pictures: --check is not possible")
    model = open_model(conversion.content)
    info = model.info
    shape = (info.height, info.width, info.channels)
    pictures = read_pictures(data, "t10k", shape, info.output_size)
    if pictures.labels is None:
        raise ConvertError(
            f"{data} has no labels: give a folder of IDX files, a .csv or an .npz that has"
        )
    chosen = pictures.take(np.sort(stratified(pictures, count, seed=0)))
    measured = []
    for name, pixels in contracts(given, info.channels):
        scores = _scores(model, pixels.prepare(chosen.images))
        right = scores.argmax(axis=1) == chosen.labels
        loss = _loss(scores, chosen.labels, kind)
        measured.append(Measured(name, pixels, pixels is given, right, loss))
    measured.sort(key=lambda one: (-one.accuracy, one.loss or 0.0, not one.given))
    return Comparison(measured, data, len(chosen), len(pictures))


def _scores(model: Model, inputs: np.ndarray) -> np.ndarray:
    """The library's answers to prepared pictures."""
    size = max(1, _BATCH // inputs[0].size)
    parts = [model.run(inputs[at : at + size]) for at in range(0, len(inputs), size)]
    return np.concatenate(parts).astype(np.float64)


def _loss(scores: np.ndarray, labels: np.ndarray, kind: OutputKind) -> float | None:
    """The mean of -log of the right class's probability, at most 50 for a picture."""
    if kind == "scores":
        return None
    if kind == "logits":
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores /= scores.sum(axis=1, keepdims=True)
    return float(-np.log(np.maximum(scores[np.arange(len(labels)), labels], np.exp(-50))).mean())
