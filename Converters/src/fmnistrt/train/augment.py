"""Batches of freshly augmented training images."""

from __future__ import annotations

import math

import keras
import numpy as np

from fmnistrt.data import Split


class AugmentedBatches(keras.utils.PyDataset):
    """One pass over a split in random order, every image flipped and erased at random.

    Batch `b` of epoch `e` depends on (seed, e, b) alone, so a resumed run continues with the
    very batches that an uninterrupted one would have seen.
    """

    def __init__(self, split: Split, batch: int, seed: int, epoch: int = 0):
        super().__init__(workers=1)
        self.split, self.batch, self.seed, self.epoch = split, batch, seed, epoch
        self._shuffle()

    def __len__(self) -> int:
        return math.ceil(len(self.split.images) / self.batch)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self.order[index * self.batch : (index + 1) * self.batch]
        random = np.random.default_rng((self.seed, self.epoch, index))
        images = to_input(self.split.images[chosen])
        flip(images, random)
        erase(images, random)
        return images, self.split.labels[chosen]

    def on_epoch_end(self) -> None:
        """Keras calls this after each epoch."""
        self.epoch += 1
        self._shuffle()

    def _shuffle(self) -> None:
        random = np.random.default_rng((self.seed, self.epoch))
        self.order = random.permutation(len(self.split.images))


def to_input(images: np.ndarray) -> np.ndarray:
    """Pixels (n, 28, 28) in 0...255 to what the networks take: float (n, 28, 28, 1) in 0...1."""
    return images[..., None].astype(np.float32) / 255


def flip(images: np.ndarray, random: np.random.Generator) -> None:
    """Mirrors every second image (n, height, width, 1) left to right, in place."""
    mirrored = random.random(len(images)) < 0.5
    images[mirrored] = images[mirrored, :, ::-1]


def erase(images: np.ndarray, random: np.random.Generator) -> None:
    """Random erasing (Zhong et al. 2017, section 3.2) of every second image, in place.

    A rectangle of 2 to 40 % of the area and aspect ratio 0.3 to 3.33 takes one random value.
    """
    height, width = images.shape[1:3]
    for image in images:
        if random.random() < 0.5:
            continue
        for _ in range(100):
            area = random.uniform(0.02, 0.4) * height * width
            aspect = math.exp(random.uniform(math.log(0.3), math.log(1 / 0.3)))
            rows, columns = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if 0 < rows < height and 0 < columns < width:
                top = random.integers(height - rows + 1)
                left = random.integers(width - columns + 1)
                image[top : top + rows, left : left + columns] = random.random()
                break
