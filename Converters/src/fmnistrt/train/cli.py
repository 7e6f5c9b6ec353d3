"""The command `fmnist-train`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from fmnistrt.data import DataError

from .recipes import RECIPES

EXAMPLES = """examples:
  fmnist-train bncnn                      train as published; the kept epoch is runs/bncnn/best.ckpt
  fmnist-train bncnn                      the same line again resumes a run that was interrupted
  fmnist-train bncnn --epochs 40 --precision mixed_bfloat16
  fmnist-convert runs/bncnn/best.ckpt model.fmg
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
    result.add_argument("--epochs", type=positive, help="passes over the training images")
    result.add_argument("--batch", type=positive, help="images a step")
    result.add_argument("--learning-rate", type=float, help="peak of the cosine schedule")
    result.add_argument("--seed", type=int, default=1, help="default: 1")
    result.add_argument(
        "--precision",
        choices=["float32", "mixed_bfloat16"],
        default="float32",
        help="arithmetic of the training; the checkpoint is float32 either way",
    )
    result.add_argument("--json", action="store_true", help="print the report as JSON")
    return result


def positive(text: str) -> int:
    """A whole number above zero."""
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{value} is not above 0")
    return value


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns 0 when done, 1 when it failed (argparse exits with 2)."""
    options = parser().parse_args(arguments)
    recipe = RECIPES[options.recipe]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        from .trainer import Settings, TrainError, train
    except ModuleNotFoundError as error:
        print(
            f"fmnist-train: {error.name} is not installed: pip install './Converters[train]'",
            file=sys.stderr,
        )
        return 1
    settings = Settings(
        data=options.data,
        output=options.output or Path("runs") / recipe.name,
        epochs=options.epochs or recipe.epochs,
        batch=options.batch or recipe.batch,
        learning_rate=options.learning_rate or recipe.learning_rate,
        seed=options.seed,
        precision=options.precision,
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
