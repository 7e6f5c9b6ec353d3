# Python 3.6: torch==1.0.0 numpy==1.19.5
# Python 3.7: torch==1.1.0 numpy==1.21.6
# Python 3.7: torch==1.4.0 numpy==1.21.6
# Python 3.8: torch==1.6.0 numpy==1.21.6 pytorch-lightning==1.2.10 torchmetrics==0.2.0 six
#     setuptools<60
# Python 3.11: torch==1.13.1 numpy==1.26.4
# Python 3.10: torch==2.0.1 numpy==1.24.4
# Python 3.11: torch==2.4.1 numpy==1.26.4 lightning==2.4.0
# Python 3.11: torch==2.13.0 numpy==2.4.6 safetensors==0.8.0 joblib==1.6.0 lightning==2.6.6
"""Trains a small network and saves it as the users of this version of PyTorch did.

torch.py WAY[.EXTENSION]...    each WAY is a function of this file; the extension may lie
"""

import argparse
import copy
import pickle
import random
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import fashion

VERSION = torch.__version__.partition("+")[0]
YEAR = {"1.0.0": 2018, "1.1.0": 2019, "1.4.0": 2020, "1.6.0": 2020}.get(VERSION) or {
    "1.13.1": 2022,
    "2.0.1": 2023,
    "2.4.1": 2024,
}.get(VERSION, 2026)
PIXELS = ["--mean", "0.2860", "--std", "0.3530"]
LAYERS = (
    "conv(padding=1) bn relu maxpool conv(padding=1) bn relu maxpool conv relu maxpool flatten "
    "linear relu linear"
)


class Net(nn.Module):
    """As the tutorials write it: layers in __init__, functions in forward."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(16)
        self.conv3 = nn.Conv2d(16, 16, 3)
        self.drop = nn.Dropout(0.25)
        self.fc1 = nn.Linear(16 * 2 * 2, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        """Scores (n, 10) of images (n, 1, 28, 28)."""
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 2)
        x = functional.max_pool2d(functional.relu(self.bn2(self.conv2(x))), 2)
        x = functional.max_pool2d(functional.relu(self.conv3(x)), 2)
        x = self.drop(x.view(x.size(0), -1))
        return self.fc2(functional.relu(self.fc1(x)))


def sequential():
    """Layers in a row; nn.Flatten came with 1.2, before it a convolution had to end the row."""
    layers = [
        nn.Conv2d(1, 8, 5, stride=2, padding=2),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        nn.Sequential(nn.Conv2d(8, 16, 3, bias=False), nn.BatchNorm2d(16), nn.LeakyReLU(0.1)),
        nn.MaxPool2d(2),
        nn.Dropout2d(0.1),
    ]
    if hasattr(nn, "Flatten"):
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(576, 10), nn.Softmax(dim=1))
    return nn.Sequential(*layers, nn.Conv2d(16, 10, 6), nn.LogSoftmax(dim=1))


def prepared(images):
    """What ToTensor and Normalize make of bytes."""
    return (torch.from_numpy(images.astype(np.float32))[:, None] / 255 - 0.2860) / 0.3530


def trained(model, rounds=3):
    """The model after a short training, and its optimiser."""
    images, labels = fashion.load("train", 6000)
    x, y = prepared(images), torch.from_numpy(labels.astype(np.int64))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    model.train()
    for _ in range(rounds):
        for part in torch.randperm(len(x)).split(100):
            optimizer.zero_grad()
            scores = model(x[part]).view(len(part), -1)
            if isinstance(model, nn.Sequential) and isinstance(model[-1], nn.Softmax):
                scores = torch.log(scores)
            functional.cross_entropy(scores, y[part]).backward()
            optimizer.step()
    return model.eval(), optimizer


def answers(model):
    """What it says of the test images."""
    with torch.no_grad():
        return model(prepared(fashion.test_images())).view(fashion.ANSWERED, -1).numpy()


def done(path, model, arch=LAYERS, tools=""):
    """Writes the answers beside a model's file."""
    options = PIXELS + (["--arch", arch] if arch else [])
    tools = tools or "torch " + VERSION
    fashion.describe(path.rpartition(".")[0], answers(model), tools, YEAR, options)


def state(path):
    """The state dict alone."""
    model, _ = trained(Net())
    torch.save(model.state_dict(), path)
    done(path, model)


