"""Finds the class that `--module` names, and makes a model of it.

This runs the user's own code, the file or package that the command names. Nothing of a checkpoint
takes part.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ..graph import ConvertError

_REFERENCE = re.compile(r"(?P<source>.+?):(?P<name>[A-Za-z_][\w.]*)(?P<call>\(.*\))?", re.DOTALL)
_LOADED = "_fmnistrt_module"


@dataclass(frozen=True)
class Reference:
    """A class or function in a file of Python or an installed package, and its arguments."""

    source: str
    name: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    called: bool

    @classmethod
    def parse(cls, text: str) -> Reference:
        """From `net.py:Net`, `net.py:Net(10, width=2)` or `torchvision.models:resnet18()`."""
        match = _REFERENCE.fullmatch(text.strip())
        if match is None:
            raise ConvertError(
                f"--module {text[:80]} cannot be read: write FILE.py:CLASS, or with arguments "
                "FILE.py:CLASS(10, width=2)"
            )
        try:
            call = ast.parse(f"f{match['call'] or '()'}", mode="eval").body
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                raise ValueError
            arguments = tuple(ast.literal_eval(value) for value in call.args)
            keywords = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
            if any(one.arg is None for one in call.keywords):
                raise ValueError
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            raise ConvertError(
                f"--module has the arguments {match['call'][:80]}: only plain values such as 10, "
                '"relu", True or [16, 32] are possible'
            ) from None
        return cls(match["source"], match["name"], arguments, keywords, bool(match["call"]))

    @contextlib.contextmanager
    def running(self, what: str) -> Iterator[None]:
        """Runs the user's code: it may import its neighbours, and what it raises is an error.

        What it prints goes to standard error.
        """
        folder = str(Path(self.source).resolve().parent) if self._is_file else str(Path.cwd())
        sys.path.insert(0, folder)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        except ConvertError:
            raise
        except SystemExit:
            raise ConvertError(
                f"--module: {self.source} ends the program {what}: put what is not for importing "
                'under if __name__ == "__main__"'
            ) from None
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            raise ConvertError(
                f"--module: {what}, {self.source} failed{self._line(error)}: {reason}"
            ) from None
        finally:
            sys.path.remove(folder)

    def make(self) -> Any:
        """The object that the name stands for, or what it gives when it is called."""
        with self.running("while being imported"):
            found: Any = self._module()
        for part in self.name.split("."):
            if not hasattr(found, part):
                raise ConvertError(f"--module: {self.source} has no {self.name}")
            found = getattr(found, part)
        if not callable(found) or (hasattr(found, "state_dict") and not isinstance(found, type)):
            # A model that has been made already.
            if self.called:
                raise ConvertError(f"--module: {self.name} is no class, so it takes no arguments")
            return found
        with self.running(f"while {self.name} was made"):
            return found(*self.arguments, **self.keywords)

    @property
    def _is_file(self) -> bool:
        return self.source.endswith(".py")

    def _module(self) -> ModuleType:
        if not self._is_file:
            try:
                return importlib.import_module(self.source)
            except ModuleNotFoundError as error:
                if error.name and self.source.startswith(error.name):
                    raise ConvertError(
                        f"--module: there is no package {self.source}: name a file ending in .py, "
                        "or install the package"
                    ) from None
                raise
        path = Path(self.source)
        if not path.is_file():
            raise ConvertError(f"--module: there is no file {self.source}")
        spec = importlib.util.spec_from_file_location(_LOADED, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Classes look up their own module there.
        sys.modules[_LOADED] = module
        spec.loader.exec_module(module)
        return module

    def _line(self, error: Exception) -> str:
        """Where in the user's file it happened, if there."""
        if not self._is_file:
            return ""
        path = Path(self.source).resolve()
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == path]
        return f" in line {lines[-1]}" if lines else ""
