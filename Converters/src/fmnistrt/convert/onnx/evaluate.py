"""The original model's own answer, by onnxruntime."""

from __future__ import annotations

import numpy as np
import onnxruntime

from ..graph import ConvertError

OPEN_BATCH = 64


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
        session = self._open()
        entry = session.get_inputs()[0]
        kind = np.float64 if "double" in entry.type else np.float32
        order = (0, *(axis + 1 for axis in self._axes))
        inputs = np.ascontiguousarray(np.transpose(images, order), dtype=kind)
        inputs = inputs.reshape(len(images), *self._shape[1:])
        if self._batch is None:
            try:
                return self._run(session, inputs, OPEN_BATCH, pad=False)
            except ConvertError:
                # Some exports name an open batch, yet work for single images only.
                return self._run(session, inputs, 1, pad=False)
        return self._run(session, inputs, self._batch, pad=True)

    def _run(
        self, session: onnxruntime.InferenceSession, inputs: np.ndarray, batch: int, pad: bool
    ) -> np.ndarray:
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
            if result.ndim == 0 or result.shape[0] != len(chunk):
                raise self._failed(
                    ValueError(f"it answers {len(chunk)} images with {result.shape}")
                )
            results.append(result.reshape(len(chunk), -1)[:count])
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

    def _failed(self, error: Exception) -> ConvertError:
        reason = " ".join(str(error).split())[:200]
        return ConvertError(
            f"onnxruntime cannot run the model ({reason}); export it again or run "
            "pip install --upgrade onnxruntime"
        )
