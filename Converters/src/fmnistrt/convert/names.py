"""Tensor names as the format wants them: unique, 1 to 63 bytes of UTF-8 without NUL."""

from __future__ import annotations

import hashlib

from .graph import Graph, Tensor

MAX_BYTES = 63


def tensors_of(graph: Graph) -> list[Tensor]:
    """The tensors in file order: input, what the nodes compute, constants by first use."""
    result = [graph.input, *(node.output for node in graph.nodes)]
    seen = set(result)
    for node in graph.nodes:
        for tensor in node.inputs:
            if tensor.value is not None and tensor not in seen:
                seen.add(tensor)
                result.append(tensor)
    return result


def shorten(name: str) -> str:
    """At most 63 bytes; a longer name keeps its start and gets a hash of the whole."""
    name = name.replace("\0", "_") or "tensor"
    encoded = name.encode("utf-8", "replace")
    if len(encoded) <= MAX_BYTES:
        return encoded.decode("utf-8")
    suffix = "~" + hashlib.sha256(encoded).hexdigest()[:8]
    return encoded[: MAX_BYTES - len(suffix)].decode("utf-8", "ignore") + suffix


def assign_names(graph: Graph) -> dict[Tensor, str]:
    """A name for every tensor; of two equal ones the later gets ":2", ":3" and so on.

    Constants stand last, so that they never take the name of a layer.
    """
    names: dict[Tensor, str] = {}
    taken: set[str] = set()
    for tensor in tensors_of(graph):
        name, number = shorten(tensor.name), 1
        while name in taken:
            number += 1
            name = shorten(f"{tensor.name}:{number}")
        taken.add(name)
        names[tensor] = name
    return names
