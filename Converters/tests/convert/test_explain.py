"""--explain: the graph before and after each step that changes something."""

import json
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from conftest import randomise
from fmnistrt.convert import cli
from fmnistrt.convert.explain import Explanation, rows
from fmnistrt.convert.graph import Graph, Node, Tensor
from fmnistrt.convert.passes import PASSES


@pytest.fixture(scope="module")
def path(keras, tmp_path_factory):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(2, 3, strides=(2, 1), padding="same", activation="relu", name="conv"),
            layers.MaxPooling2D(name="pool"),
            layers.Flatten(name="flat"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(10, activation="softmax", name="answer"),
        ],
        name="small",
    )
    path = tmp_path_factory.mktemp("explain") / "small.keras"
    randomise(model).save(path)
    return path


@pytest.fixture
def explained(path, tmp_path, capsys):
    def run(*arguments):
        options = ["--no-verify", "--explain", *arguments]
        assert cli.main([str(path), str(tmp_path / "a.fmg"), *options]) == 0
        return capsys.readouterr().out

    return run


def test_what_is_printed(explained):
    lines = explained().splitlines()
    start = lines.index("the model as it was read (7 operators):")
    assert lines[start + 1].split()[1:] == ["6x6x1", "input"]
    assert "3x6x2" in lines[start + 2]
    assert "conv2d pad=0,1,1,1 stride=2x1 [2x3x3x1: " in lines[start + 2]
    assert "activation clip=0..inf" in lines[start + 3]
    assert "max_pool kernel=2x2 stride=2x2" in lines[start + 4]
    change = next(i for i, line in enumerate(lines) if line.startswith("fold_before: "))
    assert lines[change].endswith("(7 -> 6 operators)")
    marks = [(line[0], line.split()[-3:]) for line in lines[change + 1 :]]
    assert [mark for mark, _ in marks[:5]] == [" ", "-", "-", "+", " "]
    assert lines[change + 2].split()[1:4] == ["norm", "6", "scale_shift"]
    last = lines.index("the finished model (6 operators):")
    assert change < last
    assert not any(line[:1] in "+-" for line in lines[last:])
    assert not any(line.split()[0] == "norm" for line in lines[last:])


def test_half_precision_is_a_step(explained):
    lines = explained("--weights", "f16").splitlines()
    step = next(i for i, line in enumerate(lines) if line.startswith("halve_weights: "))
    assert any("[10x6 float16: " in line for line in lines[step:] if line[0] == "+")


def test_as_json(explained):
    steps = json.loads(explained("--json"))["steps"]
    assert steps[0]["before"] == []
    assert len(steps[0]["after"]) == 8
    for before, after in pairwise(steps):
        assert before["after"] == after["before"] != after["after"]


def test_without_it_nothing_is_said(path, tmp_path, capsys):
    assert cli.main([str(path), str(tmp_path / "a.fmg"), "--no-verify"]) == 0
    assert "scale_shift" not in capsys.readouterr().out


def test_colours_are_for_terminals(explained):
    assert "\x1b" not in explained()
    explanation = Explanation()
    x, y, z = (Tensor(name, (4,)) for name in "xyz")
    explanation("before", Graph(x, [Node("softmax", [x], y)]))
    explanation("after", Graph(x, [Node("softmax", [x], z)]))
    lines = list(explanation.text(colour=True))
    assert "\x1b[31m- y  4  softmax\x1b[0m" in lines
    assert "\x1b[32m+ z  4  softmax\x1b[0m" in lines


def test_steps_that_change_nothing_are_left_out():
    explanation = Explanation()
    x = Tensor("x", (4,))
    graph = Graph(x, [Node("softmax", [x], Tensor("y", (4,)))])
    explanation("first", graph)
    explanation("nothing", Graph(x, list(graph.nodes)))
    assert [step.what for step in explanation.steps] == ["first"]
    assert list(explanation.text()) == ["first (1 operator):", "  x  4  input", "  y  4  softmax"]


def test_branches_say_what_they_take():
    x, y, z = (Tensor(name, (4,)) for name in "xyz")
    nodes = [Node("softmax", [x], y), Node("binary", [x, y], z, {"kind": 1})]
    assert rows(Graph(x, nodes))[2] == ("z", "4", "binary add of x and y")
    constant = Tensor("c", (1,), np.full(1, 2, np.float16))
    nodes = [Node("binary", [x, constant], y, {"kind": 2})]
    assert rows(Graph(x, nodes))[1] == ("y", "4", "binary multiply [1 float16: 2]")


def test_every_pass_says_what_it_does():
    for one in PASSES:
        assert (one.__doc__ or "").strip(), one


def test_a_pipe_gets_plain_text(path, tmp_path):
    code = "import sys; from fmnistrt.convert.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = [str(path), str(tmp_path / "a.fmg"), "--no-verify", "--explain"]
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert "\x1b" not in result.stdout
    assert "the finished model" in result.stdout
