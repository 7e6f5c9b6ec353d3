"""What `fmnist-convert` takes and prints about quantisation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .quantize import Quantization

RANGES = ("mse", "percentile", "minmax")
_PICTURES = (
    "a folder of IDX files, a .csv or an .npz with images and labels, or an .npy with images"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of --quantize."""
    group = parser.add_argument_group("int8: a quarter of the file, and faster")
    group.add_argument(
        "--quantize",
        choices=("int8",),
        help="compute in bytes; needs --calibrate. docs/quantization.md tells more",
    )
    group.add_argument(
        "--calibrate",
        type=Path,
        metavar="DATA",
        help="pictures like those that it will get, best of the training data, to measure the "
        f"ranges of activations: {_PICTURES}; plain pixels from 0 to 255",
    )
    group.add_argument(
        "--calibration-pictures",
        type=count,
        metavar="N",
        help="how many of them, chosen at random, every class alike (default: 1000)",
    )
    group.add_argument(
        "--evaluate",
        type=Path,
        metavar="DATA",
        help="pictures with labels for the report, whose accuracy the file states; of IDX files "
        "the test set (default: those of --calibrate that are left)",
    )
    group.add_argument(
        "--ranges",
        choices=RANGES,
        help="mse: the range of the least error (default); percentile: 99.99 %% of all values; "
        "minmax: all of them",
    )
    group.add_argument(
        "--keep-float",
        action="append",
        metavar="LAYER",
        help="leave this layer in floats; may be given several times",
    )
    group.add_argument(
        "--max-changed",
        type=share,
        metavar="SHARE",
        help="while more answers than this change, the layer that costs most stays in floats "
        "(default: 0.01; 1 keeps all layers in bytes)",
    )
    group.add_argument(
        "--no-bias-correction",
        action="store_true",
        help="leave the biases as rounded, even if that shifts a channel's mean",
    )


def count(text: str) -> int:
    """A number of pictures of the command line."""
    value = int(text)
    if not 1 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 1000000")
    return value


def share(text: str) -> float:
    """A number of the command line from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def check(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Ends the command if options do not go together."""
    if options.quantize:
        if options.calibrate is None:
            parser.error(
                "--quantize int8 needs pictures to measure ranges on, such as "
                "--calibrate /usr/share/datasets/fashion-mnist"
            )
        if options.weights == "f16":
            parser.error("--weights f16 does not go with --quantize int8, which is smaller still")
        return
    names = ("calibrate", "calibration_pictures", "evaluate", "ranges", "keep_float", "max_changed")
    given = [name for name in names if getattr(options, name) is not None]
    if options.no_bias_correction:
        given.append("no_bias_correction")
    if given:
        parser.error(f"--{given[0].replace('_', '-')} belongs to --quantize int8")


def quantization_of(options: argparse.Namespace) -> Quantization | None:
    """What the options say, or None without --quantize."""
    if not options.quantize:
        return None
    from .quantize import Quantization

    given = {
        "evaluate": options.evaluate,
        "pictures": options.calibration_pictures,
        "ranges": options.ranges,
        "keep_float": options.keep_float and tuple(options.keep_float),
        "most_changed": options.max_changed,
    }
    return Quantization(
        options.calibrate,
        correct_bias=not options.no_bias_correction,
        simulate=options.no_verify,
        progress=show if sys.stderr.isatty() else lambda what, share: None,
        **{key: value for key, value in given.items() if value is not None},
    )


def show(what: str, share: float) -> None:
    """Draws the state of the work in one line of the terminal; an empty `what` clears it."""
    bar = "#" * round(30 * share)
    line = f"[{bar:<30}] {what}" if what else ""
    if line != _shown.get("line"):
        _shown["line"] = line
        print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)


_shown: dict[str, str] = {}


def describe(report: dict[str, Any], size: int) -> Iterator[str]:
    """The report in sentences; `size` is that of the file."""
    layers, kept = report["layers"], report["kept"]
    yield (
        f"{layers - len(kept)} of {layers} layers in bytes: {size / 1e6:.2f} MB, as floats "
        f"{report['float_bytes'] / 1e6:.2f} MB"
    )
    for layer in kept:
        yield f"in floats stays {layer['name']}: {layer['reason']}"
    if not report["evaluated"]:
        yield "no pictures were left to compare with: give some with --evaluate"
        return
    share = report["changed"] / report["evaluated"]
    changed = f"{report['changed']} answers changed ({share:.2%})"
    if report["accuracy"] is None:
        yield f"on {report['evaluated']} other pictures: {changed}"
        return
    yield (
        f"accuracy on {report['evaluated']} other pictures: {report['accuracy']:.2%}, as floats "
        f"{report['float_accuracy']:.2%}; {changed}"
    )
