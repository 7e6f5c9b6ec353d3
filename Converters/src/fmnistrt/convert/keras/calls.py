"""How layers are used: the inbound nodes of a configuration."""

from __future__ import annotations

from typing import Any

from .network import Call, Reference


def call_of(node: Any) -> Call:
    """One inbound node: a list of [layer, call, output, kwargs], or args with Keras tensors."""
    if isinstance(node, dict):
        return _modern(node.get("args", []), node.get("kwargs", {}))
    if node and isinstance(node[0], str):
        node = [node]
    extra = any(
        isinstance(item, list) and len(item) > 3 and any(map(is_tensor, item[3].values()))
        for item in node
    )
    return Call([(item[0], int(item[1])) for item in node], extra)


def is_tensor(value: Any) -> bool:
    """Whether a value is [layer, call, output], as Keras 2 writes a tensor."""
    return isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str)


def _modern(arguments: list[Any], keywords: dict[str, Any]) -> Call:
    inputs: list[Reference] = []
    others = False
    numbers = [type(argument) in (int, float) for argument in arguments]
    if len(numbers) == 2 and sum(numbers) == 1 and not keywords:
        place = numbers.index(True)
        _collect(arguments[1 - place], inputs)
        return Call(inputs, number=float(arguments[place]), place=place)
    for argument in [*arguments, *_tensors_only(keywords)]:
        others |= _collect(argument, inputs)
    return Call(inputs, others)


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
