"""What a file is, in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

MODEL_SUFFIXES = (
    *(".keras", ".h5", ".hdf5", ".onnx", ".pt", ".pth", ".npz", ".npy", ".safetensors", ".tflite"),
    *(".pb", ".pkl", ".pickle", ".joblib", ".skops", ".mat", ".mlmodel", ".caffemodel", ".t7"),
    *(".pdparams", ".params"),
)
"""Names that promise one kind of file; .ckpt, .bin, .model or none promise nothing."""

EXPORT_SKLEARN = "save the classifier alone with skops.io.dump(classifier, 'model.skops')"
EXPORT_TF = (
    "load it in TensorFlow and save the model with model.save('model.keras'), or export it with "
    "tf2onnx"
)
EXPORT_ONNX = "export the model to ONNX where it was made, then convert the .onnx file"
GIVE_MODEL = "give the trained model's file"
GIVE_SOURCE = "convert the model that it was made from"
NO_TREES = "decision trees cannot be converted, train a network or nearest neighbours instead"


def lies(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a file's name promises another kind than the one with these suffixes."""
    suffix = PurePath(name).suffix.lower()
    return suffix in MODEL_SUFFIXES and suffix not in suffixes


@dataclass(frozen=True)
class Kind:
    """A kind of file that is not converted.

    `what` follows "is", `advice` says what to do, `suffixes` are those that such files have.
    """

    what: str
    advice: str
    suffixes: tuple[str, ...] = ()

    def sentence(self, name: str) -> str:
        """What to tell of the file `name`."""
        whatever = ", whatever its name says" if lies(name, self.suffixes) else ""
        return f"is {self.what}{whatever}: {self.advice}"
