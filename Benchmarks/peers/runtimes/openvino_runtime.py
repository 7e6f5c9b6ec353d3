"""OpenVINO."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np

from ..settings import Setting
from .protocol import channels_first, existing


class OpenVino:
    """With input and output tensors set once; int8 models come from its own quantiser, NNCF."""

    INT8 = ".xml"

    def __init__(self, folder: Path, setting: Setting) -> None:
        import openvino

        self.version = openvino.__version__.partition("-")[0]
        settings = {
            "INFERENCE_NUM_THREADS": setting.threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY" if setting.batch == 1 else "THROUGHPUT",
            # Two of them in one process would be pinned to the same core.
            "ENABLE_CPU_PINNING": False,
        }
        if setting.type == "float":
            # Its choice is bfloat16 where the CPU has units for it.
            settings["INFERENCE_PRECISION_HINT"] = "f32"
        path = existing(folder / setting.file(".onnx" if setting.type == "float" else self.INT8))
        core = openvino.Core()
        model = core.read_model(path)
        channels, height, width = (size.get_length() for size in model.input().partial_shape[1:])
        model.reshape([setting.batch, channels, height, width])
        compiled = core.compile_model(model, "CPU", settings)
        self.instructions = _instructions(compiled)
        request = compiled.create_infer_request()
        self._input = request.get_input_tensor().data
        self._output = request.get_output_tensor().data
        self.call = partial(request.infer, share_inputs=True, share_outputs=True)

    def place(self, images: np.ndarray) -> None:
        self._input[...] = channels_first(images)

    def scores(self) -> np.ndarray:
        return self._output.copy()


class OpenVinoQdq(OpenVino):
    """With the int8 model of ONNX Runtime."""

    INT8 = ".onnx"


def _instructions(compiled: object) -> str:
    """The kernels that most convolutions and dense layers run on, such as "brgconv_avx512_amx"."""
    kernels = Counter()
    for node in compiled.get_runtime_model().get_ops():
        about = node.get_rt_info()
        kind = str(about["layerType"].value) if "layerType" in about else ""
        if kind == "Convolution" or kind.startswith("FullyConnected"):
            kernels[str(about["primitiveType"].value).rpartition("_")[0]] += 1
    return ", ".join(name for name, _ in kernels.most_common(1))
