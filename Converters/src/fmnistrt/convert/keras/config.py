"""The configuration that Keras writes, brought to one form for all its versions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ..graph import ConvertError, Shape
from .keras1 import modernise

SEQUENTIAL = {"Sequential"}
FUNCTIONAL = {"Functional", "Model"}

Reference = tuple[str, int]
"""A tensor: name of a layer, and which of the layer's calls computes it."""


@dataclass
class Call:
    """One use of a layer.

    `number` is the number in a calculation such as `x / 255`, `place` its place among the two
    operands. `others` says that there are arguments of other kinds, which nobody understands.
    """

    inputs: list[Reference]
    others: bool = False
    number: float | None = None
    place: int = 0


@dataclass
class Layer:
    """One layer. `path` tells it apart in nested models; `model` is set for a nested model."""

    name: str
    path: str
    kind: str
    config: dict[str, Any]
    calls: list[Call]
    operation: bool = False
    model: Network | None = None
    weights: list[Any] = field(default_factory=list)


@dataclass
class Network:
    """A Sequential or Functional model. `input_shape` is without the batch, if it is known."""

    name: str
    layers: list[Layer]
    input: Reference
    output: Reference
    input_shape: Shape | None

    def layer(self, name: str) -> Layer:
        """The layer called `name`."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ConvertError(f'the model uses a layer "{name}" that it does not have')

    def up_to(self, name: str) -> Network:
        """The model whose output is that of the layer `name`, with the layers that it needs."""
        known = [layer.name for layer in self.layers]
        if name not in known:
            raise ConvertError(
                f'has no layer "{name}" for --layer; its layers are {", ".join(known)}'
            )
        needed: set[str] = set()
        pending = [name]
        while pending:
            one = pending.pop()
            if one in needed or one not in known:
                continue
            needed.add(one)
            pending += [source for call in self.layer(one).calls for source, _ in call.inputs]
        layers = [layer for layer in self.layers if layer.name in needed]
        return replace(self, layers=layers, output=(name, 0))


def parse(config: dict[str, Any]) -> Network:
    """The network in the JSON of a Keras file."""
    kind = str(config.get("class_name"))
    if kind not in SEQUENTIAL | FUNCTIONAL:
        raise ConvertError(
            f'the model is of the custom class "{kind}", whose code is not in the file: rebuild it '
            "as a Sequential or Functional model, or export it to ONNX"
        )
    try:
        return _network(config, "", 0)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ConvertError(
            f"the model's configuration is damaged ({type(error).__name__}: {error}): "
            "copy the file again from its origin"
        ) from None


def _network(entry: dict[str, Any], path: str, depth: int) -> Network:
    if depth > 16:
        raise ConvertError("models are nested more than 16 deep: flatten the model")
    config = entry["config"]
    if isinstance(config, list):
        config = {"name": "", "layers": config}
    layers = [_layer(item, path, depth, n) for n, item in enumerate(config["layers"])]
    names = [layer.name for layer in layers]
    for name in names:
        if names.count(name) > 1:
            raise ConvertError(f'two layers are called "{name}": give each its own name')
    sequential = entry["class_name"] in SEQUENTIAL
    build = _sequential if sequential else _functional
    return build(entry, config, layers)


def _layer(entry: dict[str, Any], path: str, depth: int, number: int) -> Layer:
    kind, config = modernise(str(entry["class_name"]), entry["config"])
    name = entry.get("name") or (config.get("name") if isinstance(config, dict) else None)
    name = str(name or f"{kind.lower()}_{number}")
    module = str(entry.get("module") or "")
    nested = kind in SEQUENTIAL | FUNCTIONAL and (isinstance(config, list) or "layers" in config)
    custom = entry.get("registered_name") and ">" in str(entry["registered_name"])
    if custom and not str(entry["registered_name"]).startswith("keras"):
        raise ConvertError(
            f'layer "{name}" is of the custom class {entry["registered_name"]}, whose code is not '
            "in the file: replace it by standard layers, or export the model to ONNX"
        )
    return Layer(
        name=name,
        path=path + name,
        kind=kind,
        config=config if isinstance(config, dict) else {},
        calls=[_call(item) for item in entry.get("inbound_nodes") or []],
        operation=".ops." in f"{module}.",
        model=_network(entry, f"{path}{name}/", depth + 1) if nested else None,
    )


def _call(node: Any) -> Call:
    """One inbound node: a list of [layer, call, output, kwargs], or args with Keras tensors."""
    if isinstance(node, dict):
        inputs: list[Reference] = []
        others = False
        numbers = [type(argument) in (int, float) for argument in node.get("args", [])]
        if len(numbers) == 2 and sum(numbers) == 1 and not node.get("kwargs"):
            place = numbers.index(True)
            _collect(node["args"][1 - place], inputs)
            return Call(inputs, number=float(node["args"][place]), place=place)
        for argument in [*node.get("args", []), *_tensors_only(node.get("kwargs", {}))]:
            others |= _collect(argument, inputs)
        return Call(inputs, others)
    if node and isinstance(node[0], str):
        node = [node]
    extra = any(
        isinstance(item, list) and len(item) > 3 and any(map(_holds_tensor, item[3].values()))
        for item in node
    )
    return Call([(item[0], int(item[1])) for item in node], extra)


def _holds_tensor(value: Any) -> bool:
    return isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str)


def _tensors_only(keywords: dict[str, Any]) -> list[Any]:
    """Keyword arguments that are tensors; others (mask, training) do not matter at inference."""
    found: list[Reference] = []
    return [value for value in keywords.values() if not _collect(value, found) and value]


def _collect(argument: Any, inputs: list[Reference]) -> bool:
    """Appends the Keras tensors in `argument`; true if it holds anything else."""
    if isinstance(argument, dict) and argument.get("class_name") == "__keras_tensor__":
        history = argument["config"]["keras_history"]
        inputs.append((history[0], int(history[1])))
        return False
    if isinstance(argument, list):
        return any([_collect(item, inputs) for item in argument])
    return argument is not None


def _shape(shape: Any) -> Shape | None:
    """A batch shape without the batch."""
    if not isinstance(shape, list) or len(shape) < 2 or isinstance(shape[0], (list, str)):
        return None
    if not all(isinstance(size, int) and size > 0 for size in shape[1:]):
        raise ConvertError(
            f"the model's input has no fixed size ({', '.join(map(str, shape[1:]))}): "
            "rebuild it with one, such as keras.Input((28, 28, 1))"
        )
    return tuple(shape[1:])


def _input_shape(config: dict[str, Any]) -> Shape | None:
    return _shape(config.get("batch_shape") or config.get("batch_input_shape"))


def _sequential(entry: dict[str, Any], config: dict[str, Any], layers: list[Layer]) -> Network:
    shape = None
    if layers:
        first = layers[0]
        shape = first.model.input_shape if first.model else _input_shape(first.config)
    for built in (
        config.get("build_input_shape"),
        (entry.get("build_config") or {}).get("input_shape"),
    ):
        shape = shape or _shape(built)
    previous: Reference = ("", 0)
    for layer in layers:
        if layer.kind != "InputLayer":
            layer.calls = [Call([previous])]
            previous = (layer.name, 0)
    return Network(str(config.get("name") or ""), layers, ("", 0), previous, shape)


def _functional(entry: dict[str, Any], config: dict[str, Any], layers: list[Layer]) -> Network:
    inputs, outputs = (_references(config[key]) for key in ("input_layers", "output_layers"))
    name = str(config.get("name") or "model")
    for what, found in [("inputs", inputs), ("outputs", outputs)]:
        if len(found) != 1:
            raise ConvertError(
                f'the model "{name}" has {len(found)} {what}; a classifier has one: '
                "make a model of the part that classifies"
            )
    network = Network(name, layers, inputs[0], outputs[0], None)
    _start_calls_at_zero(network)
    network.input_shape = _input_shape(network.layer(inputs[0][0]).config)
    return network


def _references(value: Any) -> list[Reference]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        return [(value[0], int(value[1]))]
    if not isinstance(value, list):
        raise TypeError(f"{value} is not a layer's output")
    return [reference for item in value for reference in _references(item)]


def _start_calls_at_zero(network: Network) -> None:
    """Keras 2 counts the calls of a nested model from 1: call 0 was the one that made it."""
    for layer in network.layers:
        uses = [network.output[1]] if network.output[0] == layer.name else []
        for other in network.layers:
            uses += [index for call in other.calls for n, index in call.inputs if n == layer.name]
        if layer.model is None or not uses or max(uses) < len(layer.calls):
            continue

        def moved(reference: Reference, name: str = layer.name) -> Reference:
            return (name, reference[1] - 1) if reference[0] == name else reference

        network.output = moved(network.output)
        for other in network.layers:
            for call in other.calls:
                call.inputs = [moved(reference) for reference in call.inputs]
