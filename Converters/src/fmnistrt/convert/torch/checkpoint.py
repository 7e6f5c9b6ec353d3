"""Finds the weights in what torch.save wrote: a state dict, alone or among other things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..graph import ConvertError
from .machine import Record
from .tensors import Tensor, Tensors

COMMON = (
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
)
"""Where training programs keep the weights, the usual place first."""
WRAPPERS = ("module.", "_orig_mod.")
"""What DataParallel and torch.compile put in front of every name."""
MAX_DEPTH = 4
MAX_MODULES = 10_000
MAX_NESTED = 64


@dataclass
class Checkpoint:
    """The tensors and, where whole modules were saved, the module."""

    tensors: Tensors
    module: Record | None = None


def is_module(value: Any) -> bool:
    """Whether a value is an nn.Module, of PyTorch or of one's own."""
    return isinstance(value, Record) and isinstance(value.state.get("_modules"), dict)


def find(root: Any) -> Checkpoint:
    """The weights in the value of a checkpoint."""
    framework = "pytorch"
    if isinstance(root, dict) and isinstance(root.get("pytorch-lightning_version"), str):
        framework = f"pytorch-lightning {root['pytorch-lightning_version'][:40]}"
    place, value = _chosen(_candidates(root))
    module = value if is_module(value) else None
    named = module_tensors(value) if module else _tensors_of(value)
    if not named:
        raise ConvertError(
            f"holds no weights in its {place or 'model'}: save a model that has been trained"
        )
    return Checkpoint(Tensors(_unwrapped(named), framework), module)


def _candidates(root: Any) -> dict[str, Any]:
    """State dicts and modules by their place, the outermost only."""
    found: dict[str, Any] = {}
    level, seen = [("", root)], {id(root)}
    for _ in range(MAX_DEPTH):
        inner = []
        for place, value in level:
            # A single number beside the weights, such as a loss, makes no state dict.
            if is_module(value) or any(part.shape for part in _tensors_of(value).values()):
                found[place] = value
                continue
            for key, part in value.items() if isinstance(value, dict) else ():
                if isinstance(key, str) and id(part) not in seen:
                    seen.add(id(part))
                    inner.append((f"{place}.{key}" if place else key, part))
        level = inner
    return found


def _chosen(found: dict[str, Any]) -> tuple[str, Any]:
    for place in ("", *COMMON):
        if place in found:
            return place, found[place]
    if not found:
        raise ConvertError(
            "is a PyTorch file without weights: save model.state_dict() with torch.save()"
        )
    if len(found) > 1:
        places = ", ".join(list(found)[:8])
        raise ConvertError(
            f"holds several sets of weights ({places[:200]}): save one of them alone"
        )
    return next(iter(found.items()))


def _tensors_of(value: Any) -> dict[str, Tensor]:
    """The named tensors of a state dict."""
    if not isinstance(value, dict):
        return {}
    return {
        name: part
        for name, part in value.items()
        if isinstance(name, str) and isinstance(part, Tensor)
    }


def _unwrapped(named: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors without the prefix of a wrapper around the model."""
    for prefix in WRAPPERS:
        if all(name.startswith(prefix) for name in named):
            named = {name[len(prefix) :]: tensor for name, tensor in named.items()}
    return named


def walk(module: Record) -> list[tuple[str, Record]]:
    """A module and all within it, with their names, in the order of registration."""
    result: list[tuple[str, Record]] = []
    pending = [("", module, 0)]
    while pending:
        name, current, depth = pending.pop()
        result.append((name, current))
        if len(result) > MAX_MODULES or depth > MAX_NESTED:
            raise ConvertError("has modules nested beyond measure: the file is damaged")
        inner = [
            (f"{name}.{key}" if name else str(key), part, depth + 1)
            for key, part in current.state["_modules"].items()
            if is_module(part)
        ]
        pending += reversed(inner)
    return result


def module_tensors(module: Record) -> dict[str, Tensor]:
    """The state dict of a module."""
    result = {}
    for name, current in walk(module):
        for kind in ("_parameters", "_buffers"):
            held = current.state.get(kind)
            for key, tensor in _tensors_of(held).items():
                result[f"{name}.{key}" if name else key] = tensor
    return result
