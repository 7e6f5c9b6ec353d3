"""What the scripts that make real files share. Runs on Python 3.6 and later, with NumPy only."""

import gzip
import json
import os
import platform

import numpy as np

FOLDER = os.environ.get("FMNIST_DATA", "/usr/share/datasets/fashion-mnist")
ANSWERED = 1000


def load(part, count):
    """The first `count` images (count, 28, 28), bytes, and labels of "train" or "t10k"."""
    values = []
    for name, header in (("images-idx3", 16), ("labels-idx1", 8)):
        path = os.path.join(FOLDER, "{}-{}-ubyte.gz".format(part, name))
        with gzip.open(path) as stream:
            content = stream.read()
        values.append(np.frombuffer(content, np.uint8, offset=header))
    return values[0].reshape(-1, 28, 28)[:count], values[1][:count]


def test_images():
    """The images whose answers are compared: the first 1,000 of the test set."""
    return load("t10k", ANSWERED)[0]


def describe(name, answers, tools, year, options=(), tolerance=1e-4, **more):
    """Writes NAME.answers.npz and NAME.json beside the model's file NAME.EXT.

    `answers` are (1000, classes), what the tool says of `test_images()`. `tools` names the tool and
    its versions, without Python's. `options` are those of fmnist-convert. A tolerance beyond 1e-4
    needs a `reason`.
    """
    answers = np.asarray(answers, np.float32)
    if answers.ndim != 2 or len(answers) != ANSWERED:
        raise ValueError("answers of shape {}".format(answers.shape))
    tool = "{}, python {}".format(tools, platform.python_version())
    np.savez_compressed(name + ".answers.npz", answers=answers)
    told = dict(tool=tool, year=year, options=list(options), tolerance=tolerance, **more)
    with open(name + ".json", "w") as stream:
        json.dump(told, stream, indent=1, sort_keys=True)
        stream.write("\n")
