"""Archives: what is in them tells what they are."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable

from .kind import (
    EXPORT_ONNX,
    GIVE_MODEL,
    GIVE_SOURCE,
    MODEL_SUFFIXES,
    Kind,
)

MAX_MEMBERS = 10_000
_MODELS = (".keras", ".h5", ".hdf5", ".onnx", ".pt", ".pth", ".safetensors", ".tflite", ".npz")
_EXPORT_TORCH = "export it with torch.onnx.export(), then convert the .onnx file"


def zip_kind(content: bytes) -> Kind | None:
    """What a zip archive is that is none of Keras, PyTorch or NumPy; None for no archive."""
    if not content.startswith(b"PK"):
        return None
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return Kind("a damaged zip archive", "copy it again from its origin", MODEL_SUFFIXES)
    ends = {name.rsplit("/", 1)[-1] for name in names}
    # Before 1.4 the layers of TorchScript were in JSON.
    if "data.pkl" in ends or ("model.json" in ends and any("/code/" in name for name in names)):
        torch = f"load it with torch.jit.load() and {_EXPORT_TORCH}"
        return Kind("a TorchScript file", torch, (".pt", ".pth"))
    if "serialized_exported_program.json" in ends or "archive_format" in ends:
        torch = f"load it with torch.export.load() and {_EXPORT_TORCH}"
        return Kind("a program of torch.export", torch, (".pt", ".pth"))
    if any(name.endswith("/.data/extern_modules") for name in names):
        torch = "load it with torch.package where it was made and save model.state_dict()"
        return Kind("a package of torch.package", torch, (".pt", ".pth"))
    if any(name.startswith("MAR-INF/") for name in names):
        return Kind("an archive of TorchServe", "unpack it and give the model's file in it")
    if any(name.startswith("Data/com.apple.CoreML") or ".mlpackage/" in name for name in names):
        return Kind("a zipped Core ML package", GIVE_SOURCE)
    inside = _model_in(names)
    if inside:
        return Kind(f"a zip archive that holds {inside}", "unpack it first")
    if "[Content_Types].xml" in names:
        return Kind("an office document, not a checkpoint", GIVE_MODEL)
    if "META-INF/MANIFEST.MF" in names:
        return Kind("a Java archive, not a checkpoint", EXPORT_ONNX)
    return Kind("a zip archive, but not one of Keras, PyTorch or NumPy", GIVE_MODEL)


def tar_kind(content: bytes) -> Kind | None:
    """What a tar archive is; None for no archive."""
    if content[257:262] != b"ustar":
        return None
    try:
        names = _tar_names(content)
    except (tarfile.TarError, OSError, ValueError, EOFError):
        return Kind("a damaged tar archive", "copy it again from its origin")
    if {"pickle", "storages"} <= set(names):
        return Kind(
            "a file of PyTorch 0.1",
            "load it in PyTorch 0.4 to 2.5 and save model.state_dict() once more with torch.save()",
            (".pt", ".pth"),
        )
    inside = _model_in(names)
    if inside:
        return Kind(f"a tar archive that holds {inside}", "unpack it first")
    return Kind("a tar archive", "unpack it first")


def _tar_names(content: bytes) -> list[str]:
    names = []
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for member in archive:
            names.append(member.name.removeprefix("./"))
            if len(names) == MAX_MEMBERS:
                break
    return names


def _model_in(names: Iterable[str]) -> str:
    """The first member that is a model by its name; nothing if there is none."""
    found = (name for name in names if name.endswith(_MODELS) and not name.startswith("__MACOSX"))
    return next(found, "")[:100]
