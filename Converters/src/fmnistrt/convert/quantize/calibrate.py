"""Measures how the activations of the float model are distributed, by running it in the library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..graph import ConvertError, Tensor
from ..model import Model
from ..names import assign_names
from ..writer import write
from .ranges import Histogram

if TYPE_CHECKING:
    from fmnistrt import Model as LoadedModel

Progress = Callable[[str, float], None]
"""What is being done, and the share of it that is."""


def load(content: bytes) -> LoadedModel:
    """The model in the library."""
    try:
        from fmnistrt import FmnistError
        from fmnistrt import Model as LoadedModel

        return LoadedModel.from_bytes(content)
    except (ImportError, OSError) as error:
        raise ConvertError(
            "libfmnistrt, which runs the model on the pictures, cannot be loaded "
            f"({str(error).splitlines()[0]}): run make lib"
        ) from None
    except FmnistError as error:
        raise ConvertError(f"the library does not take the model: {error}") from None


def histograms(
    model: Model, tensors: Sequence[Tensor], images: np.ndarray, progress: Progress
) -> dict[Tensor, Histogram]:
    """The distribution of each tensor over all images: first its ends, then what lies between.

    Raises ConvertError where one is NaN or infinite.
    """
    names = assign_names(model.graph)
    loaded, wanted = load(write(model)), [names[tensor] for tensor in tensors]
    lows = np.full(len(tensors), np.inf)
    highs = np.full(len(tensors), -np.inf)

    def values_of(number: int, start: float) -> list[np.ndarray]:
        progress("measuring the activations", start + number / len(images) / 2)
        values = loaded.intermediate(images[number : number + 1], wanted)
        return [values[name] for name in wanted]

    for number in range(len(images)):
        values = values_of(number, 0)
        lows = np.minimum(lows, [value.min() for value in values])
        highs = np.maximum(highs, [value.max() for value in values])
    for tensor, low, high in zip(tensors, lows, highs, strict=True):
        if not np.isfinite([low, high]).all():
            raise ConvertError(f'the layer "{tensor.name}" gives NaN or infinity to a picture')
    found = [Histogram.between(*ends) for ends in zip(lows, highs, strict=True)]
    for number in range(len(images)):
        for histogram, value in zip(found, values_of(number, 0.5), strict=True):
            histogram.add(value)
    return dict(zip(tensors, found, strict=True))


def joined(histograms: Sequence[Histogram]) -> Histogram:
    """One histogram of all: that of values which will share their bytes."""
    if len(histograms) == 1:
        return histograms[0]
    result = Histogram.between(
        min(histogram.low for histogram in histograms),
        max(histogram.high for histogram in histograms),
    )
    for histogram in histograms:
        result.add_counts(histogram)
    return result
