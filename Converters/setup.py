"""Puts the libraries, built by `make lib`, into the wheel; the rest is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

FOLDER = Path(__file__).resolve().parent.parent / "build" / "lib"
LIBRARY = FOLDER / "libfmnistrt.so.0"
LIBRARIES = (LIBRARY, FOLDER / "libfmnistrt-threads.so.0")


class BuildWithLibrary(build_py):
    """The package's modules, and the libraries beside them."""

    def run(self) -> None:
        """Copies the libraries; an editable installation finds them where they were built."""
        super().run()
        for library in LIBRARIES if not self.editable_mode else ():
            if library.exists():
                shutil.copyfile(library, Path(self.build_lib) / "fmnistrt" / library.name)


class PlatformDistribution(Distribution):
    """A wheel that holds the library is for one kind of machine."""

    def has_ext_modules(self) -> bool:
        """Whether the wheel's name must say for which machine it is."""
        return LIBRARY.exists()


setup(cmdclass={"build_py": BuildWithLibrary}, distclass=PlatformDistribution)
