"""Finds libfmnistrt, and declares include/fmnistrt.h to ctypes."""

from __future__ import annotations

import ctypes
import functools
import os
from ctypes import (
    POINTER,
    c_char_p,
    c_float,
    c_int,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from pathlib import Path

NAME = "libfmnistrt.so.0"
THREADS_NAME = "libfmnistrt-threads.so.0"
MOST_THREADS = 64
ABI_VERSION = 1

ISA = {"auto": 0, "baseline": 1, "v3": 2, "v4": 3, "v4-amx": 4}
OUTPUT_KINDS = ("scores", "probabilities", "logits")
FIT_MODES = {"auto": 0, "raw": 1, "photo": 2}
FIT_WARNINGS = {1: "low contrast", 2: "busy background", 4: "small"}
KEEP_TENSORS = 1


class FmnistError(Exception):
    """What the library refused: `status`, such as "FMNIST_ERROR_FORMAT", and `message`."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} ({self.status})"


class _Struct(ctypes.Structure):
    """A struct of the header that starts with its own size, which is set here."""

    def __init__(self, *args: object, **fields: object) -> None:
        super().__init__(*args, **fields)
        self.struct_size = ctypes.sizeof(self)


class ModelOptions(_Struct):
    """fmnist_model_options."""

    _fields_ = (("struct_size", c_size_t), ("isa", c_uint32), ("flags", c_uint32))


class Executor(_Struct):
    """fmnist_executor."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("context", c_void_p),
        ("parts", c_uint32),
        ("reserved", c_uint32),
        ("parallel_for", c_void_p),
    )


class SessionOptions(_Struct):
    """fmnist_session_options."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("flags", c_uint32),
        ("batch", c_uint32),
        ("executor", POINTER(Executor)),
    )


class Match(ctypes.Structure):
    """fmnist_match."""

    _fields_ = (("label", c_uint32), ("score", c_float))


class ModelInfo(_Struct):
    """fmnist_model_info."""

    _fields_ = (
        ("struct_size", c_size_t),
        *(
            (name, c_uint32)
            for name in (
                "height",
                "width",
                "channels",
                "output_size",
                "output_kind",
                "label_count",
                "tensor_count",
                "operator_count",
                "metadata_count",
                "golden_count",
                "isa",
                "reserved",
            )
        ),
        *(
            (name, c_uint64)
            for name in (
                "parameter_count",
                "multiply_adds",
                "packed_bytes",
                "arena_bytes",
                "file_bytes",
            )
        ),
    )


class TensorInfo(_Struct):
    """fmnist_tensor_info."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("name", c_char_p),
        ("operator_name", c_char_p),
        ("rank", c_uint32),
        ("shape", c_uint32 * 4),
        ("reserved", c_uint32),
        ("element_count", c_uint64),
        ("multiply_adds", c_uint64),
    )


class FitReport(_Struct):
    """fmnist_fit_report."""

    _fields_ = (
        ("struct_size", c_size_t),
        *(
            (name, c_uint32)
            for name in (
                "mode",
                "inverted",
                "warnings",
                "reserved",
                "left",
                "top",
                "width",
                "height",
            )
        ),
    )


_floats = POINTER(c_float)
_bytes = POINTER(c_uint8)
_pointer = POINTER(c_void_p)

# Result and arguments of every function; those that give a status come with a check of it.
_plain = {
    "version": (c_char_p, ()),
    "abi_version": (c_uint32, ()),
    "status_name": (c_char_p, (c_int,)),
    "last_error": (c_char_p, ()),
    "model_destroy": (None, (c_void_p,)),
    "session_destroy": (None, (c_void_p,)),
    "model_label": (c_char_p, (c_void_p, c_uint32)),
    "model_metadata_value": (c_char_p, (c_void_p, c_char_p)),
    "fit_scratch_bytes": (c_size_t, (c_uint32, c_uint32)),
}
_checked = {
    "model_open": (c_char_p, POINTER(ModelOptions), _pointer),
    "model_open_memory": (c_char_p, c_size_t, POINTER(ModelOptions), _pointer),
    "session_create": (c_void_p, POINTER(SessionOptions), _pointer),
    "classify": (c_void_p, _bytes, c_size_t, c_size_t, _floats, c_size_t),
    "run": (c_void_p, _floats, c_size_t, c_size_t, _floats, c_size_t),
    "top": (_floats, c_size_t, POINTER(Match), c_size_t),
    "model_get_info": (c_void_p, POINTER(ModelInfo)),
    "model_metadata": (c_void_p, c_uint32, POINTER(c_char_p), POINTER(c_char_p)),
    "model_tensor": (c_void_p, c_uint32, POINTER(TensorInfo)),
    "model_find_tensor": (c_void_p, c_char_p, POINTER(c_uint32)),
    "tensor_read": (c_void_p, c_uint32, _floats, c_size_t),
    "model_golden": (c_void_p, c_uint32, POINTER(_bytes), POINTER(_floats), _floats),
    "fit": (
        c_void_p,
        _bytes,
        c_size_t,
        c_uint32,
        c_uint32,
        c_uint32,
        c_size_t,
        c_uint32,
        c_void_p,
        c_size_t,
        _bytes,
        c_size_t,
        POINTER(FitReport),
    ),
}


def _open(name: str) -> ctypes.CDLL:
    """Loads a library from the first place that has it."""
    chosen = os.environ.get("FMNISTRT_LIBRARY")
    if chosen and name == NAME:
        return ctypes.CDLL(chosen)
    package = Path(__file__).resolve().parent
    places = [Path(chosen).with_name(name)] if chosen else [package / name]
    # In a checkout: Converters/src/fmnistrt beside build/lib.
    if (package.parents[2] / "include" / "fmnistrt.h").exists():
        places.append(package.parents[2] / "build" / "lib" / name)
    for place in places:
        if place.exists():
            return ctypes.CDLL(str(place))
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        looked = ", ".join(str(place) for place in places)
        raise ImportError(
            f"{name} is not in {looked} or on the system: build it with `make lib`, "
            "or name the folder's libfmnistrt.so.0 in FMNISTRT_LIBRARY"
        ) from error


@functools.cache
def library() -> ctypes.CDLL:
    """The library, loaded on first use, every function declared."""
    loaded = _open(NAME)
    for name, (result, arguments) in _plain.items():
        function = getattr(loaded, f"fmnist_{name}")
        function.restype, function.argtypes = result, arguments
    found = loaded.fmnist_abi_version()
    if found != ABI_VERSION:
        raise ImportError(f"{loaded._name}: ABI version {found}, {ABI_VERSION} is needed")

    def check(status: int, _function: object, _arguments: object) -> None:
        if status != 0:
            name = loaded.fmnist_status_name(status).decode()
            raise FmnistError(name, loaded.fmnist_last_error().decode(errors="replace"))

    for name, arguments in _checked.items():
        function = getattr(loaded, f"fmnist_{name}")
        function.restype, function.argtypes, function.errcheck = c_int, arguments, check
    return loaded


@functools.cache
def threads_library() -> ctypes.CDLL:
    """libfmnistrt-threads, loaded when a model first uses several threads."""
    loaded = _open(THREADS_NAME)
    loaded.fmnist_threads_create.restype = c_void_p
    loaded.fmnist_threads_create.argtypes = (c_uint32,)
    loaded.fmnist_threads_destroy.restype = None
    loaded.fmnist_threads_destroy.argtypes = (c_void_p,)
    return loaded
