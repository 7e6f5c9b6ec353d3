"""`--module`: the class that weights belong to. Its tests with PyTorch run where that is."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import reference
from fmnistrt.convert import cli
from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.torch.classes import Reference

FILES = Path(__file__).parents[1] / "real" / "files"
STATE = FILES / "torch-2.13.0-state.pt"
HAS_TORCH = importlib.util.find_spec("torch") is not None
with_torch = pytest.mark.skipif(not HAS_TORCH, reason="needs PyTorch")

NETS = """
import torch
from torch import nn
from torch.nn import functional as F
from blocks import Block

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3, padding=1)
        self.bn2 = nn.BatchNorm2d(16)
        self.conv3 = nn.Conv2d(16, 16, 3)
        self.fc1 = nn.Linear(16 * 2 * 2, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = F.max_pool2d(F.relu(self.conv3(x)), 2)
        return self.fc2(F.relu(self.fc1(x.view(x.size(0), -1))))

class Residual(nn.Module):
    def __init__(self, classes, width=4):
        super().__init__()
        self.stem = nn.LazyConv2d(width, 3)
        self.blocks = nn.Sequential(Block(width, width, 1), Block(width, 2 * width, 2))
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(2 * width, classes)

    def forward(self, x):
        x = self.blocks(self.stem(x)).mean(dim=(2, 3))
        return self.head(self.drop(x))

class Vector(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 10)

    def forward(self, x):
        return self.fc(x)

class Pair(Vector):
    def forward(self, x):
        return self.fc(x), x

class Picture(Vector):
    def forward(self, x):
        return x

class Broken(Vector):
    def forward(self, x):
        raise KeyError("nothing")

ready = Vector()
number = 3
"""
RAISES = NETS.splitlines().index('        raise KeyError("nothing")') + 1
BLOCKS = """
from torch import nn
from torch.nn import functional as F

class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.short = nn.Identity()
        if stride > 1:
            self.short = nn.Conv2d(inputs, outputs, 1, stride)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.short(x))
"""


@pytest.fixture
def nets(tmp_path, monkeypatch):
    """The file of a user's classes, and one beside it that it imports."""
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "blocks.py").write_text(BLOCKS)
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "nets.py"
    for name in ("nets", "blocks"):
        sys.modules.pop(name, None)


@pytest.fixture
def classes(nets, monkeypatch):
    """The module of these classes."""
    monkeypatch.syspath_prepend(str(nets.parent))
    import nets as module

    return module


def test_references():
    assert Reference.parse("net.py:Net") == Reference("net.py", "Net", (), {}, False)
    found = Reference.parse('a/b:c/net.py:make.it(10, [1, -2.5], name="x:(y)", deep=True)')
    keywords = {"name": "x:(y)", "deep": True}
    assert found == Reference("a/b:c/net.py", "make.it", (10, [1, -2.5]), keywords, True)
    assert Reference.parse("pack.models:net()").called


@pytest.mark.parametrize(
    "text,words",
    [
        ("net.py", "write FILE.py:CLASS"),
        ("net.py:", "write FILE.py:CLASS"),
        (":Net", "write FILE.py:CLASS"),
        ("net.py:Net(", "write FILE.py:CLASS"),
        ("net.py:3", "write FILE.py:CLASS"),
        ("net.py:Net(x)", "only plain values"),
        ("net.py:Net(open('x'))", "only plain values"),
        ("net.py:Net(*[1])", "only plain values"),
        ("net.py:Net(**{})", "only plain values"),
        ("net.py:Net(1)(2)", "only plain values"),
        ("net.py:Net(" + "(" * 500 + ")" * 500 + ")", "only plain values"),
        ("net.py:Net(1, )a)", "only plain values"),
    ],
)
def test_references_that_are_wrong(text, words):
    with pytest.raises(ConvertError, match=words):
        Reference.parse(text)


@pytest.mark.skipif(HAS_TORCH, reason="PyTorch is there")
def test_without_pytorch(refused, nets):
    refused(STATE.read_bytes(), "pip install torch", "ONNX", arguments=["--module", f"{nets}:Net"])


def test_the_class_and_a_line(refused):
    arguments = ["--module", "nets.py:Net", "--arch", "linear"]
    refused(STATE.read_bytes(), "give one of them", arguments=arguments)


def test_the_class_is_for_weights(refused):
    words = "is a Keras file: --module is for PyTorch, NumPy .npz and safetensors files only"
    refused(b"\x89HDF\r\n\x1a\n", words, arguments=["--module", "nets.py:Net"])


def convert(capsys, *arguments):
    status = cli.main([str(argument) for argument in arguments] + ["--json"])
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return json.loads(captured.out)


