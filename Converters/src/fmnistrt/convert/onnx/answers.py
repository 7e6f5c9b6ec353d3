"""Which output of a model holds its answers, and what they are."""

from __future__ import annotations

import onnx

_FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)


def keep_scores(model: onnx.ModelProto) -> None:
    """Keeps the only output of floats of a model with several, as skl2onnx and onnxmltools write
    them: the label, and scores or a list of dictionaries, whose numbers are what ZipMap gets.

    Leaves a model as it is that has one output, or several of floats.
    """
    graph = model.graph
    if len(graph.output) < 2:
        return
    zips = {node.output[0]: node for node in graph.node if _is_zip(node)}
    scores = []
    for entry in graph.output:
        if entry.name in zips:
            name = zips[entry.name].input[0]
            kept = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
            scores.append((kept, zips[entry.name]))
        elif entry.type.tensor_type.elem_type in _FLOATS:
            scores.append((entry, None))
    if len(scores) != 1:
        return
    ((kept, unused),) = scores
    kept = onnx.ValueInfoProto.FromString(kept.SerializeToString())
    del graph.output[:]
    graph.output.append(kept)
    if unused is not None:
        graph.node.remove(unused)


def _is_zip(node: onnx.NodeProto) -> bool:
    return node.op_type == "ZipMap" and len(node.input) == len(node.output) == 1
