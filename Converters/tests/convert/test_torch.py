"""PyTorch's files, made by real versions of it and stored with its answers."""

import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest

import reference
from fmnistrt.convert import cli
from fmnistrt.convert.checkpoint import Checkpoint, SourceOptions
from fmnistrt.convert.convert import Options, convert
from fmnistrt.convert.frontends import read
from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.torch.architecture import Architecture
from torch_files import File, Plain, module

FOLDER = Path(__file__).parent / "torch-files"
OWN = "conv(stride=2) prelu adaptive_avgpool flatten linear"
SEQUENTIAL = (
    "conv(padding=1) bn relu maxpool conv(stride=2x1) leaky_relu(slope=0.2) avgpool(padding=1) "
    "flatten dropout linear"
)
REAL = {
    "state": (SEQUENTIAL, "sequential"),
    "state-old": (SEQUENTIAL, "sequential"),
    "module": (None, "sequential"),
    "module-old": (None, "small"),
    "activations": (None, "activations"),
    "own": (OWN, "own"),
    "training": (OWN, "own"),
    "lightning": (OWN, "own"),
    "bfloat16": (OWN, "bfloat16"),
    "half-old": (OWN, "half"),
    "views": (OWN, "own"),
    "views-old": (OWN, "own"),
}
FILES = [
    (path, version, *REAL[name])
    for path in sorted(FOLDER.glob("*.pt"))
    for version, _, name in [path.stem.partition("-")]
]


def architecture(line, image=(12, 12, 1)):
    return Architecture(line, image)


def opened(content, given):
    """What the front end makes of a file with these layers."""
    return read(Checkpoint("x", content), SourceOptions(architecture=given))


@pytest.mark.parametrize("path,version,line,answer", FILES, ids=[file[0].stem for file in FILES])
def test_answers_as_pytorch_does(path, version, line, answer):
    stored = np.load(FOLDER / f"{version}.npz")
    content, inputs = path.read_bytes(), stored["x"].transpose(0, 2, 3, 1)
    result = opened(content, architecture(line))
    np.testing.assert_allclose(result.evaluate(inputs), stored[answer], atol=1e-5)
    options = Options(labels=[], source=SourceOptions(architecture=architecture(line)))
    file = reference.read(convert(Checkpoint(path.name, content), options).content)
    np.testing.assert_allclose(reference.run(file, inputs), stored[answer], atol=1e-5)


def test_both_layouts_of_both_versions_are_there():
    names = {path.stem for path in FOLDER.glob("*.pt")}
    assert {f"{v}-state{old}" for v in ("1.13", "2.13") for old in ("", "-old")} <= names


def real(name):
    return (FOLDER / f"2.13-{name}.pt").read_bytes()


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def mlp(file, names=("0", "2"), **options):
    first, last = names
    return {
        f"{first}.weight": file.tensor(numbers(3, 8, seed=1), **options),
        f"{first}.bias": file.tensor(numbers(3, seed=2), **options),
        f"{last}.weight": file.tensor(numbers(2, 3, seed=3), **options),
        f"{last}.bias": file.tensor(numbers(2, seed=4), **options),
    }


MLP = Architecture("linear relu linear", (4, 2, 1))


def expected(x):
    x = x.reshape(len(x), -1).astype(np.float64)
    x = np.maximum(x @ numbers(3, 8, seed=1).T + numbers(3, seed=2), 0)
    return x @ numbers(2, 3, seed=3).T + numbers(2, seed=4)


def check_mlp(content, given=MLP):
    x = numbers(5, *given.image, seed=9)
    result = opened(content, given)
    np.testing.assert_allclose(result.evaluate(x), expected(x), atol=1e-5)
    assert result.output_kind == "logits"
    return result


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("layout", ["zipped", "old"])
@pytest.mark.parametrize("place", ["", "state_dict", "net", "anything"])
@pytest.mark.parametrize("location", ["cpu", "cuda:0", "mps"])
def test_places_devices_and_byte_orders(order, layout, place, location):
    file = File(order)
    state = mlp(file, location=location)
    value = {"epoch": 1, place: state} if place else state
    check_mlp(getattr(file, layout)(value))


@pytest.mark.parametrize("kind,dtype", [("Double", "f8"), ("cuda.Float", "f4")])
def test_other_types_of_storages(kind, dtype):
    file = File()
    state = {
        "0.weight": file.tensor(numbers(3, 8, seed=1).astype(dtype), kind),
        "0.bias": file.tensor(numbers(3, seed=2).astype(dtype), kind),
        "1.weight": file.tensor(numbers(2, 3, seed=3).astype(dtype), kind),
        "1.bias": file.tensor(numbers(2, seed=4).astype(dtype), kind),
    }
    check_mlp(file.zipped(state))


