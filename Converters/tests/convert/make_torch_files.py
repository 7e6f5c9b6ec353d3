"""Writes the files in torch-files/ with a real PyTorch: python make_torch_files.py PREFIX.

Each has a few kilobytes. PREFIX.npz holds the inputs, channels first, and PyTorch's answers to
them. The tests read these files without PyTorch. In refused/ are those that cannot be converted;
`refused` after PREFIX writes these alone.
"""

import argparse
import copy
import sys
import types
from pathlib import Path

import numpy as np
import torch
from torch import nn

FOLDER = Path(__file__).parent / "torch-files"


def sequential():
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU()),
        nn.MaxPool2d(2),
        nn.Conv2d(3, 4, (3, 2), stride=(2, 1), bias=False),
        nn.LeakyReLU(0.2),
        nn.AvgPool2d(2, padding=1),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(24, 5),
    )


def activations():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding="same", dilation=2),
        nn.GELU(),
        nn.Conv2d(4, 8, 3, groups=4, padding=1),
        nn.SiLU(),
        nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True),
        nn.Hardswish(),
        nn.Conv2d(8, 4, 1),
        nn.PReLU(4),
        nn.AdaptiveAvgPool2d((7, 1)),
        nn.Flatten(),
        nn.Linear(28, 9),
        nn.BatchNorm1d(9, affine=False),
        nn.ELU(0.7),
        nn.Linear(9, 7),
        nn.GELU("tanh"),
        nn.Mish(),
        nn.Hardsigmoid(),
        nn.Tanh(),
        nn.Softplus(),
        nn.Hardtanh(0.5, 0.9),
        nn.Linear(7, 5),
        nn.Softmax(dim=1),
    )


class Net(nn.Module):
    """A module whose order of computation is in its code only."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, stride=2)
        self.act = nn.PReLU(2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2, 5)

    def forward(self, x):
        return self.fc(torch.flatten(self.pool(self.act(self.conv(x))), 1))


def trained(model):
    """Moving averages that are not 0 and 1."""
    for buffer in model.buffers():
        if buffer.is_floating_point():
            buffer.copy_(torch.rand(buffer.shape) + 0.5)
    return model.eval()


def refused(prefix):
    """Weights of kinds that have no numbers to read, or none that suit."""
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Flatten(), nn.Linear(12, 3), nn.ReLU(), nn.Linear(3, 5))
    quantised = torch.quantization.quantize_dynamic(plain, {nn.Linear}, dtype=torch.qint8)
    row = nn.Sequential(torch.quantization.QuantStub(), nn.Conv2d(1, 2, 3), nn.ReLU())
    row.qconfig = torch.quantization.get_default_qconfig("fbgemm")
    torch.quantization.prepare(row.eval(), inplace=True)
    row(torch.rand(1, 1, 12, 12))
    static = torch.quantization.convert(row)
    weight = plain[3].weight.detach()
    values = {
        "dynamic": quantised.state_dict(),
        "dynamic-module": quantised,
        "static": static.state_dict(),
        "sparse": {"weight": weight.to_sparse(), "bias": torch.zeros(5)},
        "complex": {"weight": weight.to(torch.complex64), "bias": torch.zeros(5)},
        "optimizer": torch.optim.Adam(plain.parameters()),
    }
    if hasattr(torch, "float8_e4m3fn"):
        values["float8"] = {"weight": weight.to(torch.float8_e4m3fn), "bias": torch.zeros(5)}
        values["meta"] = nn.Linear(3, 5, device="meta").state_dict()
        values["graph"] = torch.fx.symbolic_trace(plain)
    for name, value in values.items():
        torch.save(value, FOLDER / "refused" / f"{prefix}-{name}.pt")


def main():
    prefix = sys.argv[1]
    refused(prefix)
    if sys.argv[2:] == ["refused"]:
        return
    torch.manual_seed(0)
    sys.modules["mine"] = types.ModuleType("mine")
    sys.modules["mine"].Net, Net.__module__ = Net, "mine"
    model, many, own = trained(sequential()), trained(activations()), trained(Net())

    def save(value, name, zipped=True):
        path = FOLDER / f"{prefix}-{name}.pt"
        torch.save(value, path, _use_new_zipfile_serialization=zipped)

    # Old files of modules hold the source of every class, so this one has few.
    small = nn.Sequential(nn.Flatten(), nn.Linear(144, 5))
    x = torch.rand(4, 1, 12, 12)
    with torch.no_grad():
        answers = {"sequential": model(x), "activations": many(x), "own": own(x)}
        answers["bfloat16"] = copy.deepcopy(own).bfloat16().float()(x)
        answers["small"] = small(x)
        answers["half"] = copy.deepcopy(own).half().float()(x)
    save(model.state_dict(), "state")
    save(model.state_dict(), "state-old", zipped=False)
    save(model, "module")
    if prefix.startswith("1."):
        save(nn.DataParallel(small), "module-old", zipped=False)
    save(many, "activations")
    save(own, "own")
    state = own.state_dict()
    training = {
        "epoch": 3,
        "best": np.float64(0.9),
        "args": argparse.Namespace(lr=0.1, path=Path("runs")),
        "loss": torch.tensor(0.5),
        "optimizer": torch.optim.Adam(own.parameters()).state_dict(),
        "model_state_dict": {f"module.{name}": tensor for name, tensor in state.items()},
    }
    save(training, "training")
    lightning = {
        "epoch": 1,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": {f"model.{name}": tensor for name, tensor in state.items()},
        "hyper_parameters": {"lr": 0.1, "layers": [1, 2]},
        "loops": {},
    }
    save(lightning, "lightning", zipped=False)
    save({name: tensor.bfloat16() for name, tensor in state.items()}, "bfloat16")
    save({name: tensor.half() for name, tensor in state.items()}, "half-old", zipped=False)
    # Views: transposed, and parts of one storage.
    whole = torch.cat(
        [
            tensor.t().reshape(-1) if tensor.dim() == 2 else tensor.reshape(-1)
            for tensor in state.values()
        ]
    )
    views, at = {}, 0
    for name, tensor in state.items():
        part = whole[at : at + tensor.numel()]
        views[name] = part.view(2, 5).t() if tensor.dim() == 2 else part.view(tensor.shape)
        at += tensor.numel()
    save(views, "views")
    save(views, "views-old", zipped=False)
    arrays = {name: answer.numpy() for name, answer in answers.items()}
    np.savez(FOLDER / f"{prefix}.npz", x=x.numpy(), **arrays)


if __name__ == "__main__":
    main()
