"""What a file is, is told by its content: files of many kinds, real ones where a tool is there."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import random
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
import scipy.io
from onnx import parser, printer
from sklearn.linear_model import LogisticRegression

from fmnistrt.convert import cli
from fmnistrt.convert.checkpoint import Checkpoint
from fmnistrt.convert.frontends import FRONT_ENDS, front_end_of
from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.recognise import describe
from fmnistrt.convert.recognise.kind import MODEL_SUFFIXES, lies
from fmnistrt.convert.recognise.pickles import names_in

REAL = Path(__file__).parents[1] / "real" / "foreign"


def zipped(members):
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return output.getvalue()


def tarred(members):
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return output.getvalue()


def dumped(value, **options):
    output = io.BytesIO()
    joblib.dump(value, output, **options)
    return output.getvalue()


def matlab():
    output = io.BytesIO()
    scipy.io.savemat(output, {"weights": np.ones((3, 4))})
    return output.getvalue()


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("the pickle was executed",))


def message(*parts):
    """A protobuf message of (number, value): a whole number, or bytes."""
    result = b""
    for number, value in parts:
        if isinstance(value, int):
            result += varint(number << 3) + varint(value)
        else:
            result += varint(number << 3 | 2) + varint(len(value)) + value
    return result


def varint(value):
    result = b""
    while value > 127:
        result += bytes([value & 127 | 128])
        value >>= 7
    return result + bytes([value])


SKLEARN = LogisticRegression().fit(np.eye(3), [0, 1, 2])
IDENTITY = parser.parse_model(
    '<ir_version: 8, opset_import: ["" : 17]> a (float[1,4] x) => (float[1,4] y) { y = Relu(x) }'
)
IDENTITY.producer_name = "test"
GRAPH = [(1, message((1, b"x"), (2, b"Placeholder"))), (1, message((1, b"y"), (2, b"Relu")))]
LAYER = message((1, b"conv1"), (2, b"Convolution"), (7, message((5, struct.pack("<f", 1)))))

KINDS = {
    "empty": (b"", "is empty"),
    "fmg": (b"\x89FMG\r\n\x1a\n" + bytes(100), "is an .fmg file already"),
    "git-lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    "dvc": (b"outs:\n- md5: 0123\n  path: model.h5\n", "dvc pull"),
    # Other things than models.
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(50), "fmnist-classify"),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(50), "JPEG"),
    "webp": (b"RIFF\0\0\0\0WEBPVP8 ", "WebP"),
    "gif": (b"GIF89a" + bytes(9), "GIF"),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "elf": (b"\x7fELF" + bytes(60), "is a program"),
    "exe": (b"MZ" + bytes(126) + b"PE\0\0" + bytes(60), "is a program"),
    "idx": (struct.pack(">HBBIII", 0, 8, 3, 1, 2, 2) + bytes(4), "images in the IDX format"),
    "npy": (b"\x93NUMPY\x01\0" + bytes(50), "NumPy array"),
    "matlab": (matlab(), "MATLAB"),
    "text": (b"hello\nworld\n", "is a text file"),
    "utf-16": ("hello\nworld\n".encode("utf-16"), "is a text file"),
    "csv": (b"label,pixel1,pixel2\n1,2,3\n4,0,255\n", "comma-separated"),
    "html": (b"<!DOCTYPE html><html>404</html>", "web page, probably of a failed download"),
    "html later": (b"\xef\xbb\xbf\n  <html>", "web page"),
    "s3 error": (b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', "failed"),
    "xml": (b'<?xml version="1.0"?>\n<a/>', "XML"),
    "python": (b"import torch\n\nclass Net(torch.nn.Module):\n    pass\n", "is Python code"),
    "notebook": (b'{"cells": [' + b"1," * 9000 + b'2], "nbformat": 4}', "is a notebook"),
    "sqlite": (b"SQLite format 3\0" + bytes(80), "SQLite"),
    "noise": (random.Random(1).randbytes(500), "not a file of a kind that is known"),
    # Compressed and packed.
    "gzip": (gzip.compress(bytes(50)), "gunzip"),
    "gzip cut off": (b"\x1f\x8b\x08", "gunzip"),
    "bzip2": (bz2.compress(bytes(50)), "bunzip2"),
    "xz": (lzma.compress(bytes(50)), "unxz"),
    "lzma": (lzma.compress(bytes(50), format=lzma.FORMAT_ALONE), "unlzma"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(20), "unzstd"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    "rar": (b"Rar!\x1a\x07\x00", "RAR"),
    "tar": (tarred({"notes.txt": b"x"}), "is a tar archive"),
    "tar with a model": (tarred({"./run/best.h5": b"x"}), "tar archive that holds run/best.h5"),
    "tar.gz": (gzip.compress(tarred({"a": b"x"})), "tar archive, compressed with gzip"),
    "tar cut off": (tarred({"a": b"x"})[:600], "tar archive"),
    "zipped model": (zipped({"best.keras": b"x"}), "a zip archive that holds best.keras"),
    "other zip": (zipped({"readme.txt": b"x"}), "not one of Keras"),
    "damaged zip": (zipped({"readme.txt": b"x"})[:30], "damaged zip"),
    "docx": (zipped({"[Content_Types].xml": b"x"}), "office document"),
    "jar": (zipped({"META-INF/MANIFEST.MF": b"x"}), "Java archive"),
    # PyTorch.
    "torchscript": (zipped({"m/data.pkl": b"x", "m/code/a.py": b""}), "TorchScript"),
    "torch.export": (zipped({"m/archive_format": b"pt2"}), "torch.export"),
    "torch 0.1": (tarred({"sys_info": b"", "pickle": b"", "storages": b""}), "PyTorch 0.1"),
    "mar": (zipped({"MAR-INF/MANIFEST.json": b"x", "net.pt": b""}), "TorchServe"),
    # TensorFlow.
    "meta graph": (message((1, message((5, b"1.15"))), (2, message(*GRAPH))), "TensorFlow check"),
    "saved model": (message((1, 1), (2, message((2, message(*GRAPH))))), "without its variables"),
    "graph as text": (b'node {\n  name: "x"\n  op: "Relu"\n}\n', "TensorFlow graph as text"),
    "saved model as text": (b"saved_model_schema_version: 1\n", "SavedModel as text"),
    "last checkpoint": (b'model_checkpoint_path: "best.ckpt-9"\n', "give best.ckpt-9.index"),
    "tf.js": (b'{"format": "layers-model", "modelTopology": {}}', "TensorFlow.js"),
    # Keras and ONNX, not whole.
    "architecture": (b'{"class_name": "Sequential", "config": []}', "without its weights"),
    "yaml": (b"backend: tensorflow\nclass_name: Sequential\nconfig:\n", "without its weights"),
    "onnx as text": (printer.to_text(IDENTITY).encode(), "onnx.parser"),
    "onnx in protobuf's text": (str(IDENTITY).encode(), "text_format"),
    "damaged onnx": (IDENTITY.SerializeToString()[:-9], "damaged ONNX"),
    # Pickles.
    "hostile pickle": (pickle.dumps(Evil()), "Python pickle, which is never executed"),
    "arrays": (pickle.dumps({"w": np.ones(3)}), "pickle of NumPy arrays"),
    **{
        f"arrays {method}": (
            dumped({"w": np.ones(3)}, compress=(name, 3)),
            f"pickle of NumPy arrays, which is never executed here, compressed with {method}",
        )
        for method, name in [*((one, one) for one in ("zlib", "gzip", "xz")), ("bzip2", "bz2")]
    },
    "safetensors index": (b'{"metadata": {}, "weight_map": {}}', "safetensors"),
    # Other libraries.
    "core ml": (message((1, 4), (2, message((1, b"x"))), (500, b"")), "Core ML"),
    "caffe": (message((1, b"LeNet"), (100, LAYER), (100, LAYER)), "Caffe model"),
    "caffe 1": (message((1, b"LeNet"), (2, LAYER), (2, LAYER)), "Caffe model"),
    "prototxt": (b'name: "LeNet"\nlayer {\n  name: "data"\n}\n', "layers of a Caffe model"),
    "darknet": (b"# tiny\n[net]\nbatch=64\n", "Darknet"),
    "ncnn": (b"7767517\n3 3\nInput data 0 1 data\n", "ncnn"),
    "openvino": (b'<?xml version="1.0"?>\n<net name="a" version="11">', "OpenVINO"),
    "pmml": (b'<PMML version="4.4">', "PMML"),
    "opencv": (b"%YAML:1.0\n---\nopencv_ml_svm:\n", "OpenCV"),
    "libsvm": (b"svm_type c_svc\nkernel_type rbf\n", "LIBSVM"),
    "transformers": (b'{"architectures": ["ViT"]}', "transformers"),
    "gguf": (b"GGUF" + bytes(20), "language model"),
    "json": (b'{"loss": 1}', "is JSON"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["model.bin", "model.keras"])
def test_foreign_files(refused, kind, name):
    content, words = KINDS[kind]
    assert not any(one.recognises(Checkpoint(name, content)) for one in FRONT_ENDS)
    refused(content, words, name=name)


REAL_KINDS = {
    "catboost.cbm": "CatBoost",
    "coreml.mlmodel": "Core ML",
    "lightgbm.pkl": "pickle of LightGBM",
    "lightgbm.txt": "LightGBM model",
    "mxnet.json": "MXNet",
    "mxnet.params": "MXNet",
    "torch-1.0.0-script.pt": "TorchScript",
    "torch-2.13.0-package.pt": "torch.package",
    "torch-2.13.0-program.pt2": "program of torch.export",
    "torch-2.13.0-script.pt": "TorchScript",
    "xgboost.json": "XGBoost",
    "xgboost.ubj": "XGBoost",
}


@pytest.mark.parametrize("name", REAL_KINDS)
def test_files_of_other_tools(refused, name):
    error = refused((REAL / name).read_bytes(), REAL_KINDS[name], name=name)
    assert "whatever its name says" not in error


def test_every_file_of_other_tools_is_told():
    assert {path.name for path in REAL.iterdir()} == set(REAL_KINDS)
    assert sum(path.stat().st_size for path in REAL.iterdir()) < 200_000


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("best.ckpt.data-00000-of-00001", "give the .index beside it"),
        ("model.onnx.data", "give the .onnx beside"),
        ("net.pdiparams", "PaddlePaddle"),
        ("net.h5", "not a file of a kind that is known here: give"),
    ],
)
def test_names_of_files_without_a_signature(name, words):
    assert words in describe(Checkpoint(name, random.Random(2).randbytes(300)))


def test_names_that_lie():
    text = KINDS["png"][0]
    assert "is a PNG picture, not a checkpoint, whatever its name says:" in describe(
        Checkpoint("net.h5", text)
    )
    for name in ("net.png", "net", "net.ckpt", "net.bin"):
        assert "whatever" not in describe(Checkpoint(name, text))
    assert "whatever" not in describe(Checkpoint("a.joblib", KINDS["arrays"][0]))
    assert "whatever" in describe(Checkpoint("a.KERAS", KINDS["arrays"][0]))
    for one in FRONT_ENDS:
        assert set(one.suffixes) <= set(MODEL_SUFFIXES), one.name
        assert not any(lies(f"a{suffix}", one.suffixes) for suffix in one.suffixes)


def test_a_lying_name_is_noted(tmp_path, capsys):
    path = tmp_path / "net.h5"
    path.write_bytes(IDENTITY.SerializeToString())
    arguments = [str(tmp_path / "out.fmg"), "--no-verify", "--force"]
    assert cli.main([str(path), *arguments]) == 0
    assert "note: net.h5 is an ONNX file, whatever its name says" in capsys.readouterr().out
    path = path.rename(tmp_path / "net.onnx")
    assert cli.main([str(path), *arguments]) == 0
    assert "whatever" not in capsys.readouterr().out


def test_folders(tmp_path, capsys):
    folder = tmp_path / "m"
    folder.mkdir()
    for name, words in [
        ("nothing", "is a folder: give the checkpoint file in it"),
        ("b.onnx", "is a folder: give one of its files: b.onnx"),
        ("a.keras", "give one of its files: a.keras, b.onnx"),
        ("data.pkl", "unpacked file of PyTorch"),
        ("saved_model.pbtxt", "is a TensorFlow SavedModel as text"),
    ]:
        (folder / name).touch()
        assert cli.main([str(folder), str(tmp_path / "o.fmg")]) == 1
        assert words in capsys.readouterr().err
        assert not (tmp_path / "o.fmg").exists()


def test_prefixes_of_tensorflow(tmp_path, capsys):
    (tmp_path / "best.ckpt.index").write_bytes(KINDS["png"][0])
    assert cli.main([str(tmp_path / "best.ckpt"), str(tmp_path / "o.fmg")]) == 1
    assert "best.ckpt: is a PNG picture" in capsys.readouterr().err
    output = str(tmp_path / "best.ckpt.index")
    assert cli.main([str(tmp_path / "best.ckpt"), output, "--force"]) == 1
    assert "the output is the checkpoint itself" in capsys.readouterr().err


def test_checkpoints_know_their_digest(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x").write_bytes(b"1")
    (tmp_path / "a" / "y").write_bytes(b"2")
    digests = {Checkpoint.open(tmp_path / "a").sha256}
    lines = subprocess.run(
        ["sha256sum", "y", "b/x"], cwd=tmp_path / "a", check=True, capture_output=True
    ).stdout
    whole = subprocess.run(["sha256sum"], input=lines, check=True, capture_output=True).stdout
    assert digests == {whole.decode().split()[0]}
    (tmp_path / "a" / "y").write_bytes(b"3")
    digests.add(Checkpoint.open(tmp_path / "a").sha256)
    (tmp_path / "a" / "y").rename(tmp_path / "a" / "z")
    digests.add(Checkpoint.open(tmp_path / "a").sha256)
    assert len(digests) == 3


def test_names_of_checkpoints(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").write_bytes(b"1")
    (tmp_path / "link.pt").symlink_to(tmp_path / "folder" / "x")
    monkeypatch.chdir(tmp_path / "folder")
    for path, name in [
        (".", "folder"),
        ("..", tmp_path.name),
        ("x", "x"),
        ("../link.pt", "link.pt"),
    ]:
        assert Checkpoint.open(Path(path)).name == name


def test_names_in_pickles():
    for protocol in range(6):
        names = names_in(pickle.dumps(SKLEARN, protocol))
        assert "sklearn.linear_model._logistic.LogisticRegression" in names
        assert any(name.startswith("numpy.") for name in names)


def test_damage_and_noise_never_crash():
    source = random.Random(5)
    contents = [content for content, _ in KINDS.values() if content]
    contents += [path.read_bytes()[:5000] for path in REAL.iterdir()]
    for content in contents:
        for _ in range(25):
            damaged = bytearray(content[: source.randrange(1, len(content) + 1)])
            for _ in range(source.randrange(4)):
                damaged[source.randrange(len(damaged))] = source.randrange(256)
            checkpoint = Checkpoint("a", bytes(damaged))
            assert describe(checkpoint).startswith("is ")
            try:
                assert front_end_of(checkpoint) in FRONT_ENDS
            except ConvertError as error:
                assert str(error) == describe(checkpoint)


def test_nothing_heavy_is_loaded_for_what_is_refused(tmp_path):
    """Whatever a file is, nothing but its own library is loaded to tell it."""
    files = []
    for kind in ("noise", "meta graph", "arrays gzip", "json", "torchscript"):
        files.append(tmp_path / kind)
        files[-1].write_bytes(KINDS[kind][0])
    code = (
        "import json, sys\nfrom fmnistrt.convert.cli import main\n"
        "for file in sys.argv[1:]:\n    assert main([file, file + '.fmg']) == 1\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *map(str, files)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    heavy = {"h5py", "keras", "onnx", "onnxruntime", "tensorflow", "torch", "sklearn", "scipy"}
    assert not heavy & set(json.loads(result.stdout))
