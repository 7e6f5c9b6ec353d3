"""Says what a file is by its content, and what to do with a file that cannot be converted."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

EXPORT_SKLEARN = "export the model to ONNX with skl2onnx, then convert the .onnx file"
EXPORT_TF = (
    "load it in TensorFlow and save the model with model.save('model.keras'), or export it with "
    "tf2onnx"
)

PREFIXES = [
    (b"\x89FMG\r\n\x1a\n", "is an .fmg file already: give it to fmnist-classify as it is"),
    (
        b"version https://git-lfs",
        "is a Git LFS pointer, not the file itself: fetch it with git lfs pull",
    ),
    (b"\x89PNG", "is a PNG picture, not a checkpoint: classify it with fmnist-classify"),
    (b"\xff\xd8\xff", "is a JPEG picture, not a checkpoint: give the trained model's file"),
    (b"\x93NUMPY", "is a NumPy array without a model: save the whole model in Keras or ONNX"),
    (b"\x1f\x8b", "is compressed with gzip: unpack it with gunzip first"),
    (b"BZh", "is compressed with bzip2: unpack it with bunzip2 first"),
    (b"\xfd7zXZ", "is compressed with xz: unpack it with unxz first"),
    (b"7z\xbc\xaf", "is a 7z archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd: unpack it with unzstd first"),
    (b"GGUF", "is a GGUF file of a language model, not an image classifier"),
    (b"\x7fELF", "is a program, not a checkpoint: give the trained model's file"),
    (b"%PDF", "is a PDF document, not a checkpoint: give the trained model's file"),
    (b"\x78\x9c", f"is compressed with zlib, probably by joblib: {EXPORT_SKLEARN}"),
]


def describe_folder(path: Path) -> str:
    """What a folder is, and what to do."""
    if (path / "saved_model.pb").exists():
        return f"is a TensorFlow SavedModel: {EXPORT_TF}"
    if (path / "config.json").exists() and (path / "model.weights.h5").exists():
        return "is an unpacked Keras archive: zip its files again, or save the model once more"
    return "is a folder: give the checkpoint file in it"


def describe(content: bytes) -> str:
    """What the file is, and what to do; for content that no front end recognises."""
    if not content:
        return "is empty: copy it again from its origin"
    for prefix, answer in PREFIXES:
        if content.startswith(prefix):
            return answer
    if content.startswith(b"PK"):
        return _describe_zip(content)
    if content[4:8] == b"TFL3":
        return (
            "is a TensorFlow Lite file, which is made for running: convert the Keras model that "
            "it was made from"
        )
    if content.endswith((b"\x57\xfb\x80\x8b\x24\x75\x47\xdb",)):
        return f"is a TensorFlow checkpoint index, weights without a model: {EXPORT_TF}"
    if content[257:262] == b"ustar":
        return "is a tar archive: unpack it first"
    if content[:1] == b"\x80" and content[1:2] <= b"\x05":
        return _describe_pickle(content)
    return _describe_text(content)


def _describe_zip(content: bytes) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return "is a damaged zip archive: copy it again from its origin"
    if any(name.endswith("/data.pkl") or name == "data.pkl" for name in names):
        return (
            "is a TorchScript file: load it with torch.jit.load() and export it with "
            "torch.onnx.export(), then convert the .onnx file"
        )
    if any(name.endswith("saved_model.pb") for name in names):
        return f"is a zipped TensorFlow SavedModel: {EXPORT_TF}"
    inside = [name for name in names if name.endswith((".keras", ".h5", ".hdf5", ".onnx"))]
    if inside and "config.json" not in names:
        return f"is a zip archive that holds {inside[0]}: unpack it first"
    return "is a zip archive, but not one of Keras: give the trained model's file"


def _describe_pickle(content: bytes) -> str:
    """By the names in it; the pickle is never executed."""
    head = content[: 1 << 20]
    if b"sklearn" in head:
        return f"is a pickle of scikit-learn, which is never executed here: {EXPORT_SKLEARN}"
    if b"torch" in head:
        return (
            "is a pickle of PyTorch's objects, which is never executed here: load it where it was "
            "made and save model.state_dict() with torch.save()"
        )
    return (
        "is a Python pickle, which is never executed here: load it where it was made and save the "
        "model as .keras or .onnx"
    )


def _describe_text(content: bytes) -> str:
    try:
        text = content[:4096].decode("utf-8").lstrip()
    except UnicodeDecodeError as error:
        if error.start < min(len(content), 4096) - 4:
            text = "\0"
        else:
            text = content[: error.start].decode().lstrip()
    if "\0" in text:
        return "is not a Keras or ONNX file: give the trained model's file"
    if text.startswith("<"):
        return "is a web page, probably of a failed download: download the file again"
    if text.startswith(("{", "[")):
        return (
            "is JSON, a model's description at most: save the whole trained model with "
            "model.save('model.keras')"
        )
    return "is a text file, not a checkpoint: give the trained model's file"
