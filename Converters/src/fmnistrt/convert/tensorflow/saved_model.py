"""SavedModels: one signature becomes a TensorFlow Lite model, which is then read as any other.

TensorFlow's own converter does the work that needs TensorFlow: it freezes variables, leaves out
what is for training, and folds batch normalisation.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..checkpoint import MAX_CHECKPOINT, MAX_FILES, Checkpoint
from ..graph import ConvertError
from ..result import FrontEndResult
from ..tflite.frontend import read_tflite
from . import DAMAGED, zipped_root
from .functions import Computation, Function, load
from .library import quiet, reason_of, tensorflow

DEFAULT = "serving_default"
ANSWERS = ("probabilities", "logits")
"""What an estimator calls the output that is wanted, beside others."""
BATCH = 64
_FOREIGN = re.compile(r"'tf\.(\w+)' op")
"""How the converter names what it cannot translate."""


@dataclass(frozen=True)
class Evaluator:
    """The answers of TensorFlow itself; `shape` has a batch of None where that is open."""

    compute: Computation
    shape: tuple[int | None, ...]

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Prepared inputs (n, height, width, channels) to answers (n, classes), float32."""
        tf, batch = tensorflow(), self.shape[0]
        parts = []
        for start in range(0, len(inputs), batch or BATCH):
            part = inputs[start : start + (batch or BATCH)].astype(np.float32)
            count = len(part)
            if batch is not None:
                part = np.concatenate([part, np.repeat(part[-1:], batch - count, axis=0)])
            result = self.compute(tf.constant(part.reshape(len(part), *self.shape[1:]))).numpy()
            parts.append(result.reshape(len(part), -1)[:count])
        return np.concatenate(parts).astype(np.float32)


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
    shape, target = _shape(spec, source), _output(function.outputs, name, notes)
    try:
        compute = function.between(source, target)
        content = _as_tflite(compute, shape, function.owner)
    except Exception as error:  # TensorFlow raises whatever its parts raise.
        raise _refusal(error) from error
    result = read_tflite(content)
    return replace(
        result,
        framework=f"tensorflow {saved.version}".strip(),
        evaluate=Evaluator(compute, shape),
        notes=[*notes, *result.notes],
    )


def _refusal(error: Exception) -> ConvertError:
    operators = sorted(set(_FOREIGN.findall(str(error))))
    if operators:
        return ConvertError(
            f"computes with operators that TensorFlow Lite does not have ({', '.join(operators)}): "
            "replace the layers that use them"
        )
    return ConvertError(
        f"is a SavedModel that TensorFlow's own converter refuses ({reason_of(error)}): replace "
        "the layers that it names"
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


def _shape(spec: Any, name: str) -> tuple[int | None, ...]:
    """The shape of the input, which must be one of images."""
    kind = spec.dtype.name
    if kind == "string":
        raise ConvertError(
            f'takes texts as its input "{name}" (pictures in a file, or serialised examples): save '
            "a function that takes images as float32"
        )
    if kind != "float32":
        raise ConvertError(
            f'takes {kind} as its input "{name}": save a function that takes images as float32'
        )
    sizes = spec.shape.as_list() if spec.shape.rank is not None else []
    if not 2 <= len(sizes) <= 4 or any(not size for size in sizes[1:]) or sizes[0] == 0:
        raise ConvertError(
            f'takes {spec.shape} as its input "{name}", which is no batch of images: save a '
            "function with every size but the batch fixed, such as (None, 28, 28, 1)"
        )
    return tuple(sizes)


def _as_tflite(compute: Computation, shape: tuple[int | None, ...], owner: Any) -> bytes:
    """The computation as TensorFlow Lite has it, for one image at a time where that is open."""
    tf = tensorflow()
    spec = tf.TensorSpec((shape[0] or 1, *shape[1:]), tf.float32, "images")
    with quiet():
        function = tf.function(compute, autograph=False).get_concrete_function(spec)
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], owner)
        return converter.convert()
