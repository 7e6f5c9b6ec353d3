"""From a PyTorch checkpoint, a safetensors or an .npz file to the graph and the second opinion."""

from __future__ import annotations

from dataclasses import replace

from ..graph import ConvertError
from ..onnx import read_onnx
from ..operators import MAX_AXIS
from ..result import FrontEndResult, OutputKind
from . import files, tables
from .architecture import Architecture
from .bind import bind
from .checkpoint import Weights, find
from .kinds import ROLES, Layer, complete
from .layers import write_layer
from .line import parse
from .modules import layers_of
from .network import Network
from .propose import no_graph

CLASSIC = (28, 28, 1)
_SCORES = {"adaptive_avgpool", "adaptive_maxpool", "avgpool", "bn", "log_softmax", *ROLES}
_PASSING = {"flatten", "dropout"}


def read_weights(
    content: bytes, architecture: Architecture, module: str | None = None
) -> FrontEndResult:
    """Reads such a file. Without a line, only a whole nn.Sequential has layers.

    `module` names the class of the weights (FILE.py:CLASS), whose code is run by PyTorch.
    """
    weights = _open(content)
    image = architecture.image or CLASSIC
    if len(image) != 3 or not all(0 < size <= MAX_AXIS for size in image):
        raise ConvertError(f"--input {image} is not a height, width and number of channels")
    if module is not None:
        if architecture.line is not None:
            raise ConvertError("--arch and --module both say what the layers are: give one of them")
        from .export import read_module

        return read_module(weights, module, image, architecture.probabilities)
    notes = list(weights.notes)
    if architecture.line is not None:
        layers = bind(parse(architecture.line), weights.tensors)
        notes.append(_bound(layers))
        if weights.tensors.remark and not all("@" in w for w in _weighted(architecture.line)):
            notes.append(weights.tensors.remark)
    else:
        found = layers_of(weights)
        if found is None:
            raise no_graph(weights.tensors, weights.module, image)
        layers = found
    kind = output_kind(layers)
    if architecture.probabilities and kind != "probabilities":
        layers.append(Layer("softmax", complete("softmax", {}, "softmax"), "softmax"))
        kind = "probabilities"
    network = Network(image)
    for layer in layers:
        write_layer(network, layer)
    result = read_onnx(network.content(), "", channels_first=True)
    framework = weights.tensors.framework
    return replace(result, framework=framework, output_kind=kind, name="", notes=notes)


def _open(content: bytes) -> Weights:
    if files.looks_like_torch(content):
        return find(files.read_torch(content))
    if tables.looks_like_npz(content):
        return Weights(tables.read_npz(content))
    return Weights(tables.read_safetensors(content))


def _weighted(line: str) -> list[str]:
    return [word.text for word in parse(line) if word.kind in ROLES]


def _bound(layers: list[Layer]) -> str:
    """Which tensors each layer of the line has."""
    words = [f"{layer.kind}@{layer.label}" for layer in layers if layer.kind in ROLES]
    return f"the layers have these tensors: {' '.join(words)}"


def output_kind(layers: list[Layer]) -> OutputKind:
    """By the last layer that computes: logits, unless it is a softmax or another activation."""
    last = next((layer.kind for layer in reversed(layers) if layer.kind not in _PASSING), "")
    if last == "softmax":
        return "probabilities"
    return "logits" if last in _SCORES else "scores"
