"""The runtimes, each behind the same three calls and told to use one thread and float32.

`place` puts an image (1, height, width, channels) where the runtime reads its input; `call`
computes and is all that is timed; `scores` reads the ten answers. So `call` is the cheapest that
the runtime's Python module offers to a caller who writes into its buffers.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CFUNCTYPE, byref, c_int, c_size_t, c_void_p
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np


class Runtime(Protocol):
    """One runtime with one model."""

    version: str
    call: Callable[[], object]

    def __init__(self, folder: Path) -> None: ...

    def place(self, image: np.ndarray) -> None:
        """Makes an image the next input."""

    def scores(self) -> np.ndarray:
        """The answers of the last call."""


class Ours:
    """The C function through ctypes, with the same buffers every time."""

    def __init__(self, folder: Path) -> None:
        from fmnistrt import Model, _library

        library = _library.library()
        self._model = Model(folder / "model.fmg")
        self.version = f"{library.fmnist_version().decode()} ({self._model.info.isa})"
        self._input = np.zeros(self._model.tensors()[0].shape, np.float32)
        self._output = np.zeros(self._model.info.output_size, np.float32)
        session, options = c_void_p(), _library.SessionOptions()
        library.fmnist_session_create(self._model._pointer, byref(options), byref(session))
        # Declared anew: with the module's check of each status, ctypes takes twice as long.
        address, size = c_void_p, c_size_t
        kind = CFUNCTYPE(c_int, address, address, size, size, address, size)
        arguments = (
            session,
            c_void_p(self._input.ctypes.data),
            c_size_t(self._input.size),
            c_size_t(1),
            c_void_p(self._output.ctypes.data),
            c_size_t(self._output.size),
        )
        self.call = partial(kind(("fmnist_run", library)), *arguments)
        if status := self.call():
            raise RuntimeError(library.fmnist_status_name(status).decode())

    def place(self, image: np.ndarray) -> None:
        self._input[...] = image[0]

    def scores(self) -> np.ndarray:
        return self._output.copy()


class OnnxRuntime:
    """With input and output bound to buffers."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers)
        value = onnxruntime.OrtValue.ortvalue_from_numpy
        self._input = value(np.zeros(session.get_inputs()[0].shape, np.float32))
        self._output = value(np.zeros(session.get_outputs()[0].shape, np.float32))
        binding = session.io_binding()
        binding.bind_ortvalue_input("in0", self._input)
        binding.bind_ortvalue_output("out0", self._output)
        self.call = partial(session.run_with_iobinding, binding)

    def place(self, image: np.ndarray) -> None:
        self._input.update_inplace(_channels_first(image))

    def scores(self) -> np.ndarray:
        return self._output.numpy()[0].copy()


class OpenVino:
    """With input and output tensors set once; bfloat16, its choice on some CPUs, is off."""

    def __init__(self, folder: Path) -> None:
        import openvino

        self.version = openvino.__version__.partition("-")[0]
        settings = {
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        model = openvino.Core().compile_model(folder / "model.onnx", "CPU", settings)
        request = model.create_infer_request()
        self._input = request.get_input_tensor().data
        self._output = request.get_output_tensor().data
        self.call = partial(request.infer, share_inputs=True, share_outputs=True)

    def place(self, image: np.ndarray) -> None:
        self._input[...] = _channels_first(image)

    def scores(self) -> np.ndarray:
        return self._output[0].copy()


class Ncnn:
    """As its own benchmark sets it up; an extractor answers once, so making it is timed too."""

    def __init__(self, folder: Path) -> None:
        import ncnn

        self.version = ncnn.__version__
        ncnn.set_omp_dynamic(0)
        ncnn.set_omp_num_threads(1)
        net = self._net = ncnn.Net()
        net.opt.num_threads = 1
        for setting in dir(net.opt):
            if setting.startswith(("use_fp16", "use_bf16")):
                setattr(net.opt, setting, False)
        self._allocators = ncnn.UnlockedPoolAllocator(), ncnn.PoolAllocator()
        net.opt.blob_allocator, net.opt.workspace_allocator = self._allocators
        for part, load in (("param", net.load_param), ("bin", net.load_model)):
            if load(str(folder / f"model.ncnn.{part}")) != 0:
                raise RuntimeError(f"model.ncnn.{part} cannot be loaded")
        self._matrix = ncnn.Mat

    def place(self, image: np.ndarray) -> None:
        # The matrix refers to the array without holding it, and layers that work in place write to
        # such memory: hence the name, and the copy.
        array = _channels_first(image)[0]
        self._input = self._matrix(array).clone()

    def call(self) -> None:
        extractor = self._net.create_extractor()
        extractor.input("in0", self._input)
        _, self._output = extractor.extract("out0")

    def scores(self) -> np.ndarray:
        return np.array(self._output).reshape(-1)


class LiteRT:
    """With XNNPACK, which it uses by itself."""

    def __init__(self, folder: Path) -> None:
        from importlib.metadata import version

        from ai_edge_litert.interpreter import Interpreter

        self.version = version("ai-edge-litert")
        interpreter = Interpreter(str(folder / "model.tflite"), num_threads=1)
        interpreter.allocate_tensors()
        (self._input,) = (entry["index"] for entry in interpreter.get_input_details())
        (self._output,) = (entry["index"] for entry in interpreter.get_output_details())
        self._interpreter = interpreter
        self.call = interpreter.invoke

    def place(self, image: np.ndarray) -> None:
        self._interpreter.set_tensor(self._input, image)

    def scores(self) -> np.ndarray:
        return self._interpreter.get_tensor(self._output)[0]


def _channels_first(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image.transpose(0, 3, 1, 2))


OURS = "fmnistrt"
RUNTIMES: dict[str, type[Runtime]] = {
    OURS: Ours,
    "ONNX Runtime": OnnxRuntime,
    "OpenVINO": OpenVino,
    "ncnn": Ncnn,
    "LiteRT": LiteRT,
}
