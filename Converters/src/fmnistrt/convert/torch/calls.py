"""What the globals of PyTorch's pickles stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph import ConvertError
from .machine import Call, Global, Machine, Record, pairs
from .tensors import DTYPES, Storage, Tensor, make_tensor

Read = Callable[[], tuple[bytes, str]]
"""Gives the bytes of a storage and their order, `<` or `>`."""
Find = Callable[[str, str], Read]
"""The access to the storage with a key, of a kind such as Float."""


def _tensor(arguments: tuple[Any, ...]) -> Tensor:
    """_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks, ...)."""
    return make_tensor(*arguments[:4])


def _first(arguments: tuple[Any, ...]) -> Any:
    return arguments[0]


def _dictionary(arguments: tuple[Any, ...]) -> dict[Any, Any]:
    """OrderedDict(), or with a list of pairs."""
    return pairs(arguments[0]) if arguments else {}


def _plain(name: str) -> Call:
    return lambda arguments: Record(name, arguments)


def _reconstructed(arguments: tuple[Any, ...]) -> Record:
    """copyreg._reconstructor(class, base, state), how protocols 0 and 1 make an object."""
    kind = arguments[0]
    if not isinstance(kind, Global):
        raise ValueError("it makes an object of what is not a class")
    return Record(kind.name)


_VALUES = """
_codecs.encode builtins.bytearray builtins.complex builtins.frozenset builtins.set builtins.slice
builtins.range datetime.date datetime.datetime datetime.timedelta decimal.Decimal
numpy.core.multiarray._reconstruct numpy.core.multiarray.scalar numpy.dtype
numpy._core.multiarray._reconstruct numpy._core.multiarray.scalar
pathlib.Path pathlib.PosixPath pathlib.PurePosixPath pathlib.WindowsPath pathlib.PureWindowsPath
torch.device torch.serialization._get_layout uuid.UUID
"""
"""Values that stand beside the weights: settings, dates, scores. They stay as they are."""

CALLS: dict[str, Call] = {
    **{name: _plain(name) for name in _VALUES.split()},
    **{name.replace("builtins", "__builtin__"): _plain(name) for name in _VALUES.split()},
    "collections.OrderedDict": _dictionary,
    "collections.defaultdict": lambda arguments: {},
    "copy_reg._reconstructor": _reconstructed,
    "copyreg._reconstructor": _reconstructed,
    "torch._dynamo.eval_frame.OptimizedModule": _first,
    "torch.Size": lambda arguments: tuple(arguments[0]),
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch.nn.parameter.Parameter": _first,
}


def machine(find: Find) -> Machine:
    """A machine for PyTorch's pickles; `find` gives the access to storages."""
    result = Machine(CALLS, lambda value: _persistent(value, find))

    def rebuilt(arguments: tuple[Any, ...]) -> Any:
        """_rebuild_from_type_v2(function, class, arguments, state)."""
        function, _, inner = arguments[:3]
        if function == Global("torch._tensor._rebuild_from_type_v2"):
            raise ValueError("it makes a tensor of a class within a class")
        return result.call(function, inner)

    result.allow("torch._tensor._rebuild_from_type_v2", rebuilt)
    return result


def _persistent(value: Any, find: Find) -> Any:
    """A storage, or the class of a module, which old files keep with its source code."""
    match value:
        case ("module", Global() as kind, *_):
            return kind
        case ("storage", Global(name), str() as key, str(), int() as count, *view):
            pass
        case _:
            raise ValueError("it names a storage in an unknown way")
    if not name.startswith("torch.") or not name.endswith("Storage"):
        raise ConvertError(f"the file is damaged: it has a storage of the class {name[:100]}")
    kind = name.rpartition(".")[2].removesuffix("Storage")
    start = 0
    if view and isinstance(view[0], tuple) and len(view[0]) == 3:
        _, start, count = view[0]
    if min(start, count) < 0:
        raise ValueError("it has a storage of negative size")
    return Storage(kind, DTYPES.get(kind, ""), count, find(key, kind), start)
