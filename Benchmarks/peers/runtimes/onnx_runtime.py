"""ONNX Runtime."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from ..settings import ONNX_BATCH, Setting
from .protocol import channels_first, existing


class OnnxRuntime:
    """With input and output bound to buffers, and the batch fixed before it plans."""

    def __init__(self, folder: Path, setting: Setting) -> None:
        import onnxruntime

        self.version, self.instructions = onnxruntime.__version__, ""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = setting.threads, 1
        options.add_free_dimension_override_by_name(ONNX_BATCH, setting.batch)
        path, providers = existing(folder / setting.file(".onnx")), ["CPUExecutionProvider"]
        session = onnxruntime.InferenceSession(path, options, providers)
        value = onnxruntime.OrtValue.ortvalue_from_numpy
        (image,), (classes,) = session.get_inputs(), session.get_outputs()
        self._input = value(np.zeros((setting.batch, *image.shape[1:]), np.float32))
        self._output = value(np.zeros((setting.batch, *classes.shape[1:]), np.float32))
        binding = session.io_binding()
        binding.bind_ortvalue_input(image.name, self._input)
        binding.bind_ortvalue_output(classes.name, self._output)
        self.call = partial(session.run_with_iobinding, binding)

    def place(self, images: np.ndarray) -> None:
        self._input.update_inplace(channels_first(images))

    def scores(self) -> np.ndarray:
        return self._output.numpy().copy()
