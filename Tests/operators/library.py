"""The C functions that the operator tests call, through ctypes."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "lib" / "libfmnistrt.so"
ISA_NAMES = {1: "baseline", 2: "v3", 3: "v4", 4: "v4-amx"}
KEEP_TENSORS = 1

SIZE, WORD, POINTER = ctypes.c_size_t, ctypes.c_uint32, ctypes.c_void_p


class _Options(ctypes.Structure):
    """fmnist_model_options and fmnist_session_options, which have the same layout."""

    _fields_ = (("struct_size", SIZE), ("first", WORD), ("second", WORD))


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(os.environ.get("FMNISTRT_LIBRARY", str(BUILT)))
    library.fmnist_last_error.restype = ctypes.c_char_p
    library.fmnist_model_open_memory.argtypes = [ctypes.c_char_p, SIZE, POINTER, POINTER]
    library.fmnist_model_destroy.argtypes = [POINTER]
    library.fmnist_session_create.argtypes = [POINTER, POINTER, POINTER]
    library.fmnist_session_destroy.argtypes = [POINTER]
    library.fmnist_run.argtypes = [POINTER, POINTER, SIZE, SIZE, POINTER, SIZE]
    library.fmnist_classify.argtypes = [POINTER, POINTER, SIZE, SIZE, POINTER, SIZE]
    library.fmnist_tensor_read.argtypes = [POINTER, WORD, POINTER, SIZE]
    return library


LIBRARY = _load()


class LibraryError(Exception):
    """A call failed; holds the library's words."""


def _check(status: int) -> None:
    if status != 0:
        raise LibraryError(f"{status}: {LIBRARY.fmnist_last_error().decode()}")


class Session:
    """A model opened from bytes, with one session."""

    def __init__(self, content: bytes, isa: int, keep: bool):
        self.model, self.session = POINTER(), POINTER()
        options = _Options(ctypes.sizeof(_Options), isa, 0)
        _check(
            LIBRARY.fmnist_model_open_memory(
                content, len(content), ctypes.byref(options), ctypes.byref(self.model)
            )
        )
        options = _Options(ctypes.sizeof(_Options), KEEP_TENSORS if keep else 0, 0)
        _check(
            LIBRARY.fmnist_session_create(
                self.model, ctypes.byref(options), ctypes.byref(self.session)
            )
        )

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        LIBRARY.fmnist_session_destroy(self.session)
        LIBRARY.fmnist_model_destroy(self.model)

    def run(self, inputs: np.ndarray, outputs: int) -> np.ndarray:
        """Answers to `inputs` (n, ...): pixels when they are bytes, else prepared floats."""
        function = LIBRARY.fmnist_run
        if inputs.dtype == np.uint8:
            function = LIBRARY.fmnist_classify
        inputs = np.ascontiguousarray(inputs)
        result = np.full((len(inputs), outputs), np.nan, np.float32)
        _check(
            function(
                self.session,
                inputs.ctypes.data,
                inputs.size,
                len(inputs),
                result.ctypes.data,
                result.size,
            )
        )
        return result

    def tensor(self, index: int, shape: tuple[int, ...]) -> np.ndarray:
        """The value of an intermediate tensor for the last image."""
        result = np.full(shape, np.nan, np.float32)
        _check(LIBRARY.fmnist_tensor_read(self.session, index, result.ctypes.data, result.size))
        return result


def instruction_sets() -> list[int]:
    """Those that this CPU and FMNISTRT_ISA allow, by number."""
    LIBRARY.fmnist_model_open_memory(b"", 0, None, ctypes.byref(POINTER()))
    found = []
    for isa in ISA_NAMES:
        options = _Options(ctypes.sizeof(_Options), isa, 0)
        model = POINTER()
        status = LIBRARY.fmnist_model_open_memory(
            b"", 0, ctypes.byref(options), ctypes.byref(model)
        )
        unsupported = 4
        if status != unsupported:
            found.append(isa)
    return found
