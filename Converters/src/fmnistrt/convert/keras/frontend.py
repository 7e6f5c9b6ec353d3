"""From the bytes of a Keras file to the graph and the second opinion."""

from __future__ import annotations

from pathlib import Path

from ..graph import ConvertError
from ..output_kind import output_kind
from ..result import FrontEndResult
from .beside import layers_of
from .checkpoint import Version, open_checkpoint, with_config
from .config import parse
from .evaluate import Evaluator
from .network import Network, reading_configuration
from .translate import translate
from .weights import attach


def read_keras(
    content: bytes, path: Path | None = None, config: Path | None = None, layer: str | None = None
) -> FrontEndResult:
    """Reads a checkpoint; the answers are those of `layer`, if it is given.

    Weights alone need their layers: the JSON in the file `config`, or in one beside `path`, where
    the checkpoint lies.
    """
    checkpoint = open_checkpoint(content)
    notes = []
    if checkpoint.config is None:
        layers, name = layers_of(path, config)
        checkpoint = with_config(checkpoint, layers)
        notes.append(f"the layers are those in {name}")
    elif config is not None:
        raise ConvertError("this file holds the layers with the weights: leave out --config")
    assert checkpoint.config is not None
    network = parse(checkpoint.config)
    with reading_configuration():
        attach(checkpoint, network)
        checkpoint.weights.file.close()
        if layer is not None:
            network = network.up_to(layer)
    return result_of(network, checkpoint.version, notes)


def result_of(network: Network, version: Version, notes: list[str]) -> FrontEndResult:
    """The graph of a network whose layers have their weights, and the second opinion."""
    with reading_configuration():
        graph = translate(network, version)
    return FrontEndResult(
        graph=graph,
        framework=f"keras {version.text}",
        output_kind=output_kind(graph),
        evaluate=Evaluator(network, version.is_modern),
        name=network.name,
        notes=notes,
    )
