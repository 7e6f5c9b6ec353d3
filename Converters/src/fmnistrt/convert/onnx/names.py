"""Names of tensors: an ONNX value's name, made to fit the format."""

from __future__ import annotations

import hashlib

MAX_BYTES = 63


class Names:
    """Hands out names that are unique, printable and at most 63 bytes long."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def unique(self, name: str) -> str:
        """A name as close to `name` as possible; the same calls give the same names."""
        clean = "".join(char if char.isprintable() else "_" for char in name) or "tensor"
        candidate, count = _shortened(clean), 1
        while candidate in self._used:
            count += 1
            candidate = _shortened(f"{clean}#{count}")
        self._used.add(candidate)
        return candidate

    def part(self, name: str, part: str) -> str:
        """The name of a helper tensor on the way to the ONNX value `name`."""
        return self.unique(f"{name}:{part}")


def _shortened(name: str) -> str:
    content = name.encode()
    if len(content) <= MAX_BYTES:
        return name
    digest = hashlib.sha256(content).hexdigest()[:8]
    # The end of a path-like name tells more than its beginning.
    return f"{digest}~{content[9 - MAX_BYTES :].decode(errors='ignore')}"
