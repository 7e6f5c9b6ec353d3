"""Finds the weights in what torch.save wrote: a state dict, alone or among other things."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..graph import ConvertError
from .bind import ROLE
from .files import Saved
from .machine import Foreign, Record
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
T = TypeVar("T")
WRAPPERS = ("module.", "_orig_mod.")
"""What DataParallel, AveragedModel and torch.compile put in front of every name."""
COUNTER = "n_averaged"
"""What AveragedModel has beside them."""
MAX_DEPTH = 4
MAX_MODULES = 10_000
MAX_NESTED = 64
MAX_TENSORS = 100_000


QUANTISED = "quantised: save the float model, and let the converter quantise it (--quantize int8)"
FOREIGN = {
    "torch._utils._rebuild_qtensor": f"is {QUANTISED}",
    "torch._utils._rebuild_sparse_tensor": "is sparse: save it after to_dense()",
    "torch._utils._rebuild_meta_tensor_no_storage": "is on the device meta, without numbers: save "
    "a model that has been loaded in full",
    "torch._utils._rebuild_tensor_v3": "is of a type that cannot be converted: save it as float32",
}
"""Tensors that cannot be read, by the function that would make them."""


@dataclass
class Weights:
    """The tensors and, where whole modules were saved, the module; and remarks for the user."""

    tensors: Tensors
    module: Record | None = None
    notes: tuple[str, ...] = ()


def is_module(value: Any) -> bool:
    """Whether a value is an nn.Module, of PyTorch or of one's own."""
    return isinstance(value, Record) and isinstance(value.state.get("_modules"), dict)


def find(saved: Saved) -> Weights:
    """The weights in the value of a checkpoint."""
    root, framework = saved.value, "pytorch"
    if isinstance(root, dict) and isinstance(root.get("pytorch-lightning_version"), str):
        framework = f"pytorch-lightning {root['pytorch-lightning_version'][:40]}"
    found = _candidates(root)
    if not found:
        raise ConvertError(_nothing(saved))
    place = _chosen(found)
    value = found.pop(place)
    module = value if is_module(value) else None
    if module:
        _refuse_quantised(module)
    named = module_tensors(value) if module else _tensors_of(value, whole=True)
    if not named:
        raise ConvertError(
            f"holds no weights in its {place or 'model'}: save a model that has been trained"
        )
    notes = []
    if found:
        notes.append(f"the weights are those in {place!r}; not used: {_listed(found)}")
    strange = [name for name in saved.foreign if not name.startswith("torch.")]
    if strange:
        notes.append(
            f"the file wants functions called when it is loaded, which was not done: "
            f"{_listed(strange)}"
        )
    return Weights(Tensors(unwrapped(named), framework), module, tuple(notes))


def _nothing(saved: Saved) -> str:
    """Why there are no weights."""
    for name in saved.foreign:
        if name in FOREIGN:
            return f"has no weights that can be read: a tensor {FOREIGN[name]}"
    if saved.foreign:
        return (
            f"the pickle in this file calls {_listed(saved.foreign)}, and nothing is ever "
            "executed: save the state dict alone with torch.save(model.state_dict(), path)"
        )
    return "is a PyTorch file without weights: save model.state_dict() with torch.save()"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(list(names)[:8])[:200]


def _candidates(root: Any) -> dict[str, Any]:
    """State dicts and modules by their place; those of optimisers only if there are no others."""
    found: dict[str, Any] = {}
    level, seen = [("", root)], {id(root)}
    for _ in range(MAX_DEPTH):
        inner = []
        for place, value in level:
            # A single number beside the weights, such as a loss, makes no state dict.
            if is_module(value) or any(_is_weight(part) for part in _tensors_of(value).values()):
                found[place] = value
            for key, part in value.items() if isinstance(value, dict) else ():
                if isinstance(key, str) and id(part) not in seen:
                    seen.add(id(part))
                    inner.append((f"{place}.{key}" if place else key, part))
        level = inner
    named = {
        place: value for place, value in found.items() if is_module(value) or _has_names(value)
    }
    return named or found


def _is_weight(tensor: Tensor) -> bool:
    return bool(tensor.shape) and tensor.is_float


def _has_names(state: dict[str, Any]) -> bool:
    """Whether some of the tensors are called as those of layers are."""
    return any(ROLE.match(name) for name in _tensors_of(state))


def _chosen(found: dict[str, Any]) -> str:
    """The place of the weights."""
    for place in (*COMMON, ""):
        if place in found:
            return place
    if len(found) > 1:
        raise ConvertError(
            f"holds several sets of weights ({_listed(found)}): save one of them alone"
        )
    return next(iter(found))


def _tensors_of(value: Any, whole: bool = False) -> dict[str, Tensor]:
    """The named tensors of a state dict. As a `whole`, it may have none that cannot be read."""
    if not isinstance(value, dict):
        return {}
    result = {}
    for name, part in value.items():
        if not isinstance(name, str):
            continue
        if isinstance(part, Tensor):
            result[name] = part
        elif whole:
            _refuse_foreign(name, part)
    return result


def _refuse_foreign(name: str, value: Any) -> None:
    """Refuses what would be a tensor, had a function been executed; extra state is none."""
    for part in value if isinstance(value, tuple | list) else (value,):
        if isinstance(part, Foreign) and not name.endswith("_extra_state"):
            why = FOREIGN.get(part.kind)
            raise ConvertError(
                f'the tensor "{name[:100]}" '
                + (
                    why
                    or f"comes from {part.kind[:100]}, which is never executed: save it as a "
                    "plain float32 tensor"
                )
            )


def _refuse_quantised(module: Record) -> None:
    for name, part in walk(module):
        if part.kind.startswith("torch.") and ".quantized." in part.kind:
            raise ConvertError(f'the layer "{name}" ({part.kind[:100]}) is {QUANTISED}')


def unwrapped(named: dict[str, T]) -> dict[str, T]:
    """The tensors without the prefix of a wrapper around the model."""
    for prefix in WRAPPERS:
        inner = [name for name in named if name != COUNTER]
        if inner and all(name.startswith(prefix) for name in inner):
            named = {name[len(prefix) :]: named[name] for name in inner}
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
            (f"{name}.{key}" if name else key, part, depth + 1)
            for key, part in current.state["_modules"].items()
            if isinstance(key, str) and is_module(part)
        ]
        pending += reversed(inner)
    return result


def module_tensors(module: Record) -> dict[str, Tensor]:
    """The state dict of a module."""
    result: dict[str, Tensor] = {}
    count = 0
    for name, current in walk(module):
        for kind in ("_parameters", "_buffers"):
            held = current.state.get(kind)
            if not isinstance(held, dict):
                continue
            count += len(held)
            if count > MAX_TENSORS:
                raise ConvertError(f"has more than {MAX_TENSORS} tensors: the file is damaged")
            start = f"{name}." if name else ""
            named = {start + key: held[key] for key in held if isinstance(key, str)}
            result.update(_tensors_of(named, whole=True))
    return result
