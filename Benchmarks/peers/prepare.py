"""Writes the files of each model that the runtimes read, once, in build/peers/NAME.

The command that measures starts it by itself: python -m peers.prepare TYPES MODELS, both with
commas between them.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from .models import MODELS, BenchmarkModel
from .weights import pixels, prepared, weighted

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = ROOT / "build/peers"
CONVERTER = ROOT / "Converters/src/fmnistrt/convert"
CALIBRATION_IMAGES, IMAGES = 256, 512
"""So many of the first training images give the quantisers their ranges, and on so many of the
last answers are compared; the first of these are timed."""


@cache
def _digest(source: Path) -> bytes:
    return hashlib.sha256(source.read_bytes()).digest()


def _once(path: Path, sources: list[Path], make: Callable[[], None]) -> None:
    """Makes a file unless it is there, made from sources with the same content."""
    digest = hashlib.sha256(b"".join(map(_digest, sources))).hexdigest()
    stamp = path.with_name(f"{path.name}.sources")
    if path.exists() and stamp.exists() and stamp.read_text() == digest:
        return
    stamp.unlink(missing_ok=True)
    _digest.cache_clear()
    make()
    stamp.write_text(digest)


class _Files:
    """The files of one model."""

    def __init__(self, model: BenchmarkModel) -> None:
        self.model = model
        self.folder = FOLDER / model.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.source, self.onnx = self.folder / "model.keras", self.folder / "model.onnx"
        self.calibration = self.folder / "calibration.npy"

    @cached_property
    def network(self) -> object:
        import keras

        return keras.saving.load_model(self.source, compile=False)

    def write_source(self) -> None:
        """The network, the images, and what the network answers to them."""
        shape = self.model.shape
        network = weighted(self.model, ROOT / "Models")
        network.save(self.source)
        images = pixels("train", shape, IMAGES, last=True)
        np.save(self.folder / "images.npy", images)
        answers = network.predict(prepared(images), batch_size=32, verbose=0)
        np.save(self.folder / "answers.npy", answers)
        np.save(self.calibration, pixels("train", shape, CALIBRATION_IMAGES))

    def write_onnx(self) -> None:
        from .onnx_writer import write_onnx

        write_onnx(self.network, self.onnx)

    def write_fmg(self, path: Path, *options: str) -> None:
        from fmnistrt.convert.cli import main as fmnist_convert

        arguments = [str(self.source), str(path), "--force", "--golden", "1", *options]
        if fmnist_convert(arguments):
            raise RuntimeError("fmnist-convert failed")

    def write_int8_fmg(self, path: Path) -> None:
        # Like the peers, which round every layer whatever it costs.
        calibration = ("--calibrate", str(self.calibration))
        self.write_fmg(path, "--quantize", "int8", *calibration, "--max-changed", "1")

    def write_tflite(self, path: Path) -> None:
        from .tflite_writer import write_tflite

        write_tflite(self.network, path)

    def write_int8_tflite(self, path: Path) -> None:
        from .tflite_writer import write_tflite

        write_tflite(self.network, path, prepared(np.load(self.calibration)))

    def write_ncnn(self, path: Path) -> None:
        _pnnx(self.onnx, self.model.shape)

    def write_qdq(self, path: Path) -> None:
        from .int8_writers import write_qdq

        write_qdq(self.onnx, self._channels_first(), path)

    def write_nncf(self, path: Path) -> None:
        from .int8_writers import write_nncf

        write_nncf(self.onnx, self._channels_first(), path)

    def _channels_first(self) -> np.ndarray:
        images = prepared(np.load(self.calibration))
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2))

    def prepare(self, types: Sequence[str]) -> None:
        """Writes the model in every format. What a converter refuses is left out, and said."""
        trained = [ROOT / "Models" / self.model.checkpoint] if self.model.checkpoint else []
        code = [HERE / f"{name}.py" for name in ("models", "residual", "weights")]
        _once(self.source, code + trained, self.write_source)
        _once(self.onnx, [self.source, HERE / "onnx_writer.py"], self.write_onnx)
        converter = sorted(CONVERTER.rglob("*.py"))
        tflite, int8 = HERE / "tflite_writer.py", HERE / "int8_writers.py"
        formats = {
            "float": (
                ("model.fmg", [self.source, *converter], self.write_fmg),
                ("model.tflite", [self.source, tflite], self.write_tflite),
                ("model.ncnn.param", [self.onnx], self.write_ncnn),
            ),
            "int8": (
                ("model.int8.fmg", [self.source, *converter], self.write_int8_fmg),
                ("model.int8.onnx", [self.onnx, int8], self.write_qdq),
                ("model.int8.xml", [self.onnx, int8], self.write_nncf),
                ("model.int8.tflite", [self.source, tflite], self.write_int8_tflite),
            ),
        }
        for type_ in types:
            for name, sources, write in formats[type_]:
                path = self.folder / name
                try:
                    _once(path, sources, lambda path=path, write=write: write(path))
                except (Exception, SystemExit) as error:
                    path.unlink(missing_ok=True)
                    print(f"{self.model.name}: no {name}: {error}", file=sys.stderr)


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
    types, names = (argument.split(",") for argument in sys.argv[1:])
    for name in names:
        print(f"preparing {name}", file=sys.stderr, flush=True)
        _Files(MODELS[name]).prepare(types)


if __name__ == "__main__":
    main()
