"""Frozen graphs of TensorFlow 1 (GraphDef), whose variables are constants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..graph import ConvertError
from ..result import FrontEndResult
from .computation import shape_of, translate
from .functions import drop_noted_shapes, pruned
from .library import quiet, reason_of, tensorflow

VARIABLES = ("Variable", "VariableV2", "VarHandleOp")
LISTED = 8


def read_graph(content: bytes, output: str | None) -> FrontEndResult:
    """Reads a graph; `output` names the node that gives the answers, where there are several."""
    tf = tensorflow()
    graph, shapes = _parse(tf, content)
    if any(node.op in VARIABLES for node in graph.node):
        raise ConvertError(
            "is a graph of TensorFlow without the numbers of its variables: save the model as a "
            "SavedModel, or freeze the graph with convert_variables_to_constants"
        )
    inputs = [node.name for node in graph.node if node.op == "Placeholder"]
    if len(inputs) != 1:
        raise ConvertError(
            f"has {len(inputs)} inputs ({', '.join(inputs[:LISTED])}), and one is needed: freeze "
            "the graph for inference alone"
        )
    shape = shape_of(shapes[inputs[0]], inputs[0])
    target = _output(graph, shapes, output)
    tensors = f"{inputs[0]}:0", f"{target}:0"
    result = translate(lambda: pruned(tf, graph, *tensors), shape, tf.Module())
    return replace(result, framework="tensorflow (frozen graph)")


def _parse(tf: Any, content: bytes) -> tuple[Any, dict[str, Any]]:
    """The graph, and the first output of each node: its type and shape."""
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(content)
        drop_noted_shapes(graph)
        with quiet():
            whole = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
        nodes = whole.graph.get_operations()
    except Exception as error:  # TensorFlow raises whatever its parts raise.
        raise ConvertError(
            f"is a graph that TensorFlow {tf.__version__} cannot load ({reason_of(error)}): save "
            "the model as a SavedModel"
        ) from error
    return graph, {
        node.name: tf.TensorSpec(node.outputs[0].shape, node.outputs[0].dtype)
        for node in nodes
        if node.outputs
    }


def _output(graph: Any, shapes: dict[str, Any], wanted: str | None) -> str:
    """The node of floats whose result nothing else uses, or the one that is wanted."""
    used = {name.split(":")[0].removeprefix("^") for node in graph.node for name in node.input}
    ends = [
        node.name
        for node in graph.node
        if node.name not in used
        and node.op not in ("Const", "Placeholder")
        and node.name in shapes
        and shapes[node.name].dtype.name == "float32"
    ]
    if wanted is not None and wanted in shapes:
        return wanted
    if wanted is None and len(ends) == 1:
        return ends[0]
    names = ", ".join(ends[:LISTED]) or "none"
    raise ConvertError(
        f"ends with these nodes: {names}. Choose the one with the answers with --signature NAME"
    )
