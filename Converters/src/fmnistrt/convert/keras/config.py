"""The configuration that Keras writes, brought to one form for all its versions."""

from __future__ import annotations

from typing import Any

from ..graph import ConvertError, Shape
from .calls import call_of
from .keras1 import modernise
from .network import (
    Call,
    Layer,
    Network,
    Reference,
    is_channels_first,
    reading_configuration,
)
from .operations import is_operation, unified

SEQUENTIAL = {"Sequential"}
FUNCTIONAL = {"Functional", "Model"}


def parse(config: dict[str, Any]) -> Network:
    """The network in the JSON of a Keras file."""
    kind = str(config.get("class_name"))
    if kind not in SEQUENTIAL | FUNCTIONAL:
        raise ConvertError(
            f'the model is of the custom class "{kind}", whose code is not in the file: rebuild it '
            "as a Sequential or Functional model, or export it to ONNX"
        )
    with reading_configuration():
        network = _network(config, "", 0)
    shape = network.input_shape or ()
    if len(shape) == 3 and shape[0] in (1, 3) and shape[2] not in (1, 3):
        layers = network.leaves()
        network.takes_channels_first = any(is_channels_first(layer.config) for layer in layers)
    return network


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
    entry = unified(entry)
    kind, config = modernise(str(entry["class_name"]), entry["config"])
    name = entry.get("name") or (config.get("name") if isinstance(config, dict) else None)
    name = str(name or f"{kind.lower()}_{number}")
    nested = kind in SEQUENTIAL | FUNCTIONAL and (isinstance(config, list) or "layers" in config)
    custom = _custom_class(entry)
    if custom:
        raise ConvertError(
            f'layer "{name}" is of the custom class {custom}, whose code is not in the file: '
            "replace it by standard layers, or export the model to ONNX"
        )
    return Layer(
        name=name,
        path=path + name,
        kind=kind,
        config=config if isinstance(config, dict) else {},
        calls=[call_of(item) for item in entry.get("inbound_nodes") or []],
        operation=is_operation(entry),
        model=_network(entry, f"{path}{name}/", depth + 1) if nested else None,
    )


def _custom_class(entry: dict[str, Any]) -> str:
    """The name under which a class that is not Keras's own was registered."""
    for name in (entry.get("registered_name"), entry["class_name"]):
        if ">" in str(name or "") and not str(name).startswith("keras"):
            return str(name)
    registered, module = entry.get("registered_name"), str(entry.get("module") or "")
    own = module.startswith(("keras", "tf_keras", "tensorflow"))
    return str(registered) if registered and not own else ""


def _shape(shape: Any) -> Shape | None:
    """A batch shape without the batch."""
    if not isinstance(shape, list) or len(shape) < 2 or isinstance(shape[0], (list, str)):
        return None
    if not all(type(size) is int and size > 0 for size in shape[1:]):
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
    if len(inputs) != 1:
        raise ConvertError(
            f'the model "{name}" has {len(inputs)} inputs ({_listed(inputs)}); a classifier takes '
            "one image: make a model of the part that classifies, and save that"
        )
    if len(outputs) != 1:
        raise ConvertError(
            f'the model "{name}" has {len(outputs)} outputs ({_listed(outputs)}); a classifier has '
            "one: save the model of the one that classifies, "
            f'keras.Model(model.input, model.get_layer("{outputs[0][0]}").output)'
        )
    network = Network(name, layers, inputs[0], outputs[0], None)
    _start_calls_at_zero(network)
    network.input_shape = _input_shape(network.layer(inputs[0][0]).config)
    return network


def _listed(references: list[Reference]) -> str:
    return ", ".join(name for name, _ in references[:4]) + (", ..." if len(references) > 4 else "")


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
