"""Trains classifiers of small images, converts them to .fmg files, and runs those.

from fmnistrt import Model

model = Model("model.fmg")
for label, score in model.classify(pixels, top_k=3).top[0]:
    print(label, score)
"""

from fmnistrt._library import FmnistError
from fmnistrt.model import Fit, Golden, Info, Model, Result, TensorInfo

__all__ = ["Fit", "FmnistError", "Golden", "Info", "Model", "Result", "TensorInfo"]
