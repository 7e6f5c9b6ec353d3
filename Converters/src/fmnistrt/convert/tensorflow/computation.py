"""A computation of TensorFlow becomes a TensorFlow Lite model, which is then read as any other.

TensorFlow's own converter does the work that needs TensorFlow: it freezes variables, leaves out
what is for training, and folds batch normalisation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..graph import ConvertError
from ..result import FrontEndResult
from ..tflite.frontend import read_tflite
from .library import quiet, reason_of, tensorflow

Computation = Callable[[Any], Any]
"""From a tensor of images to a tensor of answers."""
ImageShape = tuple[int | None, ...]
"""Of a batch of images; the batch is None where it is open."""
BATCH = 64
_FOREIGN = re.compile(r"'tf\.(\w+)' op")
"""How the converter names what it cannot translate."""


@dataclass(frozen=True)
class Evaluator:
    """The answers of TensorFlow itself."""

    compute: Computation
    shape: ImageShape

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


def translate(make: Callable[[], Computation], shape: ImageShape, owner: Any) -> FrontEndResult:
    """Reads what `make` gives, a computation on images of that shape; `owner` has its variables."""
    try:
        compute = make()
        content = _as_tflite(compute, shape, owner)
    except Exception as error:  # TensorFlow raises whatever its parts raise.
        raise _refusal(error) from error
    return replace(read_tflite(content), evaluate=Evaluator(compute, shape))


def _as_tflite(compute: Computation, shape: ImageShape, owner: Any) -> bytes:
    """The computation as TensorFlow Lite has it, for one image at a time where that is open."""
    tf = tensorflow()
    spec = tf.TensorSpec((shape[0] or 1, *shape[1:]), tf.float32, "images")
    with quiet():
        function = tf.function(compute, autograph=False).get_concrete_function(spec)
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], owner)
        return converter.convert()


def _refusal(error: Exception) -> ConvertError:
    operators = sorted(set(_FOREIGN.findall(str(error))))
    if operators:
        return ConvertError(
            f"computes with operators that TensorFlow Lite does not have ({', '.join(operators)}): "
            "replace the layers that use them"
        )
    return ConvertError(
        f"is a model that TensorFlow's own converter refuses ({reason_of(error)}): replace "
        "the layers that it names"
    )


def shape_of(spec: Any, name: str) -> ImageShape:
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
