"""From the bytes of a Keras file to the graph and the second opinion."""

from __future__ import annotations

from ..graph import Graph
from ..result import FrontEndResult, OutputKind
from .checkpoint import open_checkpoint
from .config import parse
from .evaluate import Evaluator
from .translate import translate
from .weights import attach


def read_keras(content: bytes, source: str, layer: str | None = None) -> FrontEndResult:
    """Reads a checkpoint; `source` is its file name, for a model without a name of its own.

    The answers are those of `layer`, if it is given.
    """
    checkpoint = open_checkpoint(content)
    network = parse(checkpoint.config)
    attach(checkpoint, network)
    checkpoint.weights.close()
    if layer is not None:
        network = network.up_to(layer)
    modern = checkpoint.major >= 3
    graph = translate(network, modern)
    return FrontEndResult(
        graph=graph,
        framework=f"keras {checkpoint.version}",
        output_kind=_output_kind(graph),
        evaluate=Evaluator(network, modern),
        name=network.name or source,
    )


def _output_kind(graph: Graph) -> OutputKind:
    """By the last operator: softmax gives probabilities, a linear layer or a log_softmax logits."""
    last = graph.nodes[-1]
    if last.operator == "softmax":
        return "logits" if last.attributes["logarithm"] else "probabilities"
    return "logits" if last.operator == "dense" else "scores"
