"""The command `fmnist-convert`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import parser
from .quantize import command

if TYPE_CHECKING:
    from .checkpoint import Checkpoint, SourceOptions


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns 0 when done, 1 when it failed (argparse exits with 2)."""
    line = parser()
    options = line.parse_intermixed_args(arguments)
    command.check(options, line)
    if options.output is None and options.check is None:
        line.error("an output is needed; without one, --check DATA only prints what it finds")
    if options.check_pictures and options.check is None:
        line.error("--check-pictures belongs to --check")
    from .graph import ConvertError

    try:
        report, remarks = run(options)
    except ConvertError as error:
        return _fail(options.checkpoint, str(error))
    except OSError as error:
        return _fail(error.filename or options.checkpoint, error.strerror or str(error))
    except MemoryError:
        return _fail(options.checkpoint, "does not fit into memory: convert it on a larger machine")
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        return _fail(options.checkpoint, f"cannot be converted ({what}): please report this bug")
    if options.json:
        print(json.dumps(report, indent=1))
        return 0
    for remark in remarks:
        print(remark)
    print(
        f"{report['output'] or 'not written'}: {report['name']}, {report['classes']} classes "
        f"({report['kind']}), from {report['framework']}, {report['bytes'] / 1e6:.2f} MB"
    )
    if report["quantized"] is not None:
        for line in command.describe(report["quantized"], report["bytes"]):
            print(line)
    if report["difference"] is not None:
        print(
            f"largest difference from the {report['compared']}: {report['difference']:.1e} "
            f"(allowed: {report['tolerance']:.1e})"
        )
    return 0


def _fail(path: Any, message: str) -> int:
    print(f"fmnist-convert: {path}: {' '.join(message.split())}", file=sys.stderr)
    return 1


def run(options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """Converts, checks and writes; returns the report, and lines for a reader in front of it."""
    from .checkpoint import Checkpoint
    from .convert import Options, convert
    from .explain import Explanation
    from .verify import verified

    checkpoint = Checkpoint.open(options.checkpoint)
    if options.output is not None:
        _check_output(options.output, checkpoint, options.force)
    explanation = Explanation() if options.explain else None
    wanted = Options(
        scale=options.scale,
        mean=options.mean or (0.0,),
        deviation=options.std or (1.0,),
        invert=options.invert,
        labels=_labels(options.labels),
        name=options.name,
        accuracy=options.accuracy,
        golden=options.golden,
        half_weights=options.weights == "f16",
        quantization=command.quantization_of(options),
        source=_source(options),
    )
    conversion = convert(checkpoint, wanted, explanation)
    remarks = []
    if explanation:
        remarks += explanation.text(sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
    remarks += [f"note: {note}" for note in conversion.notes]
    model = conversion.model
    difference = None if options.no_verify else verified(conversion)
    comparison = None
    if options.check:
        from .contracts import PICTURES, compare

        # In floats: how the model does, not how its bytes do.
        plain = conversion
        if wanted.quantization:
            plain = convert(checkpoint, replace(wanted, quantization=None))
        comparison = compare(plain, options.check, options.check_pictures or PICTURES)
        remarks += comparison.lines()
    if options.output is not None:
        from fmnistrt.files import replace_file

        replace_file(options.output, conversion.content)
    report = {
        "output": options.output and str(options.output),
        "name": model.metadata["name"],
        "framework": model.metadata["framework"],
        "classes": model.graph.output.shape[0],
        "kind": model.output_kind,
        "bytes": len(conversion.content),
        "compared": conversion.compared,
        "difference": difference,
        "tolerance": conversion.proof.tolerance,
        "notes": conversion.notes,
        "quantized": conversion.quantized and conversion.quantized.as_json(),
        "check": comparison and comparison.as_json(),
        "steps": explanation and explanation.as_json(),
    }
    return report, remarks


def _check_output(output: Path, checkpoint: Checkpoint, force: bool) -> None:
    """Refuses an output that would replace what it should not."""
    from .graph import ConvertError

    if output.is_dir() or not output.parent.is_dir():
        raise ConvertError(f"{output} cannot be written: give a file name in an existing folder")
    if output.exists():
        if checkpoint.path and output.samefile(checkpoint.path):
            raise ConvertError("the output is the checkpoint itself: give another name")
        if not output.is_file():
            raise ConvertError(f"{output} is not a regular file and stays: give another name")
        if not force:
            raise ConvertError(f"{output} exists already: give --force to replace it")


def _source(options: argparse.Namespace) -> SourceOptions:
    """The options of the command line whose names are fields of SourceOptions."""
    from .checkpoint import SourceOptions
    from .torch.architecture import Architecture

    given = {
        one.name: getattr(options, one.name)
        for one in fields(SourceOptions)
        if hasattr(options, one.name)
    }
    architecture = Architecture(options.arch, options.input, options.probabilities)
    return SourceOptions(architecture=architecture, **given)


def _labels(argument: str | None) -> list[str] | None:
    if argument is None:
        return None
    from .graph import ConvertError

    if not os.path.isfile(argument):
        if "," not in argument:
            raise ConvertError(f"there is no file of labels {argument}: give one, or A,B,C")
        return [label.strip() for label in argument.split(",")]
    try:
        lines = Path(argument).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise ConvertError(f"the labels in {argument} are not UTF-8 text") from None
    return [line.strip() for line in lines if line.strip()]
