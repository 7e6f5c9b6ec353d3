"""fmnist-inspect: what it tells is what the models were made of."""

import re

import numpy as np
import pytest

import make_models
from conftest import ROOT, SHIPPED, TINY
from fmg import write

MODELS = ROOT / "Tests/models"
KINDS = {"scores": 0, "probabilities": 1, "logits": 2}


@pytest.fixture
def made(tmp_path):
    """Writes a model, after a change to it."""

    def make(name, change=lambda model: None, maker=make_models.tiny):
        model = maker()
        change(model)
        path = tmp_path / name
        path.write_bytes(write(model))
        return path

    return make


def flattened(attributes):
    """Numbers of a node's attributes in their order; names of kinds as None."""
    for value in attributes.values():
        for number in value if isinstance(value, list) else [value]:
            yield None if isinstance(number, str) else number


@pytest.mark.parametrize("name", make_models.MODELS)
def test_json_is_what_the_model_was_made_of(inspect, name):
    model = make_models.MODELS[name]()
    found = inspect(MODELS / f"{name}.fmg", "--json").json
    assert found["metadata"] == model.metadata
    assert found["labels"] == (model.labels or [])
    assert KINDS[found["output"]["kind"]] == model.output_kind
    assert found["golden_vectors"] == (len(model.golden[0]) if model.golden else 0)
    assert found["file_bytes"] == (MODELS / f"{name}.fmg").stat().st_size
    shapes = {tensor.name: list(tensor.shape) for tensor in model.tensors}
    assert len(found["nodes"]) == len(model.nodes)
    for node, expected in zip(found["nodes"], model.nodes, strict=True):
        assert (node["name"], node["inputs"]) == (expected.output, expected.inputs)
        assert node["shape"] == shapes[expected.output]
        if expected.operator != "activation":
            assert node["operator"] == expected.operator
        numbers = list(flattened(node["attributes"]))
        assert len(numbers) == len(expected.attributes)
        for number, attribute in zip(numbers, expected.attributes, strict=True):
            if number is not None:
                assert number == pytest.approx(attribute, rel=1e-6)
    constants = [tensor for tensor in model.tensors if tensor.value is not None]
    assert [(c["name"], c["shape"], c["bytes"]) for c in found["constants"]] == [
        (tensor.name, list(tensor.shape), tensor.value.nbytes) for tensor in constants
    ]
    assert found["parameters"] == sum(tensor.value.size for tensor in constants)
    assert sum(node["multiply_adds"] for node in found["nodes"]) == found["multiply_adds"]
    assert sum(step["packed_bytes"] for step in found["steps"]) == found["packed_bytes"]
    assert found["steps"][0]["operators"].startswith("input")


def test_preparation(inspect):
    def text(name):
        return re.search(r"^input +(.*)$", inspect(MODELS / name).out, re.M)[1]

    assert text("tiny.fmg") == "28x28x1, pixels p: p / 255.0"
    means = "[1.0, 0.9, 0.8]) / [0.5, 0.6, 0.7]"
    assert text("operators.fmg") == f"8x8x3, pixels p: ((255 - p) / 127.5 - {means}"
    assert text("vector.fmg") == "5, pixels p: none, the model takes no pixels"


def test_text_for_people(inspect):
    text = inspect(TINY, "--isa", "baseline").out
    assert re.search(r"^conv +conv2d +stride 2, pad 1 +input +14x14x4 +f32 +40 +160 B", text, re.M)
    assert re.search(r"^relu +activation +kind clip, b inf +conv ", text, re.M)
    assert re.search(r"^pool +conv2d\+clip\+max_pool +f32_conv__baseline ", text, re.M)
    for word in ("framework", "Ankle boot", "golden vectors  3", "instructions    baseline"):
        assert word in text


def test_standard_input(inspect):
    answer = inspect("-", "--json", stdin=TINY.read_bytes())
    assert answer.json["file"] == "-"
    assert answer.json["nodes"]


def test_dot(inspect):
    lines = inspect(MODELS / "operators.fmg", "--dot").out.splitlines()
    model = make_models.operators()
    assert lines[0] == "digraph model {" and lines[-1] == "}"
    boxes = [line for line in lines if re.match(r'  t\d+ \[label="', line)]
    assert len(boxes) == len(model.nodes) + 1
    constants = {tensor.name for tensor in model.tensors if tensor.value is not None}
    edges = sum(name not in constants for node in model.nodes for name in node.inputs)
    assert sum(" -> t" in line for line in lines) == edges
    assert '  t2 -> t3 [label="10x10x6"]' in lines


def test_dot_escapes_names(inspect, made):
    def rename(model):
        model.tensors[0].name = 'a"b\\'
        model.nodes[0].inputs[0] = 'a"b\\'

    text = inspect(made("quotes.fmg", rename), "--dot").out
    assert r't0 [label="a\"b\\\ninput"' in text


@pytest.mark.parametrize("path", [SHIPPED, TINY, MODELS / "bytes.fmg"], ids=lambda p: p.name)
def test_self_test(inspect, path):
    answer = inspect(path, "--self-test", "--json")
    assert answer.status == 0
    report = answer.json
    assert report["passed"]
    assert report["results"][0]["instructions"] == "baseline"
    for result in report["results"]:
        assert result["largest_difference"] <= report["tolerance"]
        assert result["failures"] == []


