"""Reads pickles without executing them.

A pickle is a program for a stack machine (Python's Lib/pickletools.py describes every opcode). The
opcodes are decoded by pickletools and carried out here on plain values only: a class becomes a
`Global`, an object of it a `Record` with its state. The few functions that the caller allows have
an equivalent here; what any other would give is a `Foreign`, which can stand beside the weights,
but never for one. Nothing is imported, and what a pickle claims costs no more memory than the file
has bytes.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..graph import ConvertError

MAX_STEPS = 4_000_000

DAMAGED = "the pickle in this file is damaged"


@dataclass(frozen=True)
class Global:
    """The name of a class or function, never the thing itself."""

    name: str


@dataclass(eq=False)
class Record:
    """An object: the name of its class, what it was made of, and its attributes."""

    kind: str
    arguments: tuple[Any, ...] = ()
    state: dict[str, Any] = field(default_factory=dict)


class Foreign(Record):
    """What a function that is not executed would have given; `kind` is its name."""


class _Mark:
    pass


MARK = _Mark()
Call = Callable[[tuple[Any, ...]], Any]


class Machine:
    """The stack machine. `calls` maps the names of allowed functions to what they give.

    `foreign` has the names of the others that a pickle wanted to call.
    """

    def __init__(self, calls: dict[str, Call], persistent: Callable[[Any], Any]) -> None:
        self._calls = calls
        self._persistent = persistent
        self.foreign: dict[str, None] = {}

    def allow(self, name: str, call: Call) -> None:
        """Allows one more function."""
        self._calls = {**self._calls, name: call}

    def run(self, stream: io.BytesIO) -> Any:
        """The value of the pickle at the stream's place, which moves behind it."""
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._steps = 0
        try:
            for opcode, argument, _ in pickletools.genops(stream):
                self._spend(1)
                if opcode.name == "STOP":
                    return self._pop()
                self._step(opcode.name, argument)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
            reason = " ".join(str(error).split())[:100]
            raise ConvertError(f"{DAMAGED} ({reason}): copy it again from its origin") from None
        raise ConvertError(f"{DAMAGED} (it does not end): copy it again from its origin")

    def _spend(self, steps: int) -> None:
        """Counts the work: what stands once in a file may be copied often."""
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise ConvertError(f"the pickle in this file has more than {MAX_STEPS} steps")

    def _step(self, name: str, argument: Any) -> None:
        if name in _IGNORED:
            return
        if name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name])
        elif name in _LITERALS:
            self._stack.append(argument)
        elif name in _EMPTY:
            self._stack.append(_EMPTY[name]())
        elif name == "POP":
            self._stack.pop()
        else:
            handler = getattr(self, f"_{name.lower()}", None)
            if handler is None:
                raise ValueError(f"it uses the opcode {name}")
            handler(argument)

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is MARK:
            raise ValueError("a mark stands in the wrong place")
        return value

    def _top(self) -> Any:
        if self._stack[-1] is MARK:
            raise ValueError("a mark stands in the wrong place")
        return self._stack[-1]

    def _marked(self) -> list[Any]:
        """What stands above the last mark, taken off the stack with it."""
        at = len(self._stack) - 1
        while self._stack[at] is not MARK:
            at -= 1
            if at < 0:
                raise ValueError("a mark is missing")
        values = self._stack[at + 1 :]
        del self._stack[at:]
        return values

    def _mark(self, _: Any) -> None:
        self._stack.append(MARK)

    def _pop_mark(self, _: Any) -> None:
        self._marked()

    def _dup(self, _: Any) -> None:
        self._stack.append(self._top())

    def _memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._top()

    def _put(self, index: int) -> None:
        self._memo[index] = self._top()

    _binput = _long_binput = _put

    def _get(self, index: int) -> None:
        self._stack.append(self._memo[index])

    _binget = _long_binget = _get

    def _tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._marked()))

    _frozenset = _tuple

    def _last(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self._stack.append(tuple(reversed(values)))

    def _tuple1(self, _: Any) -> None:
        self._last(1)

    def _tuple2(self, _: Any) -> None:
        self._last(2)

    def _tuple3(self, _: Any) -> None:
        self._last(3)

    def _list(self, _: Any) -> None:
        self._stack.append(self._marked())

    def _dict(self, _: Any) -> None:
        values = self._marked()
        self._stack.append({})
        self._set_items(values)

    def _append(self, _: Any) -> None:
        value = self._pop()
        self._extend([value])

    def _appends(self, _: Any) -> None:
        self._extend(self._marked())

    _additems = _appends

    def _extend(self, values: list[Any]) -> None:
        target = self._top()
        if isinstance(target, list):
            target.extend(values)
        elif not isinstance(target, Record):
            raise ValueError("it appends to what is not a list")

    def _setitem(self, _: Any) -> None:
        value, key = self._pop(), self._pop()
        self._set_items([key, value])

    def _setitems(self, _: Any) -> None:
        self._set_items(self._marked())

    def _set_items(self, values: list[Any]) -> None:
        target = self._top()
        items = target.state if isinstance(target, Record) else target
        if not isinstance(items, dict) or len(values) % 2:
            raise ValueError("it sets items of what is not a dictionary")
        items.update(pairs(zip(values[::2], values[1::2], strict=True)))

    def _global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._stack.append(Global(f"{module}.{name}"))

    def _stack_global(self, _: Any) -> None:
        name, module = self._pop(), self._pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise ValueError("it names a class by something other than text")
        self._stack.append(Global(f"{module}.{name}"))

    def _reduce(self, _: Any) -> None:
        arguments, function = self._pop(), self._pop()
        self._stack.append(self.call(function, arguments))

    def call(self, function: Any, arguments: Any) -> Any:
        """What an allowed function gives; of any other only its name is known."""
        if not isinstance(function, Global) or not isinstance(arguments, tuple):
            raise ValueError("it calls what is not a function")
        if function.name not in self._calls:
            self.foreign[function.name] = None
            return Foreign(function.name, arguments)
        self._spend(sum(len(part) for part in arguments if isinstance(part, list | tuple | dict)))
        return self._calls[function.name](arguments)

    def _newobj(self, _: Any) -> None:
        arguments, kind = self._pop(), self._pop()
        self._stack.append(_record(kind, arguments))

    def _newobj_ex(self, _: Any) -> None:
        self._pop()
        self._newobj(None)

    def _inst(self, argument: str) -> None:
        arguments = tuple(self._marked())
        self._global(argument)
        self._stack.append(_record(self._pop(), arguments))

    def _obj(self, _: Any) -> None:
        kind, *arguments = self._marked()
        self._stack.append(_record(kind, tuple(arguments)))

    def _build(self, _: Any) -> None:
        state, target = self._pop(), self._top()
        if not isinstance(target, Record):
            return
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, dict):
                self._spend(len(part))
                target.state.update(part)

    def _persid(self, argument: Any) -> None:
        self._stack.append(self._persistent(argument))

    def _binpersid(self, _: Any) -> None:
        self._persid(self._pop())


def pairs(items: Any) -> dict[Any, Any]:
    """A dictionary; keys other than numbers and texts keep their place, but cannot be looked up."""
    plain = (str, bytes, int, float, type(None))
    return {key if isinstance(key, plain) else object(): value for key, value in items}


def _record(kind: Any, arguments: Any) -> Record:
    if not isinstance(kind, Global) or not isinstance(arguments, tuple):
        raise ValueError("it makes an object of what is not a class")
    return Record(kind.name, arguments)


_IGNORED = {"PROTO", "FRAME", "READONLY_BUFFER"}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_LITERAL_NAMES = """
BININT BININT1 BININT2 BINFLOAT BINSTRING BINUNICODE BINUNICODE8 BINBYTES BINBYTES8 BYTEARRAY8 FLOAT
INT LONG LONG1 LONG4 SHORT_BINBYTES SHORT_BINSTRING SHORT_BINUNICODE STRING UNICODE
"""
_LITERALS = frozenset(_LITERAL_NAMES.split())
_EMPTY: dict[str, Callable[[], Any]] = {
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": list,
}
