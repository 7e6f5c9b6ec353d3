"""Trains support vectors behind a principal component analysis, and writes them as a model.

The folder of the run gets NAME.fmg, report.json and model-card.md.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import NamedTuple

import numpy as np
import sklearn
from joblib import Parallel, delayed
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from fmnistrt.convert import VERSION
from fmnistrt.convert.graph import ConvertError, Graph, Node, Tensor
from fmnistrt.convert.model import Golden, Model, Pixels
from fmnistrt.convert.scikit.support_vectors import count_votes, support_vectors
from fmnistrt.data import LABELS, Split, hold_out, load

from .answers import figures_of_test, library_scores, save
from .card import vectors_card
from .projection import in_halves, projection
from .recipes import Vectors

GOLDEN = 8
"""Test images that the file carries with the votes of scikit-learn."""
TOLERANCE = 1e-6
"""Votes are whole numbers: right, or off by 1."""
CLEAR = 1e-3
"""Golden vectors have decisions at least this far from 0, whatever the order of additions."""
PIXELS = Pixels(255.0)
CACHE = 500
"""Megabytes that the training of one classifier may use to keep kernel values."""


class Trial(NamedTuple):
    """A classifier and its accuracy on the validation split."""

    classifier: SVC
    accuracy: float


def features(images: np.ndarray) -> np.ndarray:
    """Images as the model's first layer gets them: (n, pixels), float64."""
    return images.reshape(len(images), -1) / 255.0


def draw(split: Split, count: int, seed: int) -> Split:
    """`count` images of a split at random, every class alike."""
    if count >= len(split.labels):
        return split
    chosen, _ = train_test_split(
        np.arange(len(split.labels)), train_size=count, random_state=seed, stratify=split.labels
    )
    return Split(split.images[chosen], split.labels[chosen], split.canonical)


def fit_projection(images: np.ndarray, variance: float) -> PCA:
    """A PCA whose components are numbers of half precision, so that storing them loses nothing."""
    pca = PCA(variance, svd_solver="full").fit(features(images))
    pca.components_ = in_halves(pca.components_)
    return pca


def _try(x: np.ndarray, y: np.ndarray, penalty: float, gamma: float, held_out: Split) -> Trial:
    classifier = SVC(C=penalty, gamma=gamma, decision_function_shape="ovo", cache_size=CACHE)
    classifier.fit(x, y)
    return Trial(classifier, classifier.score(held_out.images, held_out.labels))


def search(recipe: Vectors, training: Split, validation: Split) -> list[Trial]:
    """Every pair of C and gamma, trained on projected images (`images` are the projections)."""
    # Single precision is what the file holds.
    gammas = [float(np.float32(gamma)) for gamma in recipe.gammas]
    settings = itertools.product(recipe.penalties, gammas)
    return Parallel(n_jobs=-1)(
        delayed(_try)(training.images, training.labels, penalty, gamma, validation)
        for penalty, gamma in settings
    )


def choose(trials: list[Trial], images: int) -> Trial:
    """Of those within one standard error of the best, the one with the fewest vectors.

    A smaller classifier is faster, and differences within the error are chance (Hastie, Tibshirani
    and Friedman, "The Elements of Statistical Learning", section 7.10).
    """
    best = max(trial.accuracy for trial in trials)
    error = np.sqrt(best * (1 - best) / images)
    good = [trial for trial in trials if trial.accuracy >= best - error]
    return min(good, key=lambda trial: len(trial.classifier.support_))


def vectors_graph(shape: tuple[int, int], pca: PCA, classifier: SVC) -> Graph:
    """Pixels to votes: the projection is a dense layer."""
    height, width = shape
    image, pixels = Tensor("image", (height, width, 1)), Tensor("pixels", (height * width,))
    projected = projection(pixels, pca, "pca")
    votes = support_vectors(projected.output, classifier, name="votes")
    return Graph(image, [Node("reshape", [image], pixels), projected, votes])


def store(recipe: Vectors, data: Path | None, folder: Path, images: int, seed: int) -> dict:
    """Trains, writes the model and its report; returns the figures of report.json."""
    training, validation = hold_out(load("train", data), seed)
    test = load("t10k", data)
    training = draw(training, images, seed)
    present = np.unique(training.labels)
    if len(present) < 2:
        raise ConvertError("the training images are all of one class")
    pca = fit_projection(training.images, recipe.variance)
    trials = search(
        recipe,
        training._replace(images=in_halves(pca.transform(features(training.images)))),
        validation._replace(images=pca.transform(features(validation.images))),
    )
    chosen = choose(trials, len(validation.labels))
    classifier = chosen.classifier
    projected = pca.transform(features(test.images))
    expected = classifier.predict(projected)
    model = Model(
        vectors_graph(training.images.shape[1:], pca, classifier),
        "scores",
        PIXELS,
        [LABELS[label] for label in present],
        {
            "converter": f"fmnist-train {VERSION}",
            "framework": f"scikit-learn {sklearn.__version__}",
            "name": recipe.name,
        },
        golden(classifier, projected, test.images),
    )
    predicted = present[library_scores(model, test.images).argmax(1)]
    test_figures = figures_of_test(test, predicted)
    model.metadata["accuracy"] = f"{test_figures['test_accuracy']:.4f}"
    figures = {
        "recipe": recipe.name,
        "canonical_data": training.canonical and test.canonical,
        "training_images": len(training.labels),
        "validation_images": len(validation.labels),
        "seed": seed,
        "components": int(pca.n_components_),
        "penalty": classifier.C,
        "gamma": classifier.gamma,
        "vectors": len(classifier.support_),
        "tried": len(trials),
        "validation_accuracy": chosen.accuracy,
        "best_accuracy": max(trial.accuracy for trial in trials),
        "agreement": float(np.mean(predicted == expected)),
        **test_figures,
    }
    save(folder, recipe.name, model, vectors_card(recipe, figures), figures)
    return figures


def golden(classifier: SVC, projected: np.ndarray, images: np.ndarray) -> Golden | None:
    """The first images whose decisions are all clear, with scikit-learn's votes."""
    classes = len(classifier.classes_)
    decisions = classifier.decision_function(projected).reshape(len(projected), -1)
    if classes == 2:
        decisions = -decisions
    clear = np.flatnonzero(np.abs(decisions).min(1) > CLEAR)[:GOLDEN]
    if len(clear) == 0:
        return None
    return Golden(images[clear][..., None], count_votes(decisions[clear], classes), TOLERANCE)
