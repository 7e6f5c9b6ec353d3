"""What is measured: number type, images a call and threads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

TYPES = ("float", "int8")
ONNX_BATCH = "N"
"""The first dimension in ONNX files, whose size runtimes are told when they load the model."""
_NUMBERS = {1: "one", 2: "two"}


@dataclass(frozen=True)
class Setting:
    """The conditions of one table."""

    type: str = "float"
    """"float", which is float32, or "int8"."""
    batch: int = 1
    """Images in a call."""
    threads: int = 1
    apart: bool = False
    """How threads share the work: together, by a runtime's own threads, or each with its images."""

    def __str__(self) -> str:
        kind = "float32" if self.type == "float" else self.type
        number = _NUMBERS.get(self.threads, str(self.threads))
        return f"{kind}, batch {self.batch}, {number} thread{'s' if self.threads > 1 else ''}"

    def file(self, suffix: str) -> str:
        """The name of a prepared model, such as "model.int8.onnx" for ".onnx"."""
        return f"model{'' if self.type == 'float' else '.int8'}{suffix}"

    def ways(self) -> list[Setting]:
        """Both ways of sharing the work where there are two; the faster one counts."""
        both = 1 < self.threads <= self.batch
        return [self, replace(self, apart=True)] if both else [self]

    def parts(self) -> list[int]:
        """How many images each thread computes when they work apart."""
        least, more = divmod(self.batch, self.threads)
        return [least + (part < more) for part in range(self.threads)]


def product(types: Iterable[str], batches: Iterable[int], threads: Iterable[int]) -> list[Setting]:
    """All combinations, a batch and a number of threads after the other."""
    types, threads = list(types), list(threads)
    return [
        Setting(type_, batch, number) for batch in batches for number in threads for type_ in types
    ]
