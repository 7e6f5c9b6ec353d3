"""The network in front of a pipeline: its layer's output are the features."""

from __future__ import annotations

import numpy as np

from ..checkpoint import Checkpoint, SourceOptions
from ..graph import ConvertError
from ..keras import looks_like_keras
from ..onnx import looks_like_onnx
from ..result import FrontEndResult
from .frontend import Front


def front_of(options: SourceOptions) -> Front | None:
    """The network that --backbone names, up to the layer that --layer names, if there is one."""
    if options.backbone is None:
        if options.layer is not None:
            raise ConvertError("--layer is a layer of --backbone: give the network's file with it")
        return None
    checkpoint = Checkpoint.open(options.backbone)
    try:
        result = _read(checkpoint, options.layer)
    except ConvertError as error:
        raise ConvertError(f"needs the backbone {checkpoint.name}, which {error}") from None

    def evaluate(inputs: np.ndarray) -> np.ndarray:
        return result.evaluate(inputs).reshape(len(inputs), -1).astype(np.float64)

    metadata = {"backbone.file": checkpoint.name, "backbone.sha256": checkpoint.sha256}
    return Front(result.graph, evaluate, result.framework, result.notes, metadata)


def _read(checkpoint: Checkpoint, layer: str | None) -> FrontEndResult:
    if looks_like_keras(checkpoint.content):
        from ..keras.frontend import read_keras

        return read_keras(checkpoint.content, checkpoint.path, layer=layer)
    if looks_like_onnx(checkpoint.content):
        from ..onnx import read_onnx
        from ..onnx.cut import cut

        content = checkpoint.content if layer is None else cut(checkpoint.content, layer)
        return read_onnx(content, checkpoint.name)
    raise ConvertError("is neither a Keras nor an ONNX file: save or export the network as one")