def test_plain_pickles():
    file = Plain()
    check_mlp(file.pickled({"epoch": 1, "net": mlp(file)}))


BESIDE = {
    "rng_state": lambda file: file.tensor(np.zeros(16, np.uint8), "Byte"),
    "class_weights": lambda file: file.tensor(numbers(2)),
    "momentum": lambda file: {"exp_avg": file.tensor(numbers(3, 8))},
}


@pytest.mark.parametrize("place", ["state_dict", "anything"])
def test_tensors_beside_the_weights(place):
    file = File()
    beside = {name: make(file) for name, make in BESIDE.items()}
    result = check_mlp(file.zipped({**beside, place: mlp(file)}))
    assert not any("not used" in note for note in result.notes)


def test_the_usual_place_of_weights_comes_first():
    file = File()
    other = mlp(file, names=("a", "b"))
    result = check_mlp(file.zipped({"ema": other, "model": mlp(file)}))
    assert result.notes[0] == "the weights are those in 'model'; not used: ema"


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_wrappers_around_the_model(prefix):
    file = File()
    state = {f"{prefix}{name}": tensor for name, tensor in mlp(file).items()}
    if prefix == "module.":
        state["n_averaged"] = file.tensor(np.zeros((), np.int64), "Long")
    result = check_mlp(file.zipped(state))
    assert result.notes == ["the layers have these tensors: linear@0 linear@2"]


def test_a_storage_that_is_a_part_of_another():
    file = File()
    whole = np.concatenate([np.zeros(7, np.float32), numbers(2, seed=4)])
    state = mlp(file)
    state["2.bias"] = file.tensor(whole, shape=(2,), view=(("v", 7, 2),))
    check_mlp(file.old(state, without=("3",)))


def safetensors(arrays):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    names = {"float32": "F32", "float16": "F16", "int64": "I64"}
    for name, array in sorted(arrays.items()):
        span = [len(data), len(data) + array.nbytes]
        kind = names[array.dtype.name]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": span}
        data += array.tobytes()
    encoded = json.dumps(header).encode()
    return struct.pack("<Q", len(encoded)) + encoded + data


def npz(arrays):
    output = io.BytesIO()
    np.savez(output, **arrays)
    return output.getvalue()


ARRAYS = {
    "fc2.weight": numbers(3, 8, seed=1),
    "fc2.bias": numbers(3, seed=2),
    "fc10.weight": np.asfortranarray(numbers(2, 3, seed=3)),
    "fc10.bias": numbers(2, seed=4),
}


@pytest.mark.parametrize("write", [safetensors, npz])
def test_files_of_arrays(write):
    arrays = ARRAYS if write is npz else {k: np.ascontiguousarray(v) for k, v in ARRAYS.items()}
    result = check_mlp(write(arrays))
    assert result.framework == {"npz": "numpy", "safetensors": "safetensors"}[write.__name__]
    assert any("no order" in note for note in result.notes) == (write is safetensors)
    assert "linear@fc2 linear@fc10" in result.notes[0]


def test_binding_by_name():
    file = File()
    content = file.zipped(mlp(file, names=("last", "first")))
    # The file's order is the other way round than the names suggest; naming both is exact.
    check_mlp(content, Architecture("linear@last relu linear@first", MLP.image))
    with pytest.raises(ConvertError, match=r"made for 3 values, but gets 8"):
        opened(content, Architecture("linear@first relu linear", MLP.image))


def test_names_may_lack_their_beginning():
    file = File()
    content = file.zipped(mlp(file, names=("model.a.0", "model.b.0")))
    check_mlp(content, Architecture("linear@a.0 relu linear@b.0", MLP.image))
    with pytest.raises(ConvertError, match="several"):
        opened(content, Architecture("linear@0 relu linear@b.0", MLP.image))


def test_flatten_is_in_the_order_of_pytorch():
    file = File()
    kernel, weights = numbers(3, 2, 1, 1), numbers(2, 18, seed=1)
    state = {"c.weight": file.tensor(kernel), "f.weight": file.tensor(weights)}
    result = opened(file.zipped(state), Architecture("conv flatten linear", (2, 3, 2)))
    x = numbers(4, 2, 3, 2, seed=5)
    image = np.einsum("nhwc,oc->nohw", x, kernel[:, :, 0, 0])
    np.testing.assert_allclose(result.evaluate(x), image.reshape(4, -1) @ weights.T, atol=1e-5)