def test_self_test_that_fails(inspect, made):
    def spoil(model):
        inputs, outputs, tolerance = model.golden
        outputs = outputs.copy()
        outputs[1, 3] += 0.01
        model.golden = (inputs, outputs, tolerance)

    path = made("wrong.fmg", spoil)
    answer = inspect(path, "--self-test")
    assert answer.status == 1
    assert "FAILED: pictures 1" in answer.out
    report = inspect(path, "--self-test", "--json", "--isa", "baseline").json
    assert not report["passed"]
    (result,) = report["results"]
    assert result["failures"] == [1]
    assert result["largest_difference"] == pytest.approx(0.01, rel=1e-3)


def test_self_test_of_one_instruction_set(inspect):
    report = inspect(TINY, "--self-test", "--json", environment={"FMNISTRT_ISA": "baseline"}).json
    assert [result["instructions"] for result in report["results"]] == ["baseline"]


def test_self_test_without_golden_vectors(inspect):
    answer = inspect(MODELS / "vector.fmg", "--self-test")
    assert answer.status == 1
    assert "no golden vectors" in answer.err


def test_diff_of_the_same(inspect):
    answer = inspect(TINY, "--diff", TINY)
    assert (answer.status, answer.out) == (0, "no differences\n")
    assert inspect(TINY, "--diff", TINY, "--json").json["same"]


def test_diff(inspect, made):
    def change(model):
        weights = next(t for t in model.tensors if t.name == "dense.weights")
        weights.value = weights.value.copy()
        weights.value[2, 5] += 0.5
        weights.value[3, 7] -= 0.25
        model.metadata["name"] = "other"
        del model.metadata["framework"]
        model.labels = [label.upper() for label in model.labels]
        model.nodes[1].attributes[2] = 6.0

    answer = inspect(TINY, "--diff", made("new.fmg", change), "--json")
    assert answer.status == 1
    report = answer.json
    assert not report["same"]
    metadata = {entry["name"]: (entry["old"], entry["new"]) for entry in report["metadata"]}
    assert metadata == {"framework": ("none", None), "name": ("tiny", "other")}
    assert [entry["name"] for entry in report["interface"]] == ["labels"]
    (node,) = report["graph"]
    assert node["name"] == "relu" and "b inf" in node["old"] and "b 6.0" in node["new"]
    (weights,) = report["weights"]
    assert (weights["name"], weights["differ"], weights["of"]) == ("dense.weights", 2, 1960)
    assert weights["largest"] == pytest.approx(0.5, rel=1e-6)
    expected = np.sqrt((0.5**2 + 0.25**2) / 1960)
    assert weights["root_mean_square"] == pytest.approx(expected, rel=1e-5)


def test_diff_of_another_type_of_floats(inspect, made):
    def half(model):
        weights = next(t for t in model.tensors if t.name == "dense.weights")
        weights.value = weights.value.astype(np.float16)

    report = inspect(TINY, "--diff", made("half.fmg", half), "--json").json
    (entry,) = report["graph"]
    assert (entry["old"], entry["new"]) == ("10x196 f32", "10x196 f16")
    (weights,) = report["weights"]
    assert 0 < weights["largest"] < 2e-3


def test_diff_of_golden_vectors(inspect, made):
    def change(model):
        inputs, outputs, tolerance = model.golden
        model.golden = (inputs[::-1].copy(), outputs[::-1].copy(), tolerance)

    report = inspect(TINY, "--diff", made("turned.fmg", change), "--json").json
    assert [entry["name"] for entry in report["interface"]] == ["golden vectors"]
    assert not report["weights"] and not report["graph"]


def test_files_that_must_fail(inspect):
    """Each damaged model is one line of error."""
    files = sorted((ROOT / "Tests/Corpus/must-fail").glob("*.fmg"))
    for path in files[::7]:
        answer = inspect(path)
        assert answer.status == 1, path
        assert answer.err.startswith(f"fmnist-inspect: {path}: ")
        assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "no model given"),
        (("a.fmg", "b.fmg"), "--diff FILE compares two"),
        (("a.fmg", "--diff"), "--diff needs a value"),
        (("a.fmg", "--dot", "--json"), "exclude each other"),
        (("a.fmg", "--dot", "--self-test"), "exclude each other"),
        (("-", "--diff", "-"), "only once"),
        (("a.fmg", "--isa", "v9"), "expected one of: auto, baseline"),
        (("a.fmg", "--bad"), "unknown option --bad"),
    ],
)
def test_wrong_command_lines(inspect, arguments, word):
    answer = inspect(*arguments)
    assert answer.status == 2
    assert word in answer.err
    assert "Try: fmnist-inspect --help" in answer.err


def test_missing_file_and_other_files(inspect):
    answer = inspect("nothing.fmg")
    assert (answer.status, answer.err) == (
        1,
        "fmnist-inspect: nothing.fmg: No such file or directory\n",
    )
    assert "not an .fmg file" in inspect(ROOT / "README.md").err
    assert inspect(ROOT).status == 1
    assert "nothing.fmg" in inspect(TINY, "--diff", "nothing.fmg").err


def test_help_and_version(inspect):
    text = inspect("--help").out
    for option in ("--self-test", "--diff", "--dot", "--json", "--isa"):
        assert option in text
    assert re.fullmatch(r"fmnist-inspect \d+\.\d+\.\d+ \(library .*\)\n", inspect("--version").out)
