"""MLPClassifier: dense layers."""

from __future__ import annotations

import math

import numpy as np

from ..result import OutputKind
from .chain import Chain
from .classifier import Classifier
from .estimators import Step
from .linear import both


def _layers(step: Step) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights (outputs, inputs) and bias of each layer."""
    weights = getattr(step.model, "coefs_", None) or []
    biases = getattr(step.model, "intercepts_", None) or []
    if not weights or len(weights) != len(biases):
        raise step.fail("has no coefs_ and intercepts_: fit it before it is saved")
    return [
        (step.checked(w, "coefs_", 2).T, step.checked(b, "intercepts_", 1))
        for w, b in zip(weights, biases, strict=True)
    ]


def _write(chain: Chain, step: Step) -> OutputKind:
    layers = _layers(step)
    classes, outputs = len(step.model.classes_), len(layers[-1][1])
    ending = getattr(step.model, "out_activation_", None)
    if (ending, outputs) not in (("softmax", classes), ("logistic", 1)) or classes < 2:
        raise step.fail(
            f"ends with {outputs} outputs and {ending} for {classes} classes: only one class an "
            "image can be converted"
        )
    for number, (weights, bias) in enumerate(layers[:-1], 1):
        chain.dense(weights, bias, f"dense{number}")
        _activate(chain, step, f"activation{number}")
    weights, bias = layers[-1]
    if ending == "logistic":
        weights, bias = both(weights[0], 1.0).T, both(bias, 1.0)[0]
    chain.dense(weights, bias, f"dense{len(layers)}")
    chain.add("softmax", "probabilities")
    return "probabilities"


def _activate(chain: Chain, step: Step, part: str) -> None:
    kind = step.option("activation", "relu")
    if kind == "relu":
        chain.activation("clip", part, 0.0, math.inf)
    elif kind in ("logistic", "tanh"):
        chain.activation({"logistic": "sigmoid"}.get(kind, kind), part)
    elif kind != "identity":
        raise step.fail(f"has the unknown activation {kind}")


NETWORK = Classifier(_write, lambda step, x: step.model.predict_proba(x))
