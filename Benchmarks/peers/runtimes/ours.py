"""fmnistrt."""

from __future__ import annotations

from ctypes import CFUNCTYPE, byref, c_int, c_size_t, c_void_p
from functools import partial
from pathlib import Path

import numpy as np

from ..settings import Setting
from .protocol import existing


class Ours:
    """The C function through ctypes, with the same buffers every time.

    Several threads share an image through the Python module's executor, libfmnistrt-threads.
    """

    def __init__(self, folder: Path, setting: Setting) -> None:
        from fmnistrt import Model, _library

        library = _library.library()
        path = existing(folder / setting.file(".fmg"))
        self._model = Model(path, threads=setting.threads)
        self.version = library.fmnist_version().decode()
        self.instructions = self._model.info.isa
        self._input = np.zeros((setting.batch, *self._model.tensors()[0].shape), np.float32)
        self._output = np.zeros((setting.batch, self._model.info.output_size), np.float32)
        # Those of the module's own sessions: they hold the executor.
        session, options = c_void_p(), self._model._plain._options
        library.fmnist_session_create(self._model._pointer, byref(options), byref(session))
        # Declared anew: with the module's check of each status, ctypes takes twice as long.
        address, size = c_void_p, c_size_t
        kind = CFUNCTYPE(c_int, address, address, size, size, address, size)
        arguments = (
            session,
            c_void_p(self._input.ctypes.data),
            c_size_t(self._input.size),
            c_size_t(setting.batch),
            c_void_p(self._output.ctypes.data),
            c_size_t(self._output.size),
        )
        self.call = partial(kind(("fmnist_run", library)), *arguments)
        if status := self.call():
            raise RuntimeError(library.fmnist_status_name(status).decode())

    def place(self, images: np.ndarray) -> None:
        self._input[...] = images

    def scores(self) -> np.ndarray:
        return self._output.copy()
