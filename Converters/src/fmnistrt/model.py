"""A model and what it answers, NumPy in and out."""

from __future__ import annotations

import ctypes
import os
import queue
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char_p, c_float, c_uint8, c_uint32, c_void_p
from types import MappingProxyType

import numpy as np

from fmnistrt import _library as c
from fmnistrt.results import Fit, Golden, Info, Result, TensorInfo

_MATCH = np.dtype([("label", np.uint32), ("score", np.float32)])


class _Threads:
    """Threads that share the work of each image of a model's sessions."""

    def __init__(self, count: int) -> None:
        if not 1 <= count <= c.MOST_THREADS:
            raise ValueError(f"threads is {count}, expected 1 to {c.MOST_THREADS}")
        self.executor: c.Executor | None = None
        if count == 1:
            return
        library = c.threads_library()
        pool = library.fmnist_threads_create(count)
        if pool is None:
            raise RuntimeError(f"the system does not start {count} threads")
        body = ctypes.cast(library.fmnist_threads_parallel_for, c_void_p)
        self.executor = c.Executor(context=pool, parts=count, parallel_for=body)

    def destroy(self) -> None:
        """Ends the threads, after the sessions."""
        if self.executor is not None:
            c.threads_library().fmnist_threads_destroy(self.executor.context)


class _Sessions:
    """Sessions that no thread uses at the moment; there are never more than threads at work."""

    def __init__(self, model: c_void_p, flags: int, threads: _Threads) -> None:
        self._model = model
        self._options = c.SessionOptions(flags=flags)
        if threads.executor is not None:
            self._options.executor = ctypes.pointer(threads.executor)
        self._idle: queue.SimpleQueue[int] = queue.SimpleQueue()

    @contextmanager
    def one(self) -> Iterator[int]:
        """A session for the duration of a `with` block."""
        try:
            session = self._idle.get_nowait()
        except queue.Empty:
            pointer = c_void_p()
            c.library().fmnist_session_create(self._model, byref(self._options), byref(pointer))
            session = pointer.value
        try:
            yield session
        finally:
            self._idle.put(session)

    def destroy(self) -> None:
        """Ends the idle sessions; called when nothing refers to the model any more."""
        while True:
            try:
                c.library().fmnist_session_destroy(self._idle.get_nowait())
            except queue.Empty:
                return


def _destroy(model: c_void_p, pools: Sequence[_Sessions | _Threads]) -> None:
    for pool in pools:
        pool.destroy()
    c.library().fmnist_model_destroy(model)


def _floats(array: np.ndarray) -> ctypes._Pointer:
    return array.ctypes.data_as(POINTER(c_float))


def _bytes(array: np.ndarray) -> ctypes._Pointer:
    return array.ctypes.data_as(POINTER(c_uint8))


