"""Gives the tensors of a file to the layers of a line, in order or by name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..graph import ConvertError
from .kinds import ROLES, Layer
from .line import Word
from .tensors import Tensor, Tensors, describe_shape

ROLE = re.compile(r"(?:(.*)[._/])?(weight|bias|running_mean|running_var|num_batches_tracked)$")


@dataclass
class Group:
    """The tensors of one layer by their role; `name` is what they have in common."""

    name: str
    tensors: dict[str, Tensor] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The kind of layer that these are of; empty if there is none."""
        weight = self.tensors.get("weight")
        if "running_mean" in self.tensors:
            return "bn"
        if weight is None:
            return ""
        if len(weight.shape) == 1 and len(self.tensors) == 1:
            return "prelu"
        return {4: "conv", 2: "linear"}.get(len(weight.shape), "")


def groups_of(tensors: Tensors) -> tuple[dict[str, Group], list[str]]:
    """The groups in file order, and the names of tensors that fit no group."""
    groups: dict[str, Group] = {}
    others: list[str] = []
    for name, tensor in tensors.named.items():
        match = ROLE.match(name)
        if match is None:
            others.append(name)
        elif match[2] != "num_batches_tracked":
            groups.setdefault(match[1] or "", Group(match[1] or "")).tensors[match[2]] = tensor
    return groups, others


def bind(words: list[Word], tensors: Tensors) -> list[Layer]:
    """The layers of the line with their tensors. What is left over or missing is an error."""
    groups, others = groups_of(tensors)
    named = {word.name: _named(word, groups) for word in words if word.name}
    taken = {group.name for group in named.values()}
    waiting = {
        kind: [g for g in groups.values() if g.kind == kind and g.name not in taken]
        for kind in ROLES
    }
    layers = []
    for number, word in enumerate(words, 1):
        if word.kind not in ROLES:
            layers.append(Layer(word.kind, word.options, f"{number} {word.text}"))
            continue
        if not word.name and not waiting[word.kind]:
            raise ConvertError(
                f"--arch has more {word.kind} layers than the file has tensors for: nothing is "
                f"left for the word {number}, {word.text!r}"
            )
        group = named[word.name] if word.name else waiting[word.kind].pop(0)
        taken.add(group.name)
        layers.append(layer_of(word.kind, word.options, group))
    left = [g.name or "(no name)" for g in groups.values() if g.name not in taken] + others
    if left:
        raise ConvertError(
            f"--arch leaves tensors over: {', '.join(left[:8])}{' ...' if len(left) > 8 else ''}; "
            "add the layers that they belong to"
        )
    return layers


def _named(word: Word, groups: dict[str, Group]) -> Group:
    found = [g for g in groups.values() if f".{g.name}".endswith(f".{word.name}")]
    if word.name in groups:
        return groups[word.name]
    if len(found) != 1:
        raise ConvertError(
            f"--arch names the tensors {word.name[:60]!r}, of which the file has "
            f"{'several' if found else 'none'}: there are {', '.join(list(groups)[:8])}"
        )
    return found[0]


def layer_of(kind: str, options: dict, group: Group) -> Layer:
    """A layer with the numbers of its tensors, whose number of axes must be right."""
    layer = Layer(kind, options, group.name or kind)
    if group.kind != kind:
        shapes = ", ".join(f"{r} {describe_shape(t.shape)}" for r, t in group.tensors.items())
        raise layer.fail(f"is to be a {kind}, but has the tensors {shapes or 'of none'}")
    for role in group.tensors:
        if role not in ROLES[kind]:
            raise layer.fail(f"has the tensor {role}, which a {kind} has not")
    for role in ROLES[kind]:
        if role not in group.tensors:
            continue
        try:
            layer.tensors[role] = group.tensors[role].array()
        except ConvertError as error:
            name = f"{group.name}.{role}".removeprefix(".")
            raise ConvertError(f'the tensor "{name}" {error}') from None
    _check(layer)
    return layer


def _check(layer: Layer) -> None:
    """Vectors must have one number for each output."""
    tensors = layer.tensors
    lead = tensors["running_mean"] if layer.kind == "bn" else tensors["weight"]
    for role, array in tensors.items():
        if role == "weight" and layer.kind != "bn":
            continue
        if array.shape != lead.shape[:1]:
            raise layer.fail(
                f"has a {role} of {describe_shape(array.shape)} for {len(lead)} outputs"
            )
    if layer.kind == "bn" and "running_var" not in tensors:
        raise layer.fail("has a running_mean, but no running_var")
    if layer.kind == "bn" and (tensors["running_var"] < 0).any():
        raise layer.fail("has a negative running_var: take another checkpoint")
