"""The table of front ends, and the choice among them by a checkpoint's content.

Libraries are imported within the functions, so that only those of the recognised format are loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .checkpoint import Checkpoint, SourceOptions
from .graph import ConvertError
from .recognise import describe
from .recognise.kind import lies
from .result import FrontEndResult


@dataclass(frozen=True)
class FrontEnd:
    """One kind of checkpoint.

    `name` is what messages call such a file ("is a PyTorch file"). `takes` are the fields of
    SourceOptions that mean something to it; any other that the user gives is an error. `suffixes`
    are those of such files' names; one of another kind of file is worth a note.
    """

    name: str
    recognises: Callable[[Checkpoint], bool]
    read: Callable[[Checkpoint, SourceOptions], FrontEndResult]
    takes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()


def _is_torch(checkpoint: Checkpoint) -> bool:
    from .torch.files import looks_like_torch

    return looks_like_torch(checkpoint.content)


def _is_npz(checkpoint: Checkpoint) -> bool:
    from .torch.tables import looks_like_npz

    return looks_like_npz(checkpoint.content)


def _is_safetensors(checkpoint: Checkpoint) -> bool:
    from .torch.tables import looks_like_safetensors

    return looks_like_safetensors(checkpoint.content)


def _read_weights(checkpoint: Checkpoint, options: SourceOptions) -> FrontEndResult:
    from .torch.frontend import read_weights

    return read_weights(checkpoint.content, options.architecture, options.module)


def _is_keras(checkpoint: Checkpoint) -> bool:
    from .keras import looks_like_keras

    return looks_like_keras(checkpoint.content)


def _read_keras(checkpoint: Checkpoint, options: SourceOptions) -> FrontEndResult:
    from .keras.frontend import read_keras

    return read_keras(checkpoint.content, checkpoint.path, options.config)


def _is_onnx(checkpoint: Checkpoint) -> bool:
    from .onnx import looks_like_onnx

    return looks_like_onnx(checkpoint.content)


def _read_onnx(checkpoint: Checkpoint, options: SourceOptions) -> FrontEndResult:
    from .onnx import read_onnx

    folder = checkpoint.path.parent if checkpoint.path else None
    return read_onnx(checkpoint.content, checkpoint.name, folder=folder)


def _is_tflite(checkpoint: Checkpoint) -> bool:
    from .tflite import looks_like_tflite

    return looks_like_tflite(checkpoint.content)


def _read_tflite(checkpoint: Checkpoint, options: SourceOptions) -> FrontEndResult:
    from .tflite.frontend import read_tflite

    return read_tflite(checkpoint.content)


def _is_saved_model(checkpoint: Checkpoint) -> bool:
    from .tensorflow import looks_like_saved_model

    return looks_like_saved_model(checkpoint)


def _read_saved_model(checkpoint: Checkpoint, options: SourceOptions) -> FrontEndResult:
    from .tensorflow.saved_model import read_saved_model

    return read_saved_model(checkpoint, options.signature)


def _is_tensorflow_checkpoint(checkpoint: Checkpoint) -> bool:
    from .tensorflow import looks_like_checkpoint

    return looks_like_checkpoint(checkpoint)


def _read_tensorflow_checkpoint(checkpoint: Checkpoint, options: SourceOptions) -> FrontEndResult:
    from .tensorflow.variables import read_checkpoint

    return read_checkpoint(checkpoint, options.config)


def _is_tensorflow_graph(checkpoint: Checkpoint) -> bool:
    from .recognise.messages import is_tensorflow_graph

    return is_tensorflow_graph(checkpoint.content)


def _read_tensorflow_graph(checkpoint: Checkpoint, options: SourceOptions) -> FrontEndResult:
    from .tensorflow.graph import read_graph

    return read_graph(checkpoint.content, options.signature)


def _is_skops(checkpoint: Checkpoint) -> bool:
    from .scikit.unpack import looks_like_skops

    return looks_like_skops(checkpoint.content)


def _is_scikit(checkpoint: Checkpoint) -> bool:
    from .scikit.unpack import looks_like_pickle

    return looks_like_pickle(checkpoint.content)


def _read_scikit(checkpoint: Checkpoint, options: SourceOptions) -> FrontEndResult:
    from .scikit.backbone import front_of
    from .scikit.frontend import read_scikit

    return read_scikit(
        checkpoint.content, options.architecture, options.trust_pickle, front_of(options)
    )


_LAYERS = ("architecture", "module")
PICKLES = (".pkl", ".pickle", ".joblib")

FRONT_ENDS = (
    FrontEnd("PyTorch", _is_torch, _read_weights, _LAYERS, (".pt", ".pth", *PICKLES)),
    FrontEnd("NumPy .npz", _is_npz, _read_weights, _LAYERS, (".npz",)),
    FrontEnd("safetensors", _is_safetensors, _read_weights, _LAYERS, (".safetensors",)),
    FrontEnd("skops", _is_skops, _read_scikit, ("architecture", "backbone", "layer"), (".skops",)),
    FrontEnd("Keras", _is_keras, _read_keras, ("config",), (".keras", ".h5", ".hdf5")),
    FrontEnd(
        "scikit-learn",
        _is_scikit,
        _read_scikit,
        ("architecture", "trust_pickle", "backbone", "layer"),
        PICKLES,
    ),
    FrontEnd("ONNX", _is_onnx, _read_onnx, (), (".onnx",)),
    FrontEnd("TensorFlow Lite", _is_tflite, _read_tflite, (), (".tflite",)),
    FrontEnd("TensorFlow SavedModel", _is_saved_model, _read_saved_model, ("signature",)),
    FrontEnd(
        "TensorFlow checkpoint",
        _is_tensorflow_checkpoint,
        _read_tensorflow_checkpoint,
        ("config",),
    ),
    FrontEnd(
        "TensorFlow graph", _is_tensorflow_graph, _read_tensorflow_graph, ("signature",), (".pb",)
    ),
)
"""In the order in which they are asked: those whose signatures are plainest come first."""


def front_end_of(checkpoint: Checkpoint) -> FrontEnd:
    """The front end that recognises a checkpoint. Otherwise ConvertError says what it is."""
    for one in FRONT_ENDS:
        if one.recognises(checkpoint):
            return one
    raise ConvertError(describe(checkpoint))


def read(checkpoint: Checkpoint, options: SourceOptions | None = None) -> FrontEndResult:
    """Hands a checkpoint to the front end that recognises it."""
    options = options or SourceOptions()
    chosen = front_end_of(checkpoint)
    for field, flags in options.given().items():
        if field not in chosen.takes:
            *most, last = [one.name for one in FRONT_ENDS if field in one.takes]
            users = f"{', '.join(most)} and {last}" if most else last
            raise ConvertError(
                f"is {_article(chosen.name)} file: {flags} {'are' if ' and ' in flags else 'is'} "
                f"for {users} files only"
            )
    result = chosen.read(checkpoint, options)
    if lies(checkpoint.name, chosen.suffixes):
        what = f"{_article(chosen.name)} file, whatever its name says"
        result.notes.insert(0, f"{checkpoint.name} is {what}")
    return result


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"
