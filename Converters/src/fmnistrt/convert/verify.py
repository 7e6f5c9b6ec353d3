"""Runs a finished file through the library and compares the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .graph import ConvertError

if TYPE_CHECKING:
    from fmnistrt import Model

    from .convert import Conversion


def open_model(content: bytes) -> Model:
    """The library's model of an .fmg file's content."""
    try:
        from fmnistrt import Model

        return Model.from_bytes(content)
    except (ImportError, OSError) as error:
        raise ConvertError(
            "libfmnistrt, which checks the new file, cannot be loaded "
            f"({str(error).splitlines()[0]}): run make lib, or convert with --no-verify"
        ) from None
    except Exception as error:
        raise ConvertError(
            f"the library does not take the new file ({error}): "
            "please report this as a bug with the checkpoint"
        ) from None


def largest_difference(content: bytes, inputs: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference between the library's answers and `expected`.

    `content` is that of an .fmg file. `inputs` are pixels, bytes (n, height, width, channels), or
    prepared floats; `expected` floats (n, classes).
    """
    model = open_model(content)
    if inputs.dtype == np.uint8:
        gray = inputs.shape[-1] == 1
        scores = np.asarray(model.classify(inputs[..., 0] if gray else inputs).scores)
    else:
        scores = model.run(inputs)
    if scores.shape != expected.shape:
        raise ConvertError(f"the library answers {scores.shape} instead of {expected.shape} scores")
    difference = np.abs(scores.astype(np.float64) - expected)
    return float("inf") if np.isnan(difference).any() else float(difference.max())


def verified(conversion: Conversion) -> float:
    """The largest difference of the library's answers; more than the tolerance is an error."""
    proof = conversion.proof
    difference = largest_difference(conversion.content, proof.inputs, proof.outputs)
    if not difference <= proof.tolerance:
        advice = (
            "half precision does not suit it, leave out --weights f16"
            if conversion.halved
            else "please report this as a bug with the checkpoint"
        )
        raise ConvertError(
            f"the library's answers differ from the {conversion.compared}'s by {difference:.1e}, "
            f"more than {proof.tolerance:.1e}: {advice}"
        )
    return difference
