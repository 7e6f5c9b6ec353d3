"""Writes a model of nearest neighbours: the training images themselves, and no training.

The folder of the run gets NAME.fmg, report.json and model-card.md.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import sklearn

from fmnistrt.convert import VERSION
from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.model import Golden, Model, Pixels
from fmnistrt.convert.scikit.neighbours import brute_force, neighbours_graph
from fmnistrt.data import LABELS, Split, load

from .answers import figures_of_test, library_scores, save
from .card import neighbours_card
from .recipes import Neighbours

GOLDEN = 8
"""Test images that the file carries with the answers of scikit-learn."""
TOLERANCE = 1e-6
"""Answers are counts divided by k, so they are right or off by 1 / k."""


def reference_answers(split: Split, images: np.ndarray, k: int, metric: str) -> np.ndarray:
    """Shares of the votes (n, classes) as scikit-learn counts them."""
    rows = split.images.reshape(len(split.images), -1).astype(np.float32)
    model = brute_force(rows, split.labels, k, metric)
    answers = np.zeros((len(images), len(LABELS)), np.float32)
    shares = model.predict_proba(images.reshape(len(images), -1).astype(np.float32))
    answers[:, model.classes_] = shares
    return answers


def store(recipe: Neighbours, data: Path | None, folder: Path, k: int, metric: str) -> dict:
    """Writes the model and its report; returns the figures of report.json."""
    training, test = load("train", data), load("t10k", data)
    if k > len(training.labels):
        raise ConvertError(f"--k {k} is more than the {len(training.labels)} training images")
    inputs = test.images[:GOLDEN]
    count, height, width = training.images.shape
    rows = training.images.reshape(count, -1)
    model = Model(
        neighbours_graph(rows, training.labels, (height, width, 1), k, metric, len(LABELS)),
        "probabilities",
        Pixels(1.0),
        list(LABELS),
        {
            "converter": f"fmnist-train {VERSION}",
            "framework": f"scikit-learn {sklearn.__version__}",
            "name": recipe.name,
        },
        Golden(inputs[..., None], reference_answers(training, inputs, k, metric), TOLERANCE),
    )
    predicted = library_scores(model, test.images).argmax(1)
    test_figures = figures_of_test(test, predicted)
    model.metadata["accuracy"] = f"{test_figures['test_accuracy']:.4f}"
    figures = {
        "recipe": recipe.name,
        "canonical_data": training.canonical and test.canonical,
        "training_images": len(training.labels),
        "k": k,
        "metric": metric,
        **test_figures,
    }
    save(folder, recipe.name, model, neighbours_card(recipe, figures), figures)
    return figures
