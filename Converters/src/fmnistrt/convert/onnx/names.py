"""Names of tensors: an ONNX value's name, made to fit the format."""

from __future__ import annotations

from ..names import shorten


class Names:
    """Hands out names that are unique, printable and at most 63 bytes long."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def unique(self, name: str) -> str:
        """A name as close to `name` as possible; the same calls give the same names."""
        clean = "".join(char if char.isprintable() else "_" for char in name) or "tensor"
        candidate, count = shorten(clean), 1
        while candidate in self._used:
            count += 1
            candidate = shorten(f"{clean}:{count}")
        self._used.add(candidate)
        return candidate

    def part(self, name: str, part: str) -> str:
        """The name of a helper tensor on the way to the ONNX value `name`."""
        return self.unique(f"{name}:{part}")