@with_torch
@pytest.mark.parametrize(
    "name",
    [
        "numpy-2.4.6-torch.npz",
        "torch-1.0.0-module.pkl",
        "torch-2.4.1-lightning.ckpt",
        "torch-2.13.0-safetensors.safetensors",
        "torch-2.13.0-state.pt",
    ],
)
def test_answers_as_the_line_does(nets, capsys, tmp_path, name):
    """The same weights, once with the class and once with the line that its test has."""
    from fmnistrt import Model

    about = json.loads((FILES / name).with_suffix(".json").read_text())
    answers = np.load(FILES / f"{name.rpartition('.')[0]}.answers.npz")["answers"]
    pixels = about["options"][:4]
    output = tmp_path / "model.fmg"
    report = convert(capsys, FILES / name, output, *pixels, "--module", f"{nets}:Net")
    assert "exported by torch" in report["framework"]
    from fmnistrt.data import load

    with Model(output) as model:
        found = model.classify(load("t10k").images[:1000]).scores
    assert np.abs(found - answers).max() <= 1e-4 * np.abs(answers).max()


@with_torch
@pytest.mark.parametrize("wrapper", ["", "model.", "module.", "net.inner."])
def test_a_residual_network(classes, capsys, tmp_path, wrapper):
    import torch

    model = classes.Residual(10, width=6)
    model(torch.rand(2, 3, 28, 20))
    with torch.no_grad():
        for _ in range(30):
            model(torch.rand(8, 3, 28, 20))
        model.head.weight *= 50
    model.eval()
    state = {f"{wrapper}{key}": value for key, value in model.state_dict().items()}
    if wrapper:
        state["criterion.weight"] = torch.ones(10)
    path, output = tmp_path / "a.pt", tmp_path / "a.fmg"
    torch.save({"state_dict": state}, path)
    common = [path, output, "--input", "28x20x3", "--module", "nets.py:Residual(10, width=6)"]
    report = convert(capsys, *common)
    assert report["kind"] == "logits"
    file = reference.read(output.read_bytes())
    assert np.ptp(file.golden_outputs, axis=0).min() > 0.01
    pictures = torch.from_numpy(file.golden_inputs.transpose(0, 3, 1, 2) / np.float32(255))
    with torch.no_grad():
        expected = model(pictures.contiguous()).numpy()
    assert np.abs(reference.classify(file, file.golden_inputs) - expected).max() <= 1e-4
    left = [note for note in report["notes"] if note.endswith("criterion.weight")]
    assert len(left) == bool(wrapper)
    report = convert(capsys, *common, "--force", "--probabilities")
    assert report["kind"] == "probabilities"


@with_torch
def test_images_as_vectors_and_models_that_are_made(nets, capsys, tmp_path):
    import torch

    path = tmp_path / "a.pt"
    torch.save({"fc.weight": torch.rand(10, 784), "fc.bias": torch.rand(10)}, path)
    for name in ("Vector", "Vector()", "ready"):
        convert(capsys, path, tmp_path / "a.fmg", "--force", "--module", f"{nets}:{name}")
    (tmp_path / "loud.py").write_text(f"{NETS}\nprint('words of the user')\n")
    convert(capsys, path, tmp_path / "a.fmg", "--force", "--module", "loud.py:Vector")
    # A package is looked for where the command runs.
    convert(capsys, path, tmp_path / "a.fmg", "--force", "--module", "nets:Vector")
    assert str(tmp_path) not in sys.path


@with_torch
@pytest.mark.parametrize(
    "reference,words",
    [
        ("nets.py:Residual(10)", "stem.weight is 6x1x3x3 in the file, but 4x1x3x3"),
        ("nets.py:Residual", "missing 1 required positional argument"),
        ("nets.py:Residual(10, depth=3)", "unexpected keyword argument"),
        ("nets.py:Net", "has tensors that the file has not: conv1.weight"),
        ("nets.py:Nat", "has no Nat"),
        ("nets.py:number", "no torch.nn.Module"),
        ("nets.py:ready(1)", "takes no arguments"),
        ("nets.py:Pair", "gives a tuple"),
        ("nets.py:Picture", "not a score for each class"),
        ("nets.py:Broken", f"failed in line {RAISES}: KeyError"),
        ("nuts.py:Net", "no file nuts.py"),
        ("nuts.inner:Net", "no package nuts.inner"),
        ("odd.py:Net", "failed in line 3: NameError"),
        ("bad.py:Net", "SyntaxError"),
        ("quits.py:Net", 'if __name__ == "__main__"'),
    ],
)
def test_classes_that_do_not_fit(classes, refused, reference, words):
    import torch

    Path("odd.py").write_text("import torch\n\nundefined_name\n")
    Path("bad.py").write_text("class Net(\n")
    Path("quits.py").write_text("import sys\nsys.exit(3)\n")
    model = classes.Residual(10, width=6)
    model(torch.rand(2, 1, 28, 28))
    torch.save(model.state_dict(), "a.pt")
    refused(Path("a.pt").read_bytes(), words, arguments=["--module", reference])
