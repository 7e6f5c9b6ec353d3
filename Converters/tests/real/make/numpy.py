# Python 3.6: numpy==1.13.3
"""Trains a linear classifier in NumPy alone and stores its arrays with numpy.savez."""

import numpy as np

import fashion

images, labels = fashion.load("train", 6000)
inputs = images.reshape(-1, 784) / 255
weight, bias = np.zeros((10, 784)), np.zeros(10)
targets = np.eye(10)[labels]


def probabilities(x):
    """Softmax of the linear layer."""
    scores = x.dot(weight.T) + bias
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


for _ in range(200):
    error = (probabilities(inputs) - targets) / len(inputs)
    weight -= 0.2 * error.T.dot(inputs)
    bias -= 0.2 * error.sum(axis=0)

weight, bias = weight.astype(np.float32), bias.astype(np.float32)
name = "numpy-{}-linear".format(np.__version__)
np.savez(name + ".npz", **{"fc.weight": weight, "fc.bias": bias})
answers = probabilities(fashion.test_images().reshape(-1, 784) / 255)
options = ["--arch", "flatten linear softmax"]
fashion.describe(name, answers, "numpy " + np.__version__, 2017, options)
