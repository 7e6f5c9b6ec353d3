# Python 3.7: numpy==1.19.5 (float64)
# Python 3.11: numpy==1.26.4 (compressed)
# Python 3.8: numpy==1.24.4 safetensors==0.3.1 (float32)
# Python 3.11: numpy==1.26.4 safetensors==0.4.3 (half)
"""A small convolutional network in NumPy alone, its arrays under PyTorch's names.

numpy_conv.py WAY...    each WAY is a function of this file

The convolutions keep their random weights; the batch normalisations have the statistics of training
images, and the last layer is trained.
"""

import sys

import numpy as np

import fashion

LAYERS = "conv(padding=1) bn relu maxpool conv(padding=1) bn relu maxpool flatten linear softmax"
OPTIONS = ["--mean", "0.2860", "--std", "0.3530", "--arch", LAYERS]
EPSILON = 1e-5


def prepared(images):
    """Images (n, 1, 28, 28)."""
    return (images[:, None] / 255.0 - 0.2860) / 0.3530


def convolved(x, weight, bias):
    """A convolution of 3 by 3 with padding 1."""
    height, width = x.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), "constant")
    total = 0
    for i in range(3):
        for j in range(3):
            part = padded[:, :, i : i + height, j : j + width]
            total = total + np.einsum("nchw,oc->nohw", part, weight[:, :, i, j], optimize=True)
    return total + bias[:, None, None]


def normalised(x, state, name):
    """Batch normalisation by the stored statistics, ReLU, and the largest of 2 by 2."""
    scale = state[name + ".weight"] / np.sqrt(state[name + ".running_var"] + EPSILON)
    offset = state[name + ".bias"] - state[name + ".running_mean"] * scale
    x = np.maximum(x * scale[:, None, None] + offset[:, None, None], 0)
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))


def softmax(scores):
    """Probabilities (n, classes)."""
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def trained():
    """The arrays by name, float64."""
    random = np.random.RandomState(7)
    images, labels = fashion.load("train", 4000)
    x, targets, state = prepared(images), np.eye(10)[labels], {}
    for number, (inputs, outputs) in enumerate([(1, 6), (6, 8)], 1):
        conv, norm = "conv{}".format(number), "bn{}".format(number)
        weight = random.normal(0, np.sqrt(2 / (9 * inputs)), (outputs, inputs, 3, 3))
        state[conv + ".weight"], state[conv + ".bias"] = weight, random.normal(0, 0.1, outputs)
        x = convolved(x, weight, state[conv + ".bias"])
        state[norm + ".weight"] = random.uniform(0.8, 1.2, outputs)
        state[norm + ".bias"] = random.normal(0, 0.1, outputs)
        state[norm + ".running_mean"] = x.mean(axis=(0, 2, 3))
        state[norm + ".running_var"] = x.var(axis=(0, 2, 3))
        state[norm + ".num_batches_tracked"] = np.array(1)
        x = normalised(x, state, norm)
    x = x.reshape(len(x), -1)
    matrix, bias = np.zeros((x.shape[1], 10)), np.zeros(10)
    for number in range(400):
        part = slice(number * 100 % len(x), number * 100 % len(x) + 100)
        error = (softmax(x[part].dot(matrix) + bias) - targets[part]) / 100
        matrix -= 0.01 * x[part].T.dot(error)
        bias -= 0.01 * error.sum(axis=0)
    # Transposed: NumPy stores it in Fortran's order.
    state["fc.weight"], state["fc.bias"] = matrix.T, bias
    return state


def rounded(state, kind):
    """The arrays in another type, but for the count of batches."""
    return {
        name: value.astype(kind) if value.dtype == np.float64 else value
        for name, value in state.items()
    }


def done(name, state, tools, year):
    """Writes the answers beside a model's file."""
    state = {key: np.asarray(value, np.float64) for key, value in state.items()}
    x = prepared(fashion.test_images())
    for number in "12":
        conv = "conv" + number
        x = convolved(x, state[conv + ".weight"], state[conv + ".bias"])
        x = normalised(x, state, "bn" + number)
    answers = softmax(x.reshape(len(x), -1).dot(state["fc.weight"].T) + state["fc.bias"])
    labels = fashion.load("t10k", len(answers))[1]
    print(name, np.mean(answers.argmax(axis=1) == labels))
    fashion.describe(name, answers, tools, year, OPTIONS)


def float64():
    """By savez, in NumPy's own type."""
    name, state = "numpy-{}-float64".format(np.__version__), trained()
    np.savez(name + ".npz", **state)
    done(name, state, "numpy " + np.__version__, 2020)


def compressed():
    """By savez_compressed, in float32."""
    name, state = "numpy-{}-compressed".format(np.__version__), rounded(trained(), np.float32)
    np.savez_compressed(name + ".npz", **state)
    done(name, state, "numpy " + np.__version__, 2024)


def float32():
    """In float32, with metadata."""
    stored("float32", rounded(trained(), np.float32), 2023, metadata={"format": "np"})


def half():
    """In float16."""
    stored("half", rounded(trained(), np.float16), 2024)


def stored(way, state, year, **more):
    """By save_file of safetensors.numpy."""
    import safetensors.numpy as library
    from safetensors import __version__

    name = "safetensors-{}-{}".format(__version__, way)
    library.save_file(state, name + ".safetensors", **more)
    done(name, state, "safetensors {}, numpy {}".format(__version__, np.__version__), year)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        globals()[argument]()
