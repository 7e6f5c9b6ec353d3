# Python 3.7: torch==1.0.1 numpy
# Python 3.7: torch==1.4.0 numpy
# Python 3.8: torch==1.8.1 numpy onnx==1.10.2 onnxruntime==1.10.0 protobuf==3.20.1
# Python 3.11: torch==1.13.1 numpy<2
# Python 3.11: torch==2.13.0 onnx onnxscript onnxruntime numpy skl2onnx scikit-learn
"""Trains small classifiers in PyTorch and exports them to ONNX.

onnx_torch.py MODEL OPSET FORM, where FORM is "fixed" (batch 1), "dynamic" (an open batch), "dynamo"
(the exporter of torch.export, with an open batch) or "external" (the same, which by default keeps
the weights in a second file).
"""

import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

import fashion
from torch_models import MODELS

YEARS = {"1.0": 2019, "1.4": 2020, "1.8": 2021, "1.13": 2022, "2.13": 2026}


def prepared(images):
    """As ToTensor and Normalize prepare them."""
    return torch.from_numpy(((images[:, None] / 255 - 0.2860) / 0.3530).astype(np.float32))


def train(model, epochs):
    """Adam on 12,000 images."""
    images, labels = fashion.load("train", 12000)
    inputs, targets = prepared(images), torch.from_numpy(labels.astype(np.int64))
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(100):
            optimiser.zero_grad()
            F.cross_entropy(model(inputs[batch]), targets[batch]).backward()
            optimiser.step()
    return model.eval()


def export(model, path, opset, form):
    """In the way of the installed version."""
    example = torch.zeros(1, 1, 28, 28)
    names = {"input_names": ["input"], "output_names": ["output"]}
    if form in ("dynamo", "external"):
        batch = torch.export.Dim("batch", min=1, max=64)
        example = torch.zeros(2, 1, 28, 28)
        options = {
            "dynamo": True,
            "dynamic_shapes": ({0: batch},),
            "external_data": form == "external",
        }
        torch.onnx.export(model, (example,), path, opset_version=opset, **names, **options)
        return
    options = {}
    if form == "dynamic":
        options["dynamic_axes"] = {"input": {0: "batch"}, "output": {0: "batch"}}
    version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
    if version >= (1, 2):
        options["opset_version"] = opset
    if version >= (2, 5):
        options["dynamo"] = False
    torch.onnx.export(model, example, path, **names, **options)


def without_folders(path):
    """Takes this machine's folders out of the traces in a file, whose lengths stay as they are."""
    with open(path, "rb") as stream:
        content = stream.read()
    project = os.path.abspath("../../../..")
    for folder in (project, os.path.realpath(sys.base_prefix)):
        name = (folder + "/").encode()
        content = content.replace(name, b"." + b"/" * (len(name) - 1))
    with open(path, "wb") as stream:
        stream.write(content)


def main():
    kind, opset, form = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    torch.manual_seed(1)
    torch.set_num_threads(1)
    epochs, make = MODELS[kind]
    model = train(make(), epochs)
    version = torch.__version__.split("+")[0]
    name = "onnx-torch-{}-{}-opset{}-{}".format(version, kind, opset, form)
    export(model, name + ".onnx", opset, form)
    without_folders(name + ".onnx")
    with torch.no_grad():
        answers = model(prepared(fashion.test_images())).numpy()
    year = YEARS[".".join(version.split(".")[:2])]
    options = ["--mean", "0.2860", "--std", "0.3530"]
    more = {"beside": [name + ".onnx.data"]} if form == "external" else {}
    fashion.describe(name, answers, "torch " + version, year, options, **more)


main()
