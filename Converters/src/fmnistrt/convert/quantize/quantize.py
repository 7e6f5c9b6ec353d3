"""From a float model to the same model on bytes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..element_types import holds_bytes
from ..graph import ConvertError, Graph, Tensor
from ..model import Golden, Model
from ..pictures import Pictures, read_pictures, stratified
from ..writer import write
from .bias import PICTURES, input_means
from .calibrate import Progress, histograms, joined, load
from .lower import lower
from .pixels import input_bytes
from .place import apply, candidates, place
from .prepare import prepare
from .ranges import Histogram, choose
from .select import Kept, Loss, select
from .simulate import simulate

MOST_HELD_OUT = 500
MOST_EVALUATED = 10_000
MOST_SIMULATED = 500
"""Pictures of the report where the library is not to be used."""


@dataclass(frozen=True)
class Quantization:
    """What the user may say about it."""

    calibrate: Path
    evaluate: Path | None = None
    pictures: int = 1000
    ranges: str = "mse"
    correct_bias: bool = True
    keep_float: tuple[str, ...] = ()
    most_changed: float = 0.01
    seed: int = 0
    simulate: bool = False
    """Compute the answers of the result here and not in the library."""
    progress: Progress = field(default=lambda what, share: None)


@dataclass
class Report:
    """What it came to. Accuracies are None where the pictures have no labels."""

    calibrated: int
    evaluated: int
    changed: int
    float_accuracy: float | None
    accuracy: float | None
    float_bytes: int
    layers: int
    kept: list[Kept]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def quantize(model: Model, options: Quantization, proof: Golden) -> tuple[Model, Report]:
    """The model on bytes, and what that changes; `model` is left as it is.

    `proof` holds answers of the source, which the float model must give in the library.
    """
    if model.pixels is None:
        raise ConvertError("takes no pictures, so it cannot be quantised: --quantize needs pixels")
    if holds_bytes(model.graph):
        raise ConvertError("is quantised already: leave out --quantize")
    work = _Work(model, options, proof)
    graph, kept = work.select()
    quantized = replace(model, graph=graph)
    report = work.report(quantized, kept)
    metadata = {**model.metadata, "quantization": work.summary()}
    if options.evaluate is not None and report.accuracy is not None:
        metadata.setdefault("accuracy", f"{report.accuracy:.4f}")
    options.progress("", 1)
    return replace(quantized, metadata=metadata), report


class _Work:
    def __init__(self, model: Model, options: Quantization, proof: Golden) -> None:
        assert model.pixels is not None
        self._model, self._options, self._pixels = model, options, model.pixels
        self._layers, self._named = _layers(model.graph, options.keep_float)
        shape, classes = model.graph.input.shape, model.graph.output.shape[0]
        pictures = read_pictures(options.calibrate, "train", shape, classes)
        self._calibration, self._held_out, rest = _divided(pictures, options)
        if options.evaluate is not None:
            rest = read_pictures(options.evaluate, "t10k", shape, classes)
        self._rest = rest
        self._float = load(write(model))
        _check(self._float, proof)
        self._graph = prepare(model.graph, self._pixels)
        self._distributions = self._measure()
        self._met = self._means() if options.correct_bias else {}

    def summary(self) -> str:
        """What the file says about it."""
        bias = "corrected" if self._options.correct_bias else "rounded"
        ranges, count = self._options.ranges, len(self._calibration)
        return f"int8, ranges by {ranges} of {count} pictures, biases {bias}"

    def _prepared(self, pictures: Pictures) -> np.ndarray:
        return self._pixels.prepare(pictures.images)

    def _measure(self) -> dict[Tensor, Histogram]:
        groups = place(self._graph, set(self._layers)).groups
        model = replace(self._model, graph=self._graph)
        tensors = [tensor for group in groups for tensor in group]
        return histograms(model, tensors, self._calibration.images, self._options.progress)

    def _means(self) -> dict[Tensor, np.ndarray]:
        inputs = self._prepared(self._calibration.take(slice(PICTURES)))
        return input_means(self._graph, self._layers, inputs, self._options.progress)

    def _build(self, layers: set[Tensor]) -> Graph:
        """The graph with these layers on bytes."""
        placement = place(self._graph, layers)
        meanings = {}
        for group in placement.groups:
            exact = input_bytes(self._graph, group[0], self._pixels) if len(group) == 1 else None
            if exact is not None:
                meaning = exact[0]
            else:
                distribution = joined([self._distributions[tensor] for tensor in group])
                meaning = choose(distribution, self._options.ranges)
            meanings.update(dict.fromkeys(group, meaning))
        return lower(apply(self._graph, placement, meanings, self._met))

    def select(self) -> tuple[Graph, list[Kept]]:
        """The best graph, and the layers that stay in floats."""
        expected = _classify(self._float, self._held_out)
        graph, kept = select(
            self._layers,
            self._build,
            lambda graph: self._answers(graph, self._held_out),
            expected,
            self._options.most_changed,
            self._options.progress,
        )
        return graph, [*self._named, *kept]

    def _answers(self, graph: Graph, pictures: Pictures) -> np.ndarray:
        if self._options.simulate:
            return simulate(graph, self._prepared(pictures))
        return _classify(load(write(replace(self._model, graph=graph))), pictures)

    def report(self, quantized: Model, kept: list[Kept]) -> Report:
        """Both models on pictures that neither ranges nor layers were chosen with."""
        most = MOST_SIMULATED if self._options.simulate else MOST_EVALUATED
        rest = self._rest.take(slice(most))
        before = _classify(self._float, rest)
        after = self._answers(quantized.graph, rest)
        changed = Loss.between(before, after).changed * len(rest) if len(rest) else 0
        return Report(
            calibrated=len(self._calibration),
            evaluated=len(rest),
            changed=round(changed),
            float_accuracy=_accuracy(before, rest),
            accuracy=_accuracy(after, rest),
            float_bytes=len(write(self._model)),
            layers=len(self._layers) + len(self._named),
            kept=kept,
        )


def _layers(graph: Graph, named: tuple[str, ...]) -> tuple[list[Tensor], list[Kept]]:
    """Outputs of the layers that may compute on bytes, and those that were named to stay."""
    possible = [node.output for node in candidates(graph)]
    kept = []
    for name in named:
        found = [tensor for tensor in possible if tensor.name.removesuffix(":linear") == name]
        found = found or [tensor for tensor in possible if tensor.name == name]
        if not found:
            raise ConvertError(
                f"no layer {name} can be quantised; these can: "
                f"{', '.join(tensor.name.removesuffix(':linear') for tensor in possible)}"
            )
        kept.append(Kept(name, "--keep-float"))
        possible = [tensor for tensor in possible if tensor not in found]
    if not possible:
        raise ConvertError("no layer is left to quantise: convert it without --quantize")
    return possible, kept


def _divided(pictures: Pictures, options: Quantization) -> tuple[Pictures, Pictures, Pictures]:
    """Pictures to measure ranges, to select layers, and the rest to report on."""
    held_out = min(MOST_HELD_OUT, max(1, len(pictures) // 5))
    count = min(options.pictures, max(1, len(pictures) * 3 // 5))
    if len(pictures) < 3:
        raise ConvertError(f"{options.calibrate} holds too few pictures: give some hundred")
    order = stratified(pictures, count + held_out, options.seed)
    others = np.setdiff1d(np.arange(len(pictures)), order)
    others = np.random.default_rng(options.seed).permutation(others)
    first, second = order[:count], order[count:]
    return pictures.take(first), pictures.take(second), pictures.take(others)


def _check(model: Any, proof: Golden) -> None:
    """Refuses a float model that does not answer as its source."""
    found = _classify(model, Pictures(proof.inputs))
    difference = np.abs(found.astype(np.float64) - proof.outputs).max()
    if not difference <= proof.tolerance:
        raise ConvertError(
            f"before it is quantised, the library's answers differ from the source model's by "
            f"{difference:.1e}: please report this as a bug with the checkpoint"
        )


def _classify(model: Any, pictures: Pictures) -> np.ndarray:
    return np.asarray(model.classify(pictures.images, top_k=0).scores)


def _accuracy(scores: np.ndarray, pictures: Pictures) -> float | None:
    if pictures.labels is None or not len(pictures):
        return None
    return float(np.mean(scores.argmax(1) == pictures.labels))
