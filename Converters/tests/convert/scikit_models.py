"""What the tests of scikit-learn's files share: small data, and the file's answers."""

import pickle

import numpy as np

import reference
from fmnistrt.convert.checkpoint import Checkpoint, SourceOptions
from fmnistrt.convert.convert import Options, convert

SIDE = 4
TRUSTED = SourceOptions(trust_pickle=True)


def pictures(count, seed=0):
    """Bytes (count, 4, 4); 0 and 255 are among them."""
    images = np.random.default_rng(seed).integers(0, 256, (count, SIDE, SIDE), np.uint8)
    images[0].flat[:2] = 0, 255
    return images


def labelled(count=90, classes=3, seed=0):
    """Pixels (count, 16), bytes, and labels that follow from them, each class alike."""
    x = pictures(count, seed).reshape(count, -1)
    order = np.argsort(x[:, :3].sum(axis=1, dtype=np.int64))
    labels = np.empty(count, np.int64)
    labels[order] = np.arange(count) * classes // count
    return x, labels


def converted(model, source=TRUSTED, **options):
    """The conversion of a model that was pickled."""
    content = model if isinstance(model, bytes) else pickle.dumps(model)
    return convert(Checkpoint("model.pkl", content), Options(source=source, **options))


def answers_of(conversion, images):
    """What the file answers to pictures (n, height, width), bytes."""
    file = reference.read(conversion.content)
    return reference.classify(file, images.reshape(len(images), *file.tensors[0].shape))
