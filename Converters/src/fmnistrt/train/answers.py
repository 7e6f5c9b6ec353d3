"""What the library says of a model that is about to be stored."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.model import Model
from fmnistrt.convert.verify import largest_difference
from fmnistrt.convert.writer import write


def library_scores(model: Model, images: np.ndarray) -> np.ndarray:
    """Scores of `images` (n, classes), after the golden vectors, if any, were answered right."""
    with tempfile.TemporaryDirectory(prefix="fmnist-train-") as folder:
        path = Path(folder) / "model.fmg"
        path.write_bytes(write(model))
        if model.golden:
            difference = largest_difference(path, model.golden.inputs, model.golden.outputs)
            if not difference <= model.golden.tolerance:
                raise ConvertError(
                    f"the library's votes differ from scikit-learn's by {difference:.2f}: "
                    "please report this as a bug"
                )
        from fmnistrt import Model as LoadedModel

        return LoadedModel(path).classify(images, top_k=0).scores
