"""SavedModels: folders or archives, of which one signature is converted."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path, PurePosixPath

from ..checkpoint import MAX_CHECKPOINT, MAX_FILES, Checkpoint
from ..graph import ConvertError
from ..result import FrontEndResult
from . import DAMAGED, zipped_root
from .computation import shape_of, translate
from .functions import Function, load
from .library import reason_of

DEFAULT = "serving_default"
ANSWERS = ("probabilities", "logits")
"""What an estimator calls the output that is wanted, beside others."""


def read_saved_model(checkpoint: Checkpoint, signature: str | None) -> FrontEndResult:
    """Reads a folder, or a zip archive of one; `signature` names the function to convert."""
    with tempfile.TemporaryDirectory() as place:
        folder = checkpoint.path
        if not checkpoint.is_folder:
            folder = Path(place, "unpacked")
            _unpack(checkpoint.content, folder)
        assert folder is not None
        result = _read(folder, Path(place, "pruned"), signature)
    return replace(result, name=checkpoint.name.removesuffix(".zip"))


def _unpack(content: bytes, folder: Path) -> None:
    """Unpacks a zipped SavedModel, and no other files."""
    archive, root = zipfile.ZipFile(BytesIO(content)), zipped_root(content)
    assert root is not None
    entries = [e for e in archive.infolist() if e.filename.startswith(root) and not e.is_dir()]
    if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_CHECKPOINT:
        raise ConvertError("is an archive of more than 1 GiB or 10000 files: unpack it first")
    for entry in entries:
        path = PurePosixPath(entry.filename.removeprefix(root))
        if path.is_absolute() or ".." in path.parts:
            raise ConvertError(f"holds the file {entry.filename}, which lies outside of it")
        target = folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(entry))
        except (*DAMAGED, RuntimeError) as error:
            raise ConvertError(
                f"is a damaged zip archive ({reason_of(error)}): copy it again from its origin"
            ) from error


def _read(folder: Path, place: Path, name: str | None) -> FrontEndResult:
    saved = load(folder, place)
    name, notes = _signature(saved.functions, name)
    function = saved.functions[name]
    if len(function.inputs) != 1:
        raise ConvertError(
            f"has {len(function.inputs)} inputs ({', '.join(sorted(function.inputs))}) in its "
            f"signature {name}: save a function of images alone"
        )
    ((source, spec),) = function.inputs.items()
    shape, target = shape_of(spec, source), _output(function.outputs, name, notes)
    result = translate(lambda: function.between(source, target), shape, function.owner)
    return replace(
        result,
        framework=f"tensorflow {saved.version}".strip(),
        notes=[*notes, *result.notes],
    )


def _signature(known: dict[str, Function], name: str | None) -> tuple[str, list[str]]:
    """The name of the function to convert, and remarks on what was chosen."""
    if not known:
        raise ConvertError(
            "is a SavedModel without signatures, such as a TF Hub module: put it into a Keras "
            "model, and save that with model.export(folder)"
        )
    if name is None:
        name = DEFAULT if DEFAULT in known or len(known) > 1 else next(iter(known))
    if name not in known:
        names = ", ".join(sorted(known))
        raise ConvertError(f"has the signatures {names}: choose one of them with --signature NAME")
    others = sorted(known.keys() - {name})
    if not others:
        return name, []
    return name, [f"the signature is {name}; --signature can choose {', '.join(others)}"]


def _output(outputs: list[str], name: str, notes: list[str]) -> str:
    """The name of the output to convert."""
    for output in outputs if len(outputs) == 1 else ANSWERS:
        if output in outputs:
            if len(outputs) > 1:
                notes.append(f"of the outputs {', '.join(sorted(outputs))}, {output} is converted")
            return output
    raise ConvertError(
        f"has {len(outputs)} outputs ({', '.join(sorted(outputs))}) in its signature {name}: save "
        "a function with one, the scores of the classes"
    )
