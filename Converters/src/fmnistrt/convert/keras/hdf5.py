"""Opens the bytes of HDF5 files: damaged ones can crash the HDF5 library, or hold it up."""

from __future__ import annotations

import io
import os
import resource

import h5py

from ..graph import ConvertError

CPU_SECONDS = 10
"""More than reading the largest file takes."""
MOST_BYTES = 1 << 30


def open_hdf5(content: bytes) -> h5py.File:
    """The file; raises what h5py raises, and ConvertError, where it is damaged.

    A child process reads all of it first: it takes the crash, or the endless loop, upon itself.
    """
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            read_all(content)
        finally:
            # An error is found again, and reported, by who reads the file now.
            os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFEXITED(status):
        raise ConvertError(
            "the HDF5 data in this file is damaged so that its library cannot read it: "
            "copy it again from its origin"
        )
    return h5py.File(io.BytesIO(content), "r")


def read_all(content: bytes) -> None:
    """Reads every attribute and array, as far as they are no larger than a model may be."""
    left = MOST_BYTES

    def read(name: str, item: h5py.Group | h5py.Dataset) -> None:
        nonlocal left
        dict(item.attrs)
        if isinstance(item, h5py.Dataset) and not item.is_virtual and not item.external:
            left -= item.size * item.dtype.itemsize
            if left >= 0:
                item[()]

    file = h5py.File(io.BytesIO(content), "r")
    read("/", file)
    file.visititems(read)