def test_kinds_of_output():
    file = File()
    content = file.zipped(mlp(file))
    for line, probabilities, kind in [
        ("linear relu linear", False, "logits"),
        ("linear relu linear", True, "probabilities"),
        ("linear relu linear softmax", False, "probabilities"),
        ("linear relu linear softmax", True, "probabilities"),
        ("linear relu linear log_softmax", False, "logits"),
        ("linear relu linear sigmoid", False, "scores"),
    ]:
        result = opened(content, Architecture(line, MLP.image, probabilities))
        assert result.output_kind == kind
        sums = result.evaluate(numbers(3, *MLP.image)).sum(axis=1)
        assert np.allclose(sums, 1) == (kind == "probabilities")


def test_a_sequential_within_a_checkpoint():
    file = File()

    def linear(rows, columns, seed):
        tensors = {
            "weight": file.tensor(numbers(rows, columns, seed=seed)),
            "bias": file.tensor(numbers(rows, seed=seed + 1)),
        }
        return module("linear.Linear", tensors=tensors)

    head = module("container.Sequential", {"0": linear(2, 3, 3)})
    inner = {"0": linear(3, 8, 1), "1": module("activation.ReLU"), "2": head}
    content = file.zipped({"model": module("container.Sequential", inner), "epoch": 1})
    check_mlp(content, Architecture(None, MLP.image))


def test_the_proposed_line_converts(tmp_path, capsys):
    path, output = tmp_path / "best.ckpt", tmp_path / "model.fmg"
    file = File()
    state = {
        "features.0.weight": file.tensor(numbers(4, 1, 3, 3)),
        "features.1.weight": file.tensor(numbers(4)),
        "features.1.bias": file.tensor(numbers(4)),
        "features.1.running_mean": file.tensor(numbers(4)),
        "features.1.running_var": file.tensor(np.abs(numbers(4))),
        "features.1.num_batches_tracked": file.tensor(np.zeros((), np.int64), "Long"),
        "features.4.weight": file.tensor(numbers(6, 4, 3, 3)),
        "head.weight": file.tensor(numbers(10, 294) / 20),
        "head.bias": file.tensor(numbers(10)),
    }
    path.write_bytes(file.zipped({"state_dict": state}))
    assert cli.main([str(path), str(output), "--no-verify"]) == 1
    error = capsys.readouterr().err
    assert "features.0.weight 4x1x3x3" in error
    assert "num_batches_tracked" not in error
    line = error.partition('--arch "')[2].rstrip('"\n')
    assert line == "conv(padding=1) bn relu maxpool conv(padding=1) relu maxpool flatten linear"
    assert cli.main([str(path), str(output), "--no-verify", "--arch", line]) == 0
    printed = capsys.readouterr().out
    assert "conv@features.0 bn@features.1 conv@features.4 linear@head" in printed
    assert "10 classes (logits), from pytorch" in printed
    found = reference.read(output.read_bytes())
    answers = reference.classify(found, found.golden_inputs)
    assert np.abs(answers - found.golden_outputs).max() <= found.tolerance


def test_lines_proposed_for_functional_modules(refused):
    """Between its layers such a module calls functions, of which the file knows nothing."""
    path = Path(__file__).parents[1] / "real" / "files" / "torch-1.0.0-module.pkl"
    line = "conv(padding=1) bn relu maxpool " * 2 + "conv relu maxpool flatten linear relu linear"
    refused(path.read_bytes(), f'--arch "{line}"', "--module FILE.py:CLASS", "__main__.Net")


def test_lines_proposed_for_other_models(refused):
    assert '--arch "conv(stride=2) prelu adaptive_avgpool flatten linear"' in refused(real("own"))
    file = File()
    content = file.zipped(mlp(file))
    error = refused(content, arguments=["--input", "4x2x1"])
    assert '--arch "flatten linear relu linear"' in error
    lenet = {
        "conv1.weight": file.tensor(numbers(6, 1, 5, 5)),
        "conv2.weight": file.tensor(numbers(16, 6, 5, 5)),
        "fc1.weight": file.tensor(numbers(120, 256)),
        "fc2.weight": file.tensor(numbers(10, 120)),
    }
    line = '--arch "conv relu maxpool conv relu maxpool flatten linear relu linear"'
    assert line in refused(file.zipped(lenet))
