"""What the library says of a model that is about to be stored, and how it is stored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from sklearn.metrics import classification_report

from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.model import Model
from fmnistrt.convert.verify import largest_difference, open_model
from fmnistrt.convert.writer import write
from fmnistrt.data import LABELS, Split
from fmnistrt.files import replace_file


def library_scores(model: Model, images: np.ndarray) -> np.ndarray:
    """Scores of `images` (n, classes), after the golden vectors, if any, were answered right."""
    content = write(model)
    if model.golden:
        difference = largest_difference(content, model.golden.inputs, model.golden.outputs)
        if not difference <= model.golden.tolerance:
            raise ConvertError(
                f"the library's votes differ from scikit-learn's by {difference:.2f}: "
                "please report this as a bug"
            )
    return open_model(content).classify(images, top_k=0).scores


def figures_of_test(test: Split, predicted: np.ndarray) -> dict:
    """Accuracy and scikit-learn's report of the predicted classes (n) of the test images."""
    return {
        "test_accuracy": float(np.mean(predicted == test.labels)),
        "test_report": classification_report(
            test.labels,
            predicted,
            labels=range(len(LABELS)),
            target_names=LABELS,
            output_dict=True,
            zero_division=0,
        ),
    }


def save(folder: Path, name: str, model: Model, card: str, figures: dict) -> None:
    """Writes the model, its card and the figures as JSON; makes the folder where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / f"{name}.fmg", write(model))
    replace_file(folder / "model-card.md", card.encode())
    replace_file(folder / "report.json", json.dumps(figures, indent=1).encode())
