# Python 3.8: onnxruntime==1.10.0 onnx==1.10.2 protobuf==3.20.1 numpy==1.23.5 torch==1.8.1
# Python 3.11: onnxruntime==1.31.1 onnx numpy torch==2.13.0 onnxscript skl2onnx scikit-learn
"""Quantises an exported model with onnxruntime: onnx_quantized.py SOURCE FORMAT [TOLERANCE], where
FORMAT is QDQ or QOperator and SOURCE the name of a file made by onnx_torch.py, without .onnx.
"""

import json
import os
import shutil
import sys
import tempfile

import numpy as np
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

import fashion

REASON = "where sums of floats are rounded to bytes, some are one apart"


def prepared(images):
    return ((images[:, None] / 255 - 0.2860) / 0.3530).astype(np.float32)


class Images(CalibrationDataReader):
    def __init__(self, name):
        self.images = iter(prepared(fashion.load("train", 200)[0]))
        self.name = name

    def get_next(self):
        image = next(self.images, None)
        return None if image is None else {self.name: image[None]}


def session(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def main():
    source, form = sys.argv[1:3]
    more = {"tolerance": float(sys.argv[3]), "reason": REASON} if sys.argv[3:] else {}
    version = onnxruntime.__version__
    name = "onnx-ort-{}-{}-{}".format(version, form.lower(), source.split("-")[3])
    options = {
        "quant_format": getattr(QuantFormat, form),
        "per_channel": form == "QDQ",
        "activation_type": QuantType.QUInt8,
        "weight_type": QuantType.QInt8,
    }
    reader = Images(session(source + ".onnx").get_inputs()[0].name)
    # Old versions leave further files beside the source and in the current folder.
    files = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(source + ".onnx", os.path.join(folder, "model.onnx"))
        os.chdir(folder)
        quantize_static("model.onnx", os.path.join(files, name + ".onnx"), reader, **options)
        os.chdir(files)
    model = session(name + ".onnx")
    images, answers = prepared(fashion.test_images()), []
    for image in images:
        answers.append(model.run(None, {model.get_inputs()[0].name: image[None]})[0][0])
    with open(source + ".json") as stream:
        about = json.load(stream)
    fashion.describe(
        name,
        np.array(answers),
        "onnxruntime {}, {}".format(version, about["tool"].split(", python")[0]),
        {"1.10.0": 2022}.get(version, 2026),
        about["options"],
        **more,
    )


main()
