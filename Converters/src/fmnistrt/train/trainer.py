"""Trains a recipe, keeps the epoch that is best on the validation split, reports once on the test.

A run lives in one folder: best.ckpt (the kept epoch, a Keras archive), history.json (every epoch),
report.json and model-card.md (the figures at the end), and backup/ while it is not finished.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from fmnistrt.data import LABELS, hold_out, load
from fmnistrt.files import replace_file

from .augment import AugmentedBatches, to_input
from .card import model_card
from .recipes import Recipe


@dataclass(frozen=True)
class Settings:
    """What the user may choose for a run."""

    data: Path | None
    output: Path
    epochs: int
    batch: int
    learning_rate: float
    seed: int
    precision: str

    def of_the_run(self) -> dict:
        """What a run must keep from its first epoch to its last."""
        names = ("epochs", "batch", "learning_rate", "seed", "precision")
        return {name: getattr(self, name) for name in names}

    def expect(self, run: dict) -> None:
        """Refuses a folder whose run has other settings: another seed even has another split."""
        for name, value in self.of_the_run().items():
            if run.get(name, value) != value:
                raise TrainError(
                    f"{self.output}: holds a run with {name} {run[name]}, not {value}; "
                    "name another folder with --output"
                )


class History(keras.callbacks.Callback):
    """Writes history.json after each epoch, and best.ckpt when validation accuracy rises."""

    def __init__(self, recipe: Recipe, settings: Settings):
        super().__init__()
        self.recipe, self.folder, self.settings = recipe, settings.output, settings.of_the_run()
        self.epochs: list[dict] = []
        path = self.folder / "history.json"
        if path.exists():
            run = json.loads(path.read_text())
            settings.expect(run.get("settings", {}))
            self.epochs = run["epochs"]

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Keras calls this with the figures of the epoch that has just ended."""
        figures = {name: float(value) for name, value in (logs or {}).items()}
        best = max((e["val_accuracy"] for e in self.epochs[:epoch]), default=-1.0)
        self.epochs = [*self.epochs[:epoch], {"epoch": epoch + 1, **figures}]
        if figures["val_accuracy"] > best:
            save_float32(self.recipe, self.model, self.folder / "best.ckpt")
        replace_file(
            self.folder / "history.json",
            json.dumps(
                {"recipe": self.recipe.name, "settings": self.settings, "epochs": self.epochs},
                indent=1,
            ).encode(),
        )

    @property
    def best(self) -> dict:
        """The epoch whose weights best.ckpt holds: the first of those with the best accuracy."""
        return max(self.epochs, key=lambda e: e["val_accuracy"])


def save_float32(recipe: Recipe, model: keras.Model, path: Path) -> None:
    """Saves the weights in a single-precision copy of the network, as a Keras archive."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        copy = recipe.build()
    finally:
        keras.config.set_dtype_policy(policy)
    copy.set_weights(model.get_weights())
    temporary = path.with_name(f"{path.name}.{os.getpid()}.keras")
    try:
        copy.save(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class TrainError(Exception):
    """One sentence for the user."""


def train(recipe: Recipe, settings: Settings) -> dict:
    """Runs or resumes a training; returns the figures that it also writes to report.json."""
    folder = settings.output
    finished = folder / "report.json"
    if finished.exists():
        figures = json.loads(finished.read_text())
        settings.expect(figures)
        return figures
    keras.utils.set_random_seed(settings.seed)
    training, held_out = hold_out(load("train", settings.data), settings.seed)
    validation = (to_input(held_out.images), held_out.labels)
    folder.mkdir(parents=True, exist_ok=True)

    history = History(recipe, settings)
    done = len(history.epochs)
    if done < settings.epochs:
        keras.config.set_dtype_policy(settings.precision)
        model = recipe.build()
        keras.config.set_dtype_policy("float32")
        steps = len(AugmentedBatches(training, settings.batch, settings.seed))
        model.compile(
            optimizer=keras.optimizers.Adam(
                keras.optimizers.schedules.CosineDecay(
                    settings.learning_rate / 10,
                    decay_steps=steps * (settings.epochs - 1),
                    warmup_target=settings.learning_rate,
                    warmup_steps=steps,
                )
            ),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        model.fit(
            AugmentedBatches(training, settings.batch, settings.seed, epoch=done),
            epochs=settings.epochs,
            validation_data=validation,
            validation_batch_size=500,
            callbacks=[keras.callbacks.BackupAndRestore(folder / "backup"), history],
            verbose=1 if sys.stdout.isatty() else 2,
        )
    return report(recipe, settings, history, len(training.labels), validation)


def report(recipe: Recipe, settings: Settings, history: History, size: int, validation) -> dict:
    """Measures the kept epoch on the validation split and, once, on the test set."""
    from sklearn.metrics import classification_report

    path = settings.output / "best.ckpt"
    model = load_checkpoint(path)
    test = load("t10k", settings.data)
    predicted = model.predict(to_input(test.images), batch_size=500, verbose=0).argmax(1)
    checked = model.predict(validation[0], batch_size=500, verbose=0).argmax(1)
    figures = {
        "recipe": recipe.name,
        "canonical_data": test.canonical,
        "parameters": model.count_params(),
        "training_images": size,
        "validation_images": len(validation[1]),
        "epochs": len(history.epochs),
        "kept_epoch": history.best["epoch"],
        "batch": settings.batch,
        "learning_rate": settings.learning_rate,
        "seed": settings.seed,
        "precision": settings.precision,
        "validation_accuracy": float(np.mean(checked == validation[1])),
        "test_accuracy": float(np.mean(predicted == test.labels)),
        "test_report": classification_report(
            test.labels, predicted, target_names=LABELS, output_dict=True, zero_division=0
        ),
    }
    replace_file(settings.output / "model-card.md", model_card(recipe, figures).encode())
    replace_file(settings.output / "report.json", json.dumps(figures, indent=1).encode())
    return figures


def load_checkpoint(path: Path) -> keras.Model:
    """Loads a Keras archive whatever its name ends with."""
    link = path.with_name(f"{path.name}.{os.getpid()}.keras")
    link.symlink_to(path.resolve())
    try:
        return keras.saving.load_model(link)
    finally:
        link.unlink()
