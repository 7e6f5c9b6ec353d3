"""Folders: some models are saved as one, others lie in one."""

from __future__ import annotations

from pathlib import Path

from .kind import EXPORT_TF, GIVE_SOURCE, Kind

_MODELS = (
    *("keras", "h5", "hdf5", "onnx", "pt", "pth", "ckpt", "safetensors", "npz", "tflite"),
    *("pb", "index", "joblib", "skops"),
)


def folder_kind(path: Path) -> Kind:
    """What a folder is that no front end recognises."""
    if (path / "saved_model.pb").exists() or (path / "saved_model.pbtxt").exists():
        return Kind("a TensorFlow SavedModel", EXPORT_TF)
    if (path / "config.json").exists() and (path / "model.weights.h5").exists():
        return Kind("an unpacked Keras archive", "zip its files again, or save the model once more")
    if (path / "data.pkl").exists():
        return Kind("an unpacked file of PyTorch", "give the file as torch.save() wrote it")
    if (path / "Manifest.json").exists() or (path / "coremldata.bin").exists():
        return Kind("a Core ML model", GIVE_SOURCE)
    if (path / "variables.index").exists():
        return Kind("the variables of a TensorFlow SavedModel", "give the folder above")
    names = sorted(
        entry.name for suffix in _MODELS for entry in path.glob(f"*.{suffix}") if entry.is_file()
    )
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return Kind("a folder", f"give one of its files: {', '.join(names[:3])}{more}")
    return Kind("a folder", "give the checkpoint file in it")
