"""Files that a few bytes at a fixed place tell."""

from __future__ import annotations

from .kind import EXPORT_ONNX, GIVE_MODEL, GIVE_SOURCE, MODEL_SUFFIXES, NO_TREES, Kind

_PICTURE = "classify it with fmnist-classify"

SIGNATURES: list[tuple[int, bytes, Kind]] = [
    (0, b"\x89FMG\r\n\x1a\n", Kind("an .fmg file already", "give it to fmnist-classify as it is")),
    (
        0,
        b"version https://git-lfs",
        Kind(
            "a Git LFS pointer, not the file itself",
            "fetch it with git lfs pull",
            # The name is that of the file which it stands for.
            MODEL_SUFFIXES,
        ),
    ),
    (0, b"\x89PNG", Kind("a PNG picture, not a checkpoint", _PICTURE)),
    (0, b"\xff\xd8\xff", Kind("a JPEG picture, not a checkpoint", GIVE_MODEL)),
    (0, b"GIF8", Kind("a GIF picture, not a checkpoint", GIVE_MODEL)),
    (8, b"WEBP", Kind("a WebP picture, not a checkpoint", GIVE_MODEL)),
    (
        0,
        b"\x93NUMPY",
        Kind("a NumPy array without a model", "save the whole model in Keras or ONNX", (".npy",)),
    ),
    (0, b"\0\0\x08\x01", Kind("a file of labels in the IDX format, not a checkpoint", GIVE_MODEL)),
    (0, b"\0\0\x08\x03", Kind("a file of images in the IDX format, not a checkpoint", GIVE_MODEL)),
    (0, b"7z\xbc\xaf", Kind("a 7z archive", "unpack it first")),
    (0, b"Rar!", Kind("a RAR archive", "unpack it first")),
    (0, b"\x28\xb5\x2f\xfd", Kind("compressed with zstd", "unpack it with unzstd first")),
    (0, b"GGUF", Kind("a GGUF file of a language model", "image classifiers are converted here")),
    (0, b"\x7fELF", Kind("a program, not a checkpoint", GIVE_MODEL)),
    (0, b"\xcf\xfa\xed\xfe", Kind("a program, not a checkpoint", GIVE_MODEL)),
    (0, b"%PDF", Kind("a PDF document, not a checkpoint", GIVE_MODEL)),
    (0, b"SQLite format 3\0", Kind("an SQLite database, not a checkpoint", GIVE_MODEL)),
    (4, b"ORTM", Kind("a model in onnxruntime's ORT format", GIVE_SOURCE)),
    (4, b"ET12", Kind("an ExecuTorch program", GIVE_SOURCE)),
    (0, b"ftrt", Kind("a TensorRT engine", GIVE_SOURCE)),
    (0, b"ptrt", Kind("a TensorRT engine", GIVE_SOURCE)),
    (0, b"MATLAB", Kind("a MATLAB file", f"in MATLAB, {EXPORT_ONNX}", (".mat",))),
    (0, b"CBM1", Kind("a CatBoost model", NO_TREES)),
    (0, b"binf", Kind("an XGBoost model", NO_TREES)),
    (0, b"\x12\x01\0\0\0\0\0\0", Kind("a file of MXNet's weights", EXPORT_ONNX, (".params",))),
    (0, b"\xac\xed\x00\x05", Kind("a serialised Java object, of Weka perhaps", EXPORT_ONNX)),
    (0, b"B\0C\0N\0\0\0", Kind("a CNTK model", EXPORT_ONNX)),
    (0, b"RDX2\n", Kind("a file of R", EXPORT_ONNX)),
    (0, b"RDX3\n", Kind("a file of R", EXPORT_ONNX)),
]
"""Where each signature stands, what it is, and what has it."""


def binary_kind(content: bytes) -> Kind | None:
    """A kind with a signature, if it is one."""
    for place, signature, kind in SIGNATURES:
        if content.startswith(signature, place):
            return kind
    if content[16:].startswith(b"brain.Event:") or b"brain.Event:2" in content[:64]:
        return Kind("a log for TensorBoard, not a checkpoint", GIVE_MODEL)
    if content.startswith(b"MZ") and b"PE\0\0" in content[:1024]:
        return Kind("a program, not a checkpoint", GIVE_MODEL)
    if content.startswith(b"{L") and b"learner" in content[:64]:
        return Kind("an XGBoost model", NO_TREES)
    return None
