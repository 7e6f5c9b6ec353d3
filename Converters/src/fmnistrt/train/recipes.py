"""The models that `fmnist-train` knows, each with the settings it is trained with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Recipe:
    """A network and how to train it; the command line may override the numbers."""

    name: str
    summary: str
    build: Callable[[], keras.Model]
    epochs: int
    batch: int
    learning_rate: float


@dataclass(frozen=True)
class Neighbours:
    """A classifier that is its training images: there is nothing to train."""

    name: str
    summary: str
    k: int
    metric: str


@dataclass(frozen=True)
class Vectors:
    """Support vectors behind a projection, trained on some of the training images."""

    name: str
    summary: str
    images: int
    variance: float
    """Share of the variance that the projection keeps."""
    penalties: tuple[float, ...]
    """Values of C that are tried with each gamma."""
    gammas: tuple[float, ...]


def bncnn() -> keras.Model:
    """Three convolutions with batch normalisation; 3,458,382 parameters.

    Takes float images (28, 28, 1) in 0...1, gives ten probabilities.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.BatchNormalization(name="input_norm"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv1"),
            layers.BatchNormalization(name="conv1_norm"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(name="pool2"),
            layers.Dropout(0.3, name="pool2_dropout"),
            layers.Conv2D(128, 3, padding="same", activation="relu", name="conv3"),
            layers.MaxPooling2D(name="pool3"),
            layers.Dropout(0.4, name="pool3_dropout"),
            layers.Flatten(name="flatten"),
            layers.Dense(512, activation="relu", name="dense1"),
            layers.Dropout(0.5, name="dense1_dropout"),
            layers.Dense(256, activation="relu", name="dense2"),
            layers.Dropout(0.5, name="dense2_dropout"),
            layers.BatchNormalization(name="dense2_norm"),
            # In mixed precision the probabilities still need single precision.
            layers.Dense(10, activation="softmax", dtype="float32", name="probabilities"),
        ],
        name="bncnn",
    )


RECIPES: dict[str, Recipe | Neighbours | Vectors] = {
    recipe.name: recipe
    for recipe in [
        Neighbours(
            "knn",
            "nearest neighbours among all 60,000 training images; no training",
            k=5,
            metric="manhattan",
        ),
        Vectors(
            "svc",
            "support vectors (RBF) behind a PCA, trained on 10,000 images in minutes",
            images=10_000,
            variance=0.95,
            penalties=(1.0, 3.0, 10.0),
            gammas=(0.01, 0.02, 0.04),
        ),
        Recipe(
            "bncnn",
            "BatchNorm CNN: 3 convolutions, 3 dense layers, 3.46 M parameters",
            bncnn,
            epochs=100,
            batch=250,
            learning_rate=1e-3,
        ),
    ]
}
