"""The functions that a SavedModel offers, of TensorFlow 1 and 2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..graph import ConvertError
from . import GRAPH
from .computation import Computation
from .library import quiet, reason_of, tensorflow


@dataclass(frozen=True)
class Function:
    """One signature: its inputs, by name, the names of its outputs, and how to call it.

    `between` makes the computation from one input to one output. `owner` holds its variables.
    """

    inputs: dict[str, Any]
    outputs: list[str]
    between: Callable[[str, str], Computation]
    owner: Any


@dataclass(frozen=True)
class Saved:
    """A loaded SavedModel: the version of TensorFlow that wrote it, and its functions."""

    version: str
    functions: dict[str, Function]


def load(source: Path, target: Path) -> Saved:
    """Loads a SavedModel; a copy without its training is made as the folder `target`."""
    tf = tensorflow()
    model = _without_training(source, target)
    try:
        with quiet():
            graph = model.meta_graphs[0]
            old = not graph.HasField("object_graph_def")
            functions = _of_version_1(tf, target, graph) if old else _of_version_2(tf, target)
    except Exception as error:  # TensorFlow raises whatever its parts raise.
        raise ConvertError(
            f"is a SavedModel that TensorFlow {tf.__version__} cannot load ({reason_of(error)}): "
            "save the model once more"
        ) from error
    version = graph.meta_info_def.tensorflow_version
    return Saved(version if version.isprintable() else "", functions)


def _without_training(source: Path, target: Path) -> Any:
    """Makes a folder `target` of the SavedModel without its optimiser, and parses it.

    An optimiser's variables need its class, which newer versions no longer have, and the shapes
    that TensorFlow 1 noted in graphs of gradients contradict those of TensorFlow 2. All other files
    are linked.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    try:
        model.ParseFromString((source / GRAPH).read_bytes())
    except (DecodeError, OSError) as error:
        raise ConvertError(
            f"has a damaged {GRAPH} ({reason_of(error)}): save the model once more"
        ) from error
    if not model.meta_graphs:
        raise ConvertError(f"has no graph in its {GRAPH}: save the model once more")
    for graph in model.meta_graphs:
        drop_noted_shapes(graph.graph_def)
        for entry in graph.object_graph_def.nodes:
            del entry.slot_variables[:]
    target.mkdir()
    for path in source.iterdir():
        if path.name != GRAPH:
            (target / path.name).symlink_to(path.absolute())
    (target / GRAPH).write_bytes(model.SerializeToString(deterministic=True))
    return model


def _of_version_2(tf: Any, folder: Path) -> dict[str, Function]:
    loaded = tf.saved_model.load(str(folder))

    def function(concrete: Any) -> Function:
        def between(source: str, target: str) -> Computation:
            return lambda images: concrete(**{source: images})[target]

        inputs, outputs = concrete.structured_input_signature[1], concrete.structured_outputs
        return Function(dict(inputs), list(outputs), between, loaded)

    return {name: function(concrete) for name, concrete in loaded.signatures.items()}


def _of_version_1(tf: Any, folder: Path, graph: Any) -> dict[str, Function]:
    """Of graphs with variables of TensorFlow 1, which become constants."""

    def function(signature: Any) -> Function:
        def between(source: str, target: str) -> Computation:
            names = signature.inputs[source].name, signature.outputs[target].name
            return _frozen(tf, folder, list(graph.meta_info_def.tags), *names)

        inputs = {
            key: tf.TensorSpec(tf.TensorShape(info.tensor_shape), tf.as_dtype(info.dtype))
            for key, info in signature.inputs.items()
        }
        return Function(inputs, list(signature.outputs), between, tf.Module())

    # What TensorFlow itself wants for loading begins with two underscores.
    known = {k: s for k, s in graph.signature_def.items() if not k.startswith("__") and s.outputs}
    return {name: function(signature) for name, signature in known.items()}


def _frozen(tf: Any, folder: Path, tags: list[str], source: str, target: str) -> Computation:
    v1 = tf.compat.v1
    with quiet(), tf.Graph().as_default(), v1.Session() as session:
        v1.saved_model.load(session, tags, str(folder))
        node = target.split(":")[0]
        frozen = v1.graph_util.convert_variables_to_constants(session, session.graph_def, [node])
    return pruned(tf, frozen, source, target)


def drop_noted_shapes(graph: Any) -> None:
    """Drops what TensorFlow 1 noted of shapes, which it infers anew."""
    for node in graph.node:
        node.attr.pop("_output_shapes", None)


def pruned(tf: Any, graph: Any, source: str, target: str) -> Computation:
    """The computation from one tensor of a graph without variables to another."""
    with quiet():
        whole = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
        found = whole.graph.as_graph_element
        return whole.prune(found(source), found(target))
