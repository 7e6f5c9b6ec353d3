"""ncnn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..settings import Setting
from .protocol import channels_first, existing


class Ncnn:
    """As its own benchmark sets it up; an extractor answers once, so making it is timed too.

    It knows no batches: a call is one image after the other. The programs that quantise for it are
    not among its Python packages.
    """

    def __init__(self, folder: Path, setting: Setting) -> None:
        import ncnn

        self.version, self.instructions = ncnn.__version__, ""
        ncnn.set_omp_dynamic(0)
        ncnn.set_omp_num_threads(setting.threads)
        net = self._net = ncnn.Net()
        net.opt.num_threads = setting.threads
        for option in dir(net.opt):
            if option.startswith(("use_fp16", "use_bf16")):
                setattr(net.opt, option, False)
        self._allocators = ncnn.UnlockedPoolAllocator(), ncnn.PoolAllocator()
        net.opt.blob_allocator, net.opt.workspace_allocator = self._allocators
        for part, load in (("param", net.load_param), ("bin", net.load_model)):
            path = existing(folder / f"model.ncnn.{part}")
            if load(str(path)) != 0:
                raise RuntimeError(f"{path.name} cannot be loaded")
        self._matrix = ncnn.Mat

    def place(self, images: np.ndarray) -> None:
        # A matrix refers to the array without holding it, and layers that work in place write to
        # such memory: hence the name, and the copies.
        arrays = channels_first(images)
        self._inputs = [self._matrix(array).clone() for array in arrays]

    def call(self) -> None:
        self._outputs = []
        for image in self._inputs:
            extractor = self._net.create_extractor()
            extractor.input("in0", image)
            self._outputs.append(extractor.extract("out0")[1])

    def scores(self) -> np.ndarray:
        return np.array([np.array(output).reshape(-1) for output in self._outputs])
