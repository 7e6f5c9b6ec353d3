"""From a checkpoint to the bytes of an .fmg file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from fmnistrt.data import LABELS

from . import VERSION
from .checkpoint import Checkpoint, SourceOptions
from .element_types import holds_bytes
from .explain import Watch
from .frontends import read
from .golden import HALF_TOLERANCE, TOLERANCE, golden_vectors
from .graph import ConvertError, Graph
from .halves import halve_weights
from .model import Golden, Model, Pixels
from .operators import BINARY
from .passes import optimise
from .quantize.lower import lower
from .quantize.quantize import Quantization, Report, quantize
from .quantize.simulate import is_exact_everywhere, simulate
from .quantize.weights import quantized_layers
from .result import FrontEndResult
from .writer import write

RAW_SCALE = 1 / 32
"""A model whose first step multiplies its input by less than this expects 0 to 255."""

NO_SOURCE_OPTIONS = SourceOptions()

MOST_ROUNDED = 0.25
"""How far probabilities of a quantised model may be from those that its own framework gives."""


@dataclass(frozen=True)
class Options:
    """What the user may say about a model; None leaves it to the converter."""

    scale: float | None = None
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)
    invert: bool = False
    labels: list[str] | None = None
    name: str | None = None
    accuracy: float | None = None
    golden: int = 4
    half_weights: bool = False
    quantization: Quantization | None = None
    source: SourceOptions = NO_SOURCE_OPTIONS


@dataclass
class Conversion:
    """A converted model, the file's bytes, what they must answer, and remarks for the user.

    `quantized` is the report of a quantisation, if there was one; `halved` says whether weights
    were rounded to half precision.
    """

    model: Model
    content: bytes
    proof: Golden
    notes: list[str] = field(default_factory=list)
    quantized: Report | None = None
    halved: bool = False

    @property
    def compared(self) -> str:
        """Whose answers the file must give: of bytes, those that a simulation finds."""
        return "simulation of its bytes" if holds_bytes(self.model.graph) else "source model"


def convert(checkpoint: Checkpoint, options: Options, watch: Watch | None = None) -> Conversion:
    """Converts a checkpoint. The same arguments always give the same bytes.

    `watch` is told of the graph as it was read, and of every step that changes it.
    """
    watch = watch or (lambda what, graph: None)
    result = read(checkpoint, options.source)
    watch("the model as it was read", result.graph)
    notes = list(result.notes)
    pixels = _pixels(result, options, notes)
    graph = optimise(result.graph, watch)
    if holds_bytes(graph):
        graph = _lowered(graph, notes)
        watch("lower: Lets layers compute on bytes.", graph)
    halved = halve_weights(graph) if options.half_weights else []
    watch("halve_weights: Rounds weights to half precision.", graph)
    # The new file is checked even if none of this goes into it.
    proof = golden_vectors(
        options.golden or 1,
        graph.input.shape,
        pixels,
        result.evaluate,
        result.output_kind,
        HALF_TOLERANCE if halved else TOLERANCE,
        result.settled,
    )
    metadata = {
        **result.metadata,
        "converter": f"fmnist-convert {VERSION}",
        "framework": result.framework,
        "name": options.name or result.name or checkpoint.name.rsplit(".", 1)[0],
        "source.file": checkpoint.name,
        "source.sha256": checkpoint.sha256,
    }
    if options.accuracy is not None:
        metadata["accuracy"] = f"{options.accuracy:.4f}"
    labels = options.labels
    if labels is None:
        labels = result.labels
    if labels is None:
        labels = list(LABELS) if graph.output.shape == (len(LABELS),) else []
        if not labels:
            notes.append("the model's classes have no names: name them with --labels")
    model = Model(graph, result.output_kind, pixels, labels, metadata)
    report = None
    if options.quantization is not None:
        model, report = quantize(model, options.quantization, proof)
        watch("quantize: Gives layers bytes instead of floats.", model.graph)
    if holds_bytes(model.graph):
        source, proof = proof, _simulated(model, proof)
        if report is None:
            _compare(source, proof, notes)
    if pixels and options.golden:
        model.golden = proof
    return Conversion(model, write(model), proof, notes, report, bool(halved))


def _lowered(graph: Graph, notes: list[str]) -> Graph:
    """A graph that came with quantize and dequantize, its layers on bytes where they can be."""
    reasons: dict[str, str] = {}
    graph = optimise(lower(graph, reasons))
    notes.append(
        f"the model is quantised already: {len(quantized_layers(graph))} layers compute in bytes"
    )
    notes.extend(f'the layer "{name}" computes in floats: {why}' for name, why in reasons.items())
    return graph


def _compare(source: Golden, found: Golden, notes: list[str]) -> None:
    """Says how far a model that came quantised is from its source, which rounds in its own way."""
    difference = np.abs(source.outputs.astype(np.float64) - found.outputs).max()
    limit = MOST_ROUNDED * source.tolerance / TOLERANCE
    if not difference <= limit:
        raise ConvertError(
            f"its bytes give answers that differ from the source model's by {difference:.1e}, more "
            f"than {limit:.1e}: please report this as a bug with the checkpoint"
        )
    notes.append(f"largest difference from the source model, by rounding: {difference:.1e}")


def _simulated(model: Model, proof: Golden) -> Golden:
    """What a model on bytes must answer: not what its source does, but exactly what it means."""
    inputs = model.pixels.prepare(proof.inputs) if model.pixels else proof.inputs
    tolerance = proof.tolerance
    if not is_exact_everywhere(model.graph):
        # Where floats of inexact operators are rounded, another machine may round the other way.
        last = model.graph.nodes[-1]
        step = last.inputs[0].bytes.scale if last.operator == "dequantize" else 0.0
        tolerance = max(tolerance * HALF_TOLERANCE / TOLERANCE, 1.01 * step)
    return replace(proof, outputs=simulate(model.graph, inputs), tolerance=tolerance)


def _pixels(result: FrontEndResult, options: Options, notes: list[str]) -> Pixels | None:
    """The pixel contract; None for a model whose input is not a picture."""
    shape = result.graph.input.shape
    if len(shape) != 3 or shape[2] not in (1, 3):
        if options.scale is not None or options.invert or options.mean != (0.0,):
            raise ConvertError(
                f"its input of shape {shape} is not a gray or colour picture: --scale, --mean, "
                "--std and --invert are not possible"
            )
        notes.append(f"the input of shape {shape} is not a picture: the model takes floats only")
        return None
    scale = options.scale
    if scale is None:
        scale = 255.0
        if result.raw:
            scale = 1.0
            notes.append(result.raw)
        elif _expects_raw(result.graph):
            scale = 1.0
            notes.append(
                "the model begins by scaling 0 to 255 itself, so it gets the pixels as they are: "
                "--scale 1 (give --scale to say otherwise)"
            )
    return Pixels(scale, options.mean, options.deviation, options.invert)


def _expects_raw(graph: Graph) -> bool:
    """Whether the model's own first step brings 0 to 255 to small numbers."""
    tensor = graph.input
    for node in graph.nodes:
        if node.inputs[0] is not tensor or node.operator not in (
            "reshape",
            "scale_shift",
            "binary",
        ):
            return False
        value = node.inputs[1].value if len(node.inputs) > 1 else None
        if node.operator == "scale_shift":
            assert value is not None
            return bool((np.abs(value) <= RAW_SCALE).all())
        if node.operator == "binary":
            if value is None:
                return False
            kind = node.attributes["kind"]
            if kind == BINARY["multiply"]:
                return bool((np.abs(value) <= RAW_SCALE).all())
            if kind == BINARY["divide"]:
                return bool((np.abs(value) >= 1 / RAW_SCALE).all())
            return False
        tensor = node.output
    return False
