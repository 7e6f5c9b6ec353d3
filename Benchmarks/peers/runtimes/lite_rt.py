"""LiteRT, the former TensorFlow Lite."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..settings import Setting
from .protocol import existing


class LiteRT:
    """With XNNPACK, which it uses by itself."""

    def __init__(self, folder: Path, setting: Setting) -> None:
        from importlib.metadata import version

        from ai_edge_litert.interpreter import Interpreter

        self.version, self.instructions = version("ai-edge-litert"), ""
        path = existing(folder / setting.file(".tflite"))
        interpreter = Interpreter(str(path), num_threads=setting.threads)
        (image,) = interpreter.get_input_details()
        self._input = image["index"]
        interpreter.resize_tensor_input(self._input, [setting.batch, *image["shape"][1:]])
        interpreter.allocate_tensors()
        (self._output,) = (entry["index"] for entry in interpreter.get_output_details())
        self._interpreter = interpreter
        self.call = interpreter.invoke

    def place(self, images: np.ndarray) -> None:
        self._interpreter.set_tensor(self._input, images)

    def scores(self) -> np.ndarray:
        return self._interpreter.get_tensor(self._output)
