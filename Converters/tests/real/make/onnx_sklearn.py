# Python 3.11: scikit-learn==1.9.1 skl2onnx==1.20.0 numpy
"""Trains classifiers of scikit-learn and exports them with skl2onnx: onnx_sklearn.py MODEL."""

import sys

import numpy as np
import skl2onnx
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fashion

MODELS = {
    "logistic": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=100)),
    "mlp": lambda: MLPClassifier((20,), max_iter=20, random_state=1),
}


def prepared(images):
    return (images.reshape(-1, 784) / 255).astype(np.float32)


kind = sys.argv[1]
images, labels = fashion.load("train", 4000)
model = MODELS[kind]().fit(prepared(images), labels)
exported = skl2onnx.to_onnx(model, prepared(images[:1]), target_opset=15)
name = "onnx-skl2onnx-{}-{}".format(skl2onnx.__version__, kind)
with open(name + ".onnx", "wb") as stream:
    stream.write(exported.SerializeToString())
answers = model.predict_proba(prepared(fashion.test_images()))
tools = "skl2onnx {}, scikit-learn {}".format(skl2onnx.__version__, sklearn.__version__)
fashion.describe(name, answers, tools, 2026)
