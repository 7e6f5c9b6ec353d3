"""The original model's own answer, by onnxruntime."""

from __future__ import annotations

import numpy as np
import onnxruntime

from ..graph import ConvertError

OPEN_BATCH = 64


class _RunError(ConvertError):
    """onnxruntime's own refusal."""


class Evaluator:
    """Runs an ONNX model on channels-last inputs; the session is opened on first use.

    `axes` orders the axes of a prepared image as the model's input wants them, and `shape` is the
    shape of that input, batch included. `batch` is None where the file leaves it open.
    """

    def __init__(
        self,
        content: bytes,
        axes: tuple[int, ...],
        shape: tuple[int, ...],
        batch: int | None,
    ) -> None:
        self._content = content
        self._axes = axes
        self._shape = shape
        self._batch = batch
        self._session: onnxruntime.InferenceSession | None = None

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """float32 (n, height, width, channels) to float32 (n, classes)."""
        session, inputs = self._open(), self._inputs(images)
        if self._batch is None:
            try:
                return self._run(session, inputs, OPEN_BATCH)
            except ConvertError:
                # Some exports name an open batch, yet work for single images only.
                return self._run(session, inputs, 1)
        return self._run(session, inputs, self._batch, pad=True)

    def of_each_alone(self, images: np.ndarray) -> np.ndarray | None:
        """The answers to single images; None if those of a batch of them are others."""
        session, inputs = self._open(), self._inputs(images)
        try:
            together = self._run(session, inputs, len(images))
        except _RunError:
            return self._run(session, inputs, 1)
        alone = self._run(session, inputs, 1, any_shape=True)
        size = max(1.0, float(np.abs(alone).max()))
        same = together.shape == alone.shape and np.abs(together - alone).max() <= 1e-4 * size
        return alone if same else None

    def _inputs(self, images: np.ndarray) -> np.ndarray:
        session = self._open()
        entry = session.get_inputs()[0]
        kind = np.float64 if "double" in entry.type else np.float32
        order = (0, *(axis + 1 for axis in self._axes))
        inputs = np.ascontiguousarray(np.transpose(images, order), dtype=kind)
        return inputs.reshape(len(images), *self._shape[1:])

    def _run(
        self,
        session: onnxruntime.InferenceSession,
        inputs: np.ndarray,
        batch: int,
        pad: bool = False,
        any_shape: bool = False,
    ) -> np.ndarray:
        any_shape |= self._batch == 1
        results = []
        name = session.get_inputs()[0].name
        for start in range(0, len(inputs), batch):
            chunk = inputs[start : start + batch]
            count = len(chunk)
            if pad and count < batch:
                chunk = np.concatenate([chunk, np.repeat(chunk[-1:], batch - count, axis=0)])
            try:
                (result,) = session.run(None, {name: chunk})
            except Exception as error:  # onnxruntime's exceptions share no other base class.
                raise self._failed(error) from error
            if not any_shape and result.shape[:1] != (len(chunk),):
                raise ConvertError(
                    f"the model answers {len(chunk)} images with the shape {result.shape}; export "
                    "it again"
                )
            results.append(np.reshape(result, (len(chunk), -1))[:count])
        return np.concatenate(results).astype(np.float32)

    def _open(self) -> onnxruntime.InferenceSession:
        if self._session is None:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.inter_op_num_threads = 1
            options.log_severity_level = 4
            try:
                self._session = onnxruntime.InferenceSession(
                    self._content, options, providers=["CPUExecutionProvider"]
                )
            except Exception as error:  # As above.
                raise self._failed(error) from error
        return self._session

    def _failed(self, error: Exception) -> _RunError:
        reason = " ".join(str(error).split())[:200]
        return _RunError(
            f"onnxruntime cannot run the model ({reason}); export it again or run "
            "pip install --upgrade onnxruntime"
        )
