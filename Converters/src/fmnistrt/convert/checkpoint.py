"""What a front end is given: a checkpoint, and what the user says of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from .graph import ConvertError
from .torch.architecture import Architecture

MAX_CHECKPOINT = 1 << 30
MAX_FILES = 10_000
NO_ARCHITECTURE = Architecture()
FLAGS = {"architecture": "--arch, --input and --probabilities"}
"""Of the fields of SourceOptions that do not have one flag with their own name."""


@dataclass(frozen=True)
class Checkpoint:
    """A file, or a folder (such as TensorFlow's SavedModel), whose `content` is empty.

    `path` is None for bytes that come from no file. `name` is that of the file or folder.
    """

    name: str
    content: bytes
    path: Path | None = None
    is_folder: bool = False

    @classmethod
    def open(cls, path: Path) -> Checkpoint:
        """Reads a file; of a folder only the size is checked.

        `path` may also be the prefix of a checkpoint of TensorFlow (x for x.index and x.data-...):
        what is read is the index. Raises OSError for what cannot be read, and ConvertError for what
        is no file or folder, or larger than any .fmg file.
        """
        index = path.with_name(f"{path.name}.index") if path.name else path
        if not path.exists() and index.is_file():
            path = index
        name = path.resolve().name if path.name in ("", "..") else path.name
        if path.is_dir():
            size = sum(file.stat().st_size for file in files_in(path))
        elif path.exists() and not path.is_file():
            raise ConvertError("is not a regular file: save the checkpoint to one first")
        else:
            size = path.stat().st_size
        if size > MAX_CHECKPOINT:
            raise ConvertError(
                "is larger than 1 GiB, which no .fmg file can be: convert a smaller one"
            )
        if path.is_dir():
            return cls(name, b"", path, is_folder=True)
        return cls(name, path.read_bytes(), path)

    @property
    def sha256(self) -> str:
        """The digest of the content; of a folder, that of what `sha256sum` says of its files."""
        if not self.is_folder:
            return hashlib.sha256(self.content).hexdigest()
        assert self.path is not None
        total = hashlib.sha256()
        for file in files_in(self.path):
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            name = file.relative_to(self.path).as_posix()
            total.update(f"{digest}  {name}\n".encode("utf-8", "surrogateescape"))
        return total.hexdigest()


def files_in(folder: Path) -> Iterator[Path]:
    """The regular files in a folder and all within it, in an order that no system changes."""
    count = 0
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            file = Path(place, name)
            if not file.is_file():
                continue
            count += 1
            if count > MAX_FILES:
                raise ConvertError(f"holds more than {MAX_FILES} files: give the folder of a model")
            yield file


@dataclass(frozen=True)
class SourceOptions:
    """What the user says of a checkpoint, beyond what is in it.

    `architecture` are the layers of weights without a model, `module` the class that they belong to
    (file.py:Class), `config` the JSON that describes their layers. `trust_pickle` lets a pickle be
    executed. `backbone` is the model in front of this one, up to its layer `layer`.
    """

    architecture: Architecture = NO_ARCHITECTURE
    module: str | None = None
    config: Path | None = None
    trust_pickle: bool = False
    backbone: Path | None = None
    layer: str | None = None

    def given(self) -> dict[str, str]:
        """The fields that are not as by default, with their flags on the command line."""
        names = [one.name for one in fields(self) if getattr(self, one.name) != one.default]
        return {name: FLAGS.get(name) or f"--{name.replace('_', '-')}" for name in names}
