"""The tests that ship in the onnx package: a model, what goes in, and what must come out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests

KINDS = ("node", "simple", "pytorch-operator", "pytorch-converted")
"""The collections whose models lie in the package; those of `real` would be downloads."""


@dataclass(frozen=True)
class Case:
    """One test of ONNX. Inputs and outputs that are no arrays, such as sequences, are None."""

    name: str
    kind: str
    model: onnx.ModelProto
    inputs: Sequence[np.ndarray | None]
    outputs: Sequence[np.ndarray | None]

    @property
    def operator(self) -> str:
        """The operator under test; a model of several nodes is named after its kind."""
        if self.kind != "node":
            return self.kind
        node, *others = self.model.graph.node
        if others:
            return "functions spelt out"
        return f"{node.domain}.{node.op_type}" if node.domain else node.op_type


def load_cases() -> list[Case]:
    """All tests of the installed package."""
    with warnings.catch_warnings():
        # Computing the expected outputs divides by zero here and there.
        warnings.simplefilter("ignore")
        return [
            _of_arrays(test, kind) if test.model is not None else _of_folder(test, kind)
            for kind in KINDS
            for test in load_model_tests(kind=kind)
        ]


def _of_arrays(test, kind: str) -> Case:
    inputs, outputs = test.data_sets[0]
    return Case(test.name, kind, test.model, *map(_arrays, (inputs, outputs)))


def _of_folder(test, kind: str) -> Case:
    folder = Path(test.model_dir)
    model = onnx.load(folder / "model.onnx")
    data = folder / "test_data_set_0"
    inputs = [_stored(data / f"input_{i}.pb") for i in range(len(list(data.glob("input_*"))))]
    outputs = [_stored(data / f"output_{i}.pb") for i in range(len(list(data.glob("output_*"))))]
    return Case(test.name, kind, model, inputs, outputs)


def _stored(path: Path) -> np.ndarray | None:
    try:
        return numpy_helper.to_array(onnx.load_tensor_from_string(path.read_bytes()))
    except Exception:  # Sequences and maps are stored under other types.
        return None


def _arrays(values: Sequence[object]) -> list[np.ndarray | None]:
    arrays: list[np.ndarray | None] = []
    for value in values:
        if isinstance(value, onnx.TensorProto):
            value = numpy_helper.to_array(value)
        arrays.append(value if isinstance(value, np.ndarray | np.generic) else None)
    return arrays
