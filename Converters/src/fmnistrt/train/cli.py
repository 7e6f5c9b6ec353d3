"""The command `fmnist-train`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from fmnistrt.data import DataError

from .recipes import RECIPES, Neighbours, Recipe, Vectors

EXAMPLES = """examples:
  fmnist-train bncnn                      train as published; the kept epoch is runs/bncnn/best.ckpt
  fmnist-train bncnn                      the same line again resumes a run that was interrupted
  fmnist-train bncnn --epochs 40 --precision mixed_bfloat16
  fmnist-convert runs/bncnn/best.ckpt model.fmg
  fmnist-train knn --k 5                  no training: runs/knn/knn.fmg holds the training images
  fmnist-train svc                        support vectors, in minutes: runs/svc/svc.fmg
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="fmnist-train",
        description="Trains a Fashion-MNIST classifier. A validation split of the training data "
        "decides which epoch is kept; the test set is used once, for the figure reported.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument(
        "recipe",
        choices=RECIPES,
        help="; ".join(f"{r.name}: {r.summary}" for r in RECIPES.values()),
    )
    result.add_argument("--data", type=Path, help="folder of the IDX files (default: Debian's)")
    result.add_argument("--output", type=Path, help="folder of the run (default: runs/RECIPE)")
    result.add_argument("--seed", type=int, help="of what is random (default: 1)")
    networks = result.add_argument_group("networks")
    networks.add_argument("--epochs", type=positive, help="passes over the training images")
    networks.add_argument("--batch", type=positive, help="images a step")
    networks.add_argument("--learning-rate", type=float, help="peak of the cosine schedule")
    networks.add_argument(
        "--precision",
        choices=["float32", "mixed_bfloat16"],
        help="arithmetic of the training; the checkpoint is float32 either way (default: float32)",
    )
    neighbours = result.add_argument_group("nearest neighbours")
    neighbours.add_argument("--k", type=positive, help="neighbours that vote (default: 5)")
    neighbours.add_argument(
        "--metric", choices=["manhattan", "euclidean"], help="distance (default: manhattan)"
    )
    vectors = result.add_argument_group("support vectors")
    vectors.add_argument("--images", type=positive, help="training images (default: 10000)")
    result.add_argument("--json", action="store_true", help="print the report as JSON")
    return result


def positive(text: str) -> int:
    """A whole number above zero."""
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{value} is not above 0")
    return value


OPTIONS = {
    Recipe: ("epochs", "batch", "learning_rate", "seed", "precision"),
    Neighbours: ("k", "metric"),
    Vectors: ("images", "seed"),
}
"""Which options a kind of recipe has besides those that all have."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns 0 when done, 1 when it failed (argparse exits with 2)."""
    command = parser()
    options = command.parse_args(arguments)
    recipe = RECIPES[options.recipe]
    for name in {name for names in OPTIONS.values() for name in names} - {*OPTIONS[type(recipe)]}:
        if getattr(options, name) is not None:
            command.error(f"--{name.replace('_', '-')} is not an option of {recipe.name}")
    return _train(recipe, options) if isinstance(recipe, Recipe) else _store(recipe, options)


def _seed(options: argparse.Namespace) -> int:
    return 1 if options.seed is None else options.seed


def _store(recipe: Neighbours | Vectors, options: argparse.Namespace) -> int:
    """Writes a model of scikit-learn."""
    from fmnistrt.convert.graph import ConvertError

    try:
        from . import neighbours, svc
    except ModuleNotFoundError as error:
        return _missing(error)
    output = options.output or Path("runs") / recipe.name
    try:
        if isinstance(recipe, Vectors):
            images = options.images or recipe.images
            figures = svc.store(recipe, options.data, output, images, _seed(options))
        else:
            k, metric = options.k or recipe.k, options.metric or recipe.metric
            figures = neighbours.store(recipe, options.data, output, k, metric)
    except (ConvertError, DataError, OSError) as error:
        print(f"fmnist-train: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(figures, indent=1))
    else:
        print(
            f"{output / f'{recipe.name}.fmg'}: {figures['training_images']:,} images, "
            f"test accuracy {figures['test_accuracy']:.2%}"
        )
    return 0


def _missing(error: ModuleNotFoundError) -> int:
    print(
        f"fmnist-train: {error.name} is not installed: pip install './Converters[train]'",
        file=sys.stderr,
    )
    return 1


def _train(recipe: Recipe, options: argparse.Namespace) -> int:
    """Trains a network."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        from .trainer import Settings, TrainError, train
    except ModuleNotFoundError as error:
        return _missing(error)
    settings = Settings(
        data=options.data,
        output=options.output or Path("runs") / recipe.name,
        epochs=options.epochs or recipe.epochs,
        batch=options.batch or recipe.batch,
        learning_rate=options.learning_rate or recipe.learning_rate,
        seed=_seed(options),
        precision=options.precision or "float32",
    )
    try:
        figures = train(recipe, settings)
    except (DataError, TrainError, OSError) as error:
        print(f"fmnist-train: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(figures, indent=1))
    else:
        print(
            f"{settings.output / 'best.ckpt'}: epoch {figures['kept_epoch']} of "
            f"{figures['epochs']}, validation accuracy {figures['validation_accuracy']:.2%}, "
            f"test accuracy {figures['test_accuracy']:.2%}"
        )
    return 0
