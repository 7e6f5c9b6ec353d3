"""Fashion-MNIST from IDX files, checked against pinned checksums."""

from .idx import LABELS, DataError, Split, default_folder, load
from .split import hold_out

__all__ = ["LABELS", "DataError", "Split", "default_folder", "hold_out", "load"]
