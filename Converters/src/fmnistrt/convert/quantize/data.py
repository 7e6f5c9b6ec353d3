"""Reads the pictures that ranges are measured on, and divides them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fmnistrt.data import DataError
from fmnistrt.data import load as load_idx

from ..graph import ConvertError, Shape

_IMAGES = ("images", "x", "x_train", "x_test", "arr_0")
_LABELS = ("labels", "y", "y_train", "y_test")


@dataclass(frozen=True)
class Pictures:
    """Bytes (n, height, width, channels) and, if they are known, the n right classes."""

    images: np.ndarray
    labels: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.images)

    def take(self, chosen: np.ndarray | slice) -> Pictures:
        """Some of them."""
        return Pictures(self.images[chosen], None if self.labels is None else self.labels[chosen])


def read_pictures(path: Path, part: str, shape: Shape, classes: int) -> Pictures:
    """Pictures for an input of `shape`: a folder of IDX files, an .npz or an .npy.

    `part` of IDX files is "train" or "t10k". An .npz holds `images` and perhaps `labels` (or x and
    y); an .npy holds images only.
    """
    if path.is_dir():
        try:
            images, labels, _ = load_idx(part, path)
        except DataError as error:
            raise ConvertError(str(error)) from None
    else:
        images, labels = _arrays(path)
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise ConvertError(
            f"{path} holds pictures of type {images.dtype}: give plain pixels, uint8 from 0 to 255"
        )
    if images.ndim == 3 and shape[2] == 1:
        images = images[..., None]
    if images.ndim != 4 or images.shape[1:] != shape or not len(images):
        raise ConvertError(f"{path} holds pictures {images.shape}: (n, *{shape}) is needed")
    if labels is not None:
        labels = np.asarray(labels).reshape(-1)
        if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
            raise ConvertError(f"{path} holds {labels.shape} labels for {len(images)} pictures")
        if labels.min() < 0 or labels.max() >= classes:
            raise ConvertError(f"{path} has labels that are not 0 to {classes - 1}")
    return Pictures(images, labels)


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    try:
        loaded = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise ConvertError(f"{path}: there is no such file or folder of pictures") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ConvertError(
            f"{path} holds no pictures ({str(error).splitlines()[0]}): give a folder of IDX files, "
            "an .npz with images and labels, or an .npy with images"
        ) from None
    if isinstance(loaded, np.ndarray):
        return loaded, None
    with loaded:
        images = next((name for name in _IMAGES if name in loaded), None)
        labels = next((name for name in _LABELS if name in loaded), None)
        if images is None:
            raise ConvertError(
                f"{path} holds {', '.join(loaded)}: name the array of pictures images, and that "
                "of their classes labels"
            )
        try:
            return loaded[images], None if labels is None else loaded[labels]
        except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ConvertError(f"{path} is damaged: {str(error).splitlines()[0]}") from None


def stratified(pictures: Pictures, count: int, seed: int) -> np.ndarray:
    """Indices of about `count` pictures, chosen at random, of every class as many as it has."""
    random = np.random.default_rng(seed)
    count = min(count, len(pictures))
    order = random.permutation(len(pictures))
    if pictures.labels is None:
        return order[:count]
    # Sorted by class, every so-manieth picture: each class by its share, none left out by chance.
    by_class = order[np.argsort(pictures.labels[order], kind="stable")]
    places = (np.arange(count) + 0.5) * len(pictures) / count
    return random.permutation(by_class[places.astype(np.int64)])
