"""Writes the files of each model that the runtimes read, once, in build/peers/NAME.

The command that measures starts it by itself: python -m peers.prepare NAME...
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from .models import MODELS, BenchmarkModel
from .weights import images, weighted

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = ROOT / "build/peers"
CONVERTER = ROOT / "Converters/src/fmnistrt/convert"
IMAGES = 4
"""Answers are compared on so many images; the first is the one that is timed."""


def _once(path: Path, sources: list[Path], make: Callable[[], None]) -> None:
    """Makes a file unless it is there, made from sources with the same content."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    stamp = path.with_name(f"{path.name}.sources")
    if path.exists() and stamp.exists() and stamp.read_text() == digest:
        return
    stamp.unlink(missing_ok=True)
    make()
    stamp.write_text(digest)


def prepare(model: BenchmarkModel) -> None:
    """Writes one model in every format. What a peer's own converter refuses is left out."""
    folder = FOLDER / model.name
    folder.mkdir(parents=True, exist_ok=True)
    source, fmg, onnx = (folder / f"model.{kind}" for kind in ("keras", "fmg", "onnx"))
    trained = [ROOT / "Models" / model.checkpoint] if model.checkpoint else []

    def write_source() -> None:
        weighted(model, ROOT / "Models").save(source)
        np.save(folder / "images.npy", images("t10k", model.shape, IMAGES))

    @cache
    def network() -> object:
        import keras

        return keras.saving.load_model(source, compile=False)

    def write_onnx() -> None:
        from .onnx_writer import write_onnx

        write_onnx(network(), onnx)

    def write_tflite() -> None:
        from .tflite_writer import write_tflite

        write_tflite(network(), folder / "model.tflite")

    _once(
        source,
        [HERE / f"{name}.py" for name in ("models", "residual", "weights")] + trained,
        write_source,
    )
    _once(fmg, [source, *sorted(CONVERTER.rglob("*.py"))], lambda: _convert(source, fmg))
    _once(onnx, [source, HERE / "onnx_writer.py"], write_onnx)
    for path, sources, make in (
        (folder / "model.tflite", [source, HERE / "tflite_writer.py"], write_tflite),
        (folder / "model.ncnn.param", [onnx], lambda: _pnnx(onnx, model.shape)),
    ):
        try:
            _once(path, sources, make)
        except Exception as error:
            path.unlink(missing_ok=True)
            print(f"{model.name}: no {path.name}: {error}", file=sys.stderr)


def _convert(source: Path, output: Path) -> None:
    from fmnistrt.convert.cli import main as fmnist_convert

    if fmnist_convert([str(source), str(output), "--force", "--golden", "1"]):
        raise SystemExit(f"{source.parent.name}: fmnist-convert failed")


def _pnnx(source: Path, shape: tuple[int, int, int]) -> None:
    """Writes ncnn's two files beside the source. Weights stay in float32."""
    # Found without importing it: only its module needs PyTorch.
    package = find_spec("pnnx")
    if package is None:
        raise FileNotFoundError("pnnx is not installed")
    program = Path(package.submodule_search_locations[0]) / "pnnx"
    height, width, channels = shape
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        # It writes seven files, of which two are for ncnn.
        copy = Path(folder) / source.name
        copy.symlink_to(source)
        command = [program, copy.name, f"inputshape=[1,{channels},{height},{width}]", "fp16=0"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        for part in ("bin", "param"):
            (Path(folder) / f"model.ncnn.{part}").replace(source.parent / f"model.ncnn.{part}")


def main() -> None:
    """Prepares the models that are named."""
    for name in sys.argv[1:]:
        print(f"preparing {name}", file=sys.stderr, flush=True)
        prepare(MODELS[name])


if __name__ == "__main__":
    main()
