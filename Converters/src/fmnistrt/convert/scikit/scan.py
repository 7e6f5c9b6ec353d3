"""What is in a pickle, found without executing it.

The opcodes run on the stack machine that reads files of PyTorch. Here every call is carried out as
a mere record of it, and the arrays that joblib stores between the opcodes are passed over.
"""

from __future__ import annotations

import contextlib
import io
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..graph import ConvertError
from ..torch.machine import Global, Machine, Record

WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
VERSION = "_sklearn_version"


@dataclass
class Contents:
    """The classes and functions that a pickle names, in order, and scikit-learn's version."""

    names: list[str] = field(default_factory=list)
    version: str = ""


def scan(pickled: bytes) -> Contents:
    """Follows a pickle as far as it can be followed."""
    contents = Contents()
    with contextlib.suppress(ConvertError):
        _Scanner(contents).run(io.BytesIO(pickled))
    contents.names = list(dict.fromkeys(contents.names))
    return contents


class _Scanner(Machine):
    def __init__(self, contents: Contents) -> None:
        super().__init__({}, lambda _: None)
        self._contents = contents

    def run(self, stream: io.BytesIO) -> Any:
        self._stream = stream
        return super().run(stream)

    def _global(self, argument: str) -> None:
        super()._global(argument)
        self._contents.names.append(self._top().name)

    def _stack_global(self, argument: Any) -> None:
        super()._stack_global(argument)
        self._contents.names.append(self._top().name)

    def call(self, function: Any, arguments: Any) -> Any:
        """A record of the call."""
        if not isinstance(function, Global) or not isinstance(arguments, tuple):
            raise ValueError("it calls what is not a function")
        return Record(function.name, arguments)

    def _build(self, argument: Any) -> None:
        super()._build(argument)
        made = self._top()
        if not isinstance(made, Record):
            return
        if made.kind.endswith(WRAPPER):
            self._skip(made.state)
        version = made.state.get(VERSION)
        if isinstance(version, str):
            self._contents.version = version[:40]

    def _skip(self, wrapper: dict[str, Any]) -> None:
        """Passes over an array that follows the pickle of its description."""
        kind = wrapper["dtype"].arguments[0]
        if not isinstance(kind, str):
            raise ValueError("an array has no type")
        if kind.startswith("O"):
            # Its objects are a pickle of their own.
            _Scanner(self._contents).run(self._stream)
            return
        if wrapper.get("numpy_array_alignment_bytes") is not None:
            (padding,) = self._stream.read(1)
            self._stream.seek(padding, io.SEEK_CUR)
        self._stream.seek(math.prod(wrapper["shape"]) * np.dtype(kind).itemsize, io.SEEK_CUR)
