"""Puts the library into the wheel, where `make lib` has built it; the rest is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

LIBRARY = Path(__file__).resolve().parent.parent / "build" / "lib" / "libfmnistrt.so.0"


class BuildWithLibrary(build_py):
    """The package's modules, and the library beside them."""

    def run(self) -> None:
        """Copies the library; an editable installation finds it where it was built."""
        super().run()
        if LIBRARY.exists() and not self.editable_mode:
            shutil.copyfile(LIBRARY, Path(self.build_lib) / "fmnistrt" / LIBRARY.name)


class PlatformDistribution(Distribution):
    """A wheel that holds the library is for one kind of machine."""

    def has_ext_modules(self) -> bool:
        """Whether the wheel's name must say for which machine it is."""
        return LIBRARY.exists()


setup(cmdclass={"build_py": BuildWithLibrary}, distclass=PlatformDistribution)
