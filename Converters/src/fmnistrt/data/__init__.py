"""Fashion-MNIST from IDX files, checked against pinned checksums."""

from .idx import LABELS, DataError, Split, default_folder, load

__all__ = ["LABELS", "DataError", "Split", "default_folder", "load"]