def old(path):
    """The layout before 1.6, which later versions still write, of the state dict of a wrapper."""
    model, _ = trained(Net())
    state = nn.DataParallel(model).state_dict()
    torch.save(state, path, _use_new_zipfile_serialization=False)
    done(path, model)


def training(path):
    """What a training program needs to go on."""
    model, optimizer = trained(Net())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    torch.save(
        {
            "epoch": 3,
            "arch": "Net",
            "args": argparse.Namespace(lr=0.005, data="../data", device=torch.device("cpu")),
            "state_dict": model.state_dict(),
            "best_acc1": torch.tensor(81.25),
            "history": {"loss": np.array([0.9, 0.6, 0.5]), "accuracy": [np.float64(0.8)]},
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "rng": torch.get_rng_state(),
        },
        path,
    )
    done(path, model)


def module(path):
    """The whole model of a class of one's own, whose code is not in the file."""
    model, _ = trained(Net())
    torch.save(model, path)
    done(path, model)


def row(path):
    """A whole nn.Sequential, which needs no code."""
    model, _ = trained(sequential())
    torch.save(model, path)
    done(path, model, arch=None)


def pickled(path):
    """By pickle alone, without torch.save."""
    model, _ = trained(Net())
    with open(path, "wb") as stream:
        pickle.dump(model.state_dict(), stream, protocol=2)
    done(path, model)


def joblib(path):
    """By joblib, the whole row of layers."""
    import joblib as library

    model, _ = trained(sequential())
    library.dump({"model": model, "classes": 10}, path)
    done(path, model, arch=None, tools=f"joblib {library.__version__}, torch {VERSION}")


def half(path):
    """Rounded to float16."""
    model, _ = trained(Net())
    torch.save(copy.deepcopy(model).half().state_dict(), path)
    done(path, model.half().float())


def bfloat16(path):
    """Rounded to bfloat16, in a dictionary."""
    model, _ = trained(Net())
    torch.save({"model": copy.deepcopy(model).bfloat16().state_dict()}, path)
    done(path, model.bfloat16().float())


def compiled(path):
    """The state dict of what torch.compile gives."""
    model, _ = trained(Net())
    torch.save(torch.compile(model).state_dict(), path)
    done(path, model)


def lightning(path):
    """A checkpoint of Lightning, with callbacks and hyper-parameters."""
    import torch_lightning

    lit, tools = torch_lightning.fit(Net(), *fashion.load("train", 6000), prepared, path)
    done(path, lit.model.eval().cpu(), tools=f"{tools}, torch {VERSION}")


def safetensors(path):
    """By save_model, with metadata."""
    import safetensors.torch as library
    from safetensors import __version__

    model, _ = trained(Net())
    library.save_model(model, path, metadata={"author": "a test", "epochs": "3"})
    done(path, model, tools=f"safetensors {__version__}, torch {VERSION}")


def safetensors16(path):
    """In bfloat16 and float16."""
    import safetensors.torch as library
    from safetensors import __version__

    model, _ = trained(Net())
    state = {
        name: value if value.dim() == 0 else value.bfloat16() if "conv" in name else value.half()
        for name, value in model.state_dict().items()
    }
    library.save_file(state, path)
    model.load_state_dict(state)
    done(path, model, tools=f"safetensors {__version__}, torch {VERSION}")


def safetensors_numpy(path):
    """From NumPy's arrays."""
    import safetensors.numpy as library
    from safetensors import __version__

    model, _ = trained(Net())
    library.save_file({name: value.numpy() for name, value in model.state_dict().items()}, path)
    done(path, model, tools=f"safetensors {__version__}, numpy {np.__version__}")


def npz(path):
    """By numpy.savez_compressed."""
    model, _ = trained(Net())
    np.savez_compressed(path, **{name: part.numpy() for name, part in model.state_dict().items()})
    done(path, model, tools=f"numpy {np.__version__}, torch {VERSION}")


def main():
    """Makes the files that the command line names."""
    for argument in sys.argv[1:]:
        way, _, extension = argument.partition(".")
        torch.manual_seed(7)
        np.random.seed(7)
        random.seed(7)
        prefix = {"npz": "numpy-" + np.__version__ + "-torch"}.get(way)
        prefix = prefix or f"torch-{VERSION}-{way.replace('_', '-')}"
        globals()[way](f"{prefix}.{extension or 'pt'}")


if __name__ == "__main__":
    main()
