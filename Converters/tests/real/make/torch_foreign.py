# Python 3.6: torch==1.0.0 numpy==1.19.5
# Python 3.11: torch==2.13.0 numpy==2.4.6
"""Files of PyTorch that are not converted: what they are must be told by the content.

They are written to tests/real/foreign.
"""

import os

import torch
from torch import nn

os.chdir(os.path.join(os.getcwd(), "..", "foreign"))
VERSION = torch.__version__.partition("+")[0]
torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()).eval()
image = torch.zeros(1, 1, 28, 28)
torch.jit.save(torch.jit.trace(model, image), f"torch-{VERSION}-script.pt")
if hasattr(torch, "export"):
    torch.export.save(torch.export.export(model, (image,)), f"torch-{VERSION}-program.pt2")
if VERSION >= "1.9":
    from torch.package import PackageExporter

    with PackageExporter(f"torch-{VERSION}-package.pt") as package:
        package.extern("**")
        package.save_pickle("model", "model.pkl", model)
