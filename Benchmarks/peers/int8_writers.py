"""Writes int8 models from the ONNX file with the quantisers of ONNX Runtime and of OpenVINO."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np


def write_qdq(source: Path, images: np.ndarray, path: Path) -> None:
    """Writes ONNX with QuantizeLinear and DequantizeLinear, as ONNX Runtime advises for x86-64.

    Static, activations u8, weights s8 for each output channel, ranges from the smallest and
    largest values. `images` are float32 (n, channels, height, width).
    """
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self._images = iter(images)

        def get_next(self) -> dict[str, np.ndarray] | None:
            image = next(self._images, None)
            return None if image is None else {"in0": image[None]}

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        # Folds the batch normalisations that can be folded.
        folded = Path(folder) / source.name
        quant_pre_process(source, folded, skip_symbolic_shape=True)
        quantization.quantize_static(
            folded,
            path,
            Reader(),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )


def write_nncf(source: Path, images: np.ndarray, path: Path) -> None:
    """Writes OpenVINO's format (an .xml and a .bin) with NNCF and its defaults."""
    import nncf
    import openvino

    model = openvino.Core().read_model(source)
    model.reshape([1, *images.shape[1:]])
    data = nncf.Dataset([image[None] for image in images])
    result = nncf.quantize(model, data, subset_size=len(images))
    openvino.save_model(result, path, compress_to_fp16=False)
