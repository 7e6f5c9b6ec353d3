"""Cuts an ONNX model behind one of its nodes."""

from __future__ import annotations

import onnx
from google.protobuf.message import DecodeError

from ..graph import ConvertError


def cut(content: bytes, name: str) -> bytes:
    """The model whose only output is the tensor `name`, or the first of the node `name`."""
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError):
        # Whoever reads the file says what is wrong with it.
        return content
    outputs = {node.name: node.output[0] for node in model.graph.node if node.output and node.name}
    tensors = {tensor for node in model.graph.node for tensor in node.output if tensor}
    if name not in tensors and name not in outputs:
        known = list(outputs) or sorted(tensors)
        raise ConvertError(
            f'has no node or tensor "{name}" for --layer; its nodes are {", ".join(known[-12:])}'
        )
    del model.graph.output[:]
    tensor = name if name in tensors else outputs[name]
    model.graph.output.append(
        onnx.helper.make_tensor_value_info(tensor, onnx.TensorProto.FLOAT, None)
    )
    return model.SerializeToString()