class Model:
    """A classifier from an .fmg file. Any number of threads may use one at the same time.

    `isa` is the best instruction set to use: "auto", "baseline", "v3", "v4" or "v4-amx". `threads`
    of them, the calling one included, share the work of each image; they change no bit of an
    answer. One call at a time has their help. Errors of the library are raised as FmnistError.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, isa: str = "auto", threads: int = 1
    ) -> None:
        options, pointer = _model_options(isa), c_void_p()
        c.library().fmnist_model_open(os.fsencode(path), byref(options), byref(pointer))
        self._adopt(pointer, threads)

    @classmethod
    def from_bytes(cls, content: bytes, *, isa: str = "auto", threads: int = 1) -> Model:
        """A model from the content of an .fmg file."""
        content = bytes(content)
        options, pointer = _model_options(isa), c_void_p()
        c.library().fmnist_model_open_memory(content, len(content), byref(options), byref(pointer))
        model = cls.__new__(cls)
        model._adopt(pointer, threads)
        return model

    def _adopt(self, pointer: c_void_p, count: int) -> None:
        self._pointer = pointer
        try:
            threads = _Threads(count)
        except Exception:
            c.library().fmnist_model_destroy(pointer)
            raise
        self._plain = _Sessions(pointer, 0, threads)
        self._keeping = _Sessions(pointer, c.KEEP_TENSORS, threads)
        # Runs when the last reference is gone, also at the end of the program.
        self._finalizer = weakref.finalize(
            self, _destroy, pointer, (self._plain, self._keeping, threads)
        )
        library, info = c.library(), c.ModelInfo()
        library.fmnist_model_get_info(pointer, byref(info))
        self._tensors = tuple(self._tensor(i) for i in range(info.tensor_count))
        self._input_shape = self._tensors[0].shape
        self._golden_count = info.golden_count
        same = ("height", "width", "channels", "output_size", "operator_count", "parameter_count")
        cost = ("multiply_adds", "packed_bytes", "arena_bytes", "file_bytes")
        self.info = Info(
            **{name: getattr(info, name) for name in same + cost},
            output_kind=c.OUTPUT_KINDS[info.output_kind],
            isa=next(name for name, number in c.ISA.items() if number == info.isa),
        )
        labels = (library.fmnist_model_label(pointer, i) for i in range(info.label_count))
        self.labels: tuple[str, ...] = tuple(label.decode() for label in labels)
        metadata = {}
        for index in range(info.metadata_count):
            key, value = c_char_p(), c_char_p()
            library.fmnist_model_metadata(pointer, index, byref(key), byref(value))
            metadata[key.value.decode()] = value.value.decode()
        self.metadata: Mapping[str, str] = MappingProxyType(metadata)

    def __repr__(self) -> str:
        shape = "x".join(map(str, self._input_shape))
        name = self.metadata.get("name", "unnamed")
        return f"<fmnistrt.Model {name}: {shape} -> {self.info.output_size}, {self.info.isa}>"

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases the memory now. Not while another thread still uses the model."""
        self._finalizer()

    def _open_pointer(self) -> c_void_p:
        if not self._finalizer.alive:
            raise ValueError("the model is closed")
        return self._pointer

    def classify(self, images: np.ndarray, top_k: int = 3) -> Result:
        """Classifies plain pixels, 0 to 255.

        `images` is uint8 of shape (H, W), (n, H, W) or (n, H, W, C); with C other than 1 also
        (H, W, C). The model's own preparation is applied inside; never apply it yourself.
        """
        self._open_pointer()
        pixels = self._batch(np.asarray(images))
        scores = np.empty((len(pixels), self.info.output_size), np.float32)
        with self._plain.one() as session:
            c.library().fmnist_classify(
                session, _bytes(pixels), pixels.size, len(pixels), _floats(scores), scores.size
            )
        return Result(scores, self._top(scores, top_k))

    def run(self, inputs: np.ndarray) -> np.ndarray:
        """Scores of inputs that are already prepared: floats of the input's shape, or n of them."""
        self._open_pointer()
        values = np.ascontiguousarray(inputs, np.float32)
        single = values.shape == self._input_shape
        if not single and values.shape[1:] != self._input_shape:
            raise ValueError(f"shape {values.shape}, expected (n, *{self._input_shape})")
        count = 1 if single else len(values)
        scores = np.empty((count, self.info.output_size), np.float32)
        with self._plain.one() as session:
            c.library().fmnist_run(
                session, _floats(values), values.size, count, _floats(scores), scores.size
            )
        return scores[0] if single else scores

    def tensors(self) -> tuple[TensorInfo, ...]:
        """The intermediate values in order of computation: the input first, the output last."""
        return self._tensors

    def intermediate(self, image: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
        """The values of named tensors for one image, such as an embedding or a feature map."""
        pointer, library = self._open_pointer(), c.library()
        wanted = {}
        for name in names:
            index = c_uint32()
            library.fmnist_model_find_tensor(pointer, name.encode(), byref(index))
            wanted[name] = index.value
        pixels = self._batch(np.asarray(image))
        if len(pixels) != 1:
            raise ValueError(f"{len(pixels)} images, expected one")
        scores = np.empty(self.info.output_size, np.float32)
        values = {name: np.empty(self._tensors[i].shape, np.float32) for name, i in wanted.items()}
        with self._keeping.one() as session:
            library.fmnist_classify(
                session, _bytes(pixels), pixels.size, 1, _floats(scores), scores.size
            )
            for name, value in values.items():
                library.fmnist_tensor_read(session, wanted[name], _floats(value), value.size)
        return values

    def golden(self) -> list[Golden]:
        """The inputs that the model carries, with the answers that they must give."""
        pointer, vectors = self._open_pointer(), []
        for index in range(self._golden_count):
            pixels, scores, tolerance = POINTER(c_uint8)(), POINTER(c_float)(), c_float()
            c.library().fmnist_model_golden(
                pointer, index, byref(pixels), byref(scores), byref(tolerance)
            )
            # Copies, which may outlive the model.
            vectors.append(
                Golden(
                    np.ctypeslib.as_array(pixels, self._input_shape).copy(),
                    np.ctypeslib.as_array(scores, (self.info.output_size,)).copy(),
                    tolerance.value,
                )
            )
        return vectors

    def fit(self, picture: np.ndarray, mode: str = "auto") -> Fit:
        """Makes a picture of any size fit the model's input.

        `picture` is uint8 of shape (H, W) or (H, W, C): 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA.
        `mode` is "raw", "photo" or "auto"; docs/pictures.md says what they do.
        """
        pointer, library = self._open_pointer(), c.library()
        if mode not in c.FIT_MODES:
            raise ValueError(f"mode {mode!r}, expected one of {', '.join(c.FIT_MODES)}")
        rows = _uint8(np.asarray(picture))
        if rows.ndim not in (2, 3):
            raise ValueError(f"shape {rows.shape}, expected (H, W) or (H, W, C)")
        height, width = rows.shape[:2]
        channels = rows.shape[2] if rows.ndim == 3 else 1
        pixels = np.empty(self._input_shape, np.uint8)
        scratch = np.empty(max(library.fmnist_fit_scratch_bytes(width, height), 1), np.uint8)
        report = c.FitReport()
        library.fmnist_fit(
            pointer,
            _bytes(rows),
            rows.size,
            width,
            height,
            channels,
            width * channels,
            c.FIT_MODES[mode],
            scratch.ctypes.data,
            scratch.size,
            _bytes(pixels),
            pixels.size,
            byref(report),
        )
        return Fit(
            pixels[..., 0] if self.info.channels == 1 else pixels,
            next(name for name, number in c.FIT_MODES.items() if number == report.mode),
            bool(report.inverted),
            tuple(text for bit, text in c.FIT_WARNINGS.items() if report.warnings & bit),
            (report.left, report.top, report.width, report.height),
        )

    def _tensor(self, index: int) -> TensorInfo:
        info = c.TensorInfo()
        c.library().fmnist_model_tensor(self._pointer, index, byref(info))
        shape = tuple(info.shape[: info.rank])
        return TensorInfo(
            info.name.decode(), info.operator_name.decode(), shape, info.multiply_adds
        )

    def _batch(self, images: np.ndarray) -> np.ndarray:
        """Images as a contiguous (n, H, W, C)."""
        size, pixels = self._input_shape, _uint8(images)
        plane = size[:-1] if self.info.channels == 1 else size
        for one in (size, plane):
            if pixels.shape == one or pixels.shape[1:] == one:
                return pixels.reshape(-1, *size)
        wanted = ", ".join(map(str, plane))
        raise ValueError(f"images of shape {pixels.shape}, expected ({wanted}) or (n, {wanted})")

    def _top(self, scores: np.ndarray, top_k: int) -> list[list[tuple[str | int, float]]]:
        if top_k < 0:
            raise ValueError(f"top_k {top_k} is negative")
        count = min(top_k, self.info.output_size)
        matches = np.empty(count, _MATCH)
        answer = []
        for row in scores:
            c.library().fmnist_top(
                _floats(row), row.size, matches.ctypes.data_as(POINTER(c.Match)), count
            )
            answer.append([(self._label(label), score) for label, score in matches.tolist()])
        return answer

    def _label(self, number: int) -> str | int:
        return self.labels[number] if self.labels else number


def _model_options(isa: str) -> c.ModelOptions:
    if isa not in c.ISA:
        raise ValueError(f"isa {isa!r}, expected one of {', '.join(c.ISA)}")
    return c.ModelOptions(isa=c.ISA[isa])


def _uint8(array: np.ndarray) -> np.ndarray:
    """The array itself, contiguous. Other types are refused: 0 to 1 or 0 to 255 is a guess."""
    if array.dtype != np.uint8:
        raise TypeError(f"pixels of type {array.dtype}, expected uint8 (0 to 255)")
    return np.ascontiguousarray(array)
