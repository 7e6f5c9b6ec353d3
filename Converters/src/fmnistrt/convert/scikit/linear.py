"""LogisticRegression and LinearSVC: one dense layer, and how decisions become probabilities."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..result import OutputKind
from .chain import Chain
from .classifier import Classifier
from .estimators import Step

Way = Literal["softmax", "each for itself"]


def both(decisions: np.ndarray, factor: float) -> np.ndarray:
    """Decisions (n) for the second of two classes as (n, 2), 0 for the first.

    Their softmax is the logistic function: (1 - s, s) with s = 1 / (1 + exp(-factor * decision)).
    """
    return np.stack([np.zeros_like(decisions), factor * decisions], axis=1)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _fitted(step: Step) -> tuple[np.ndarray, np.ndarray]:
    """Weights (rows, features) and bias (rows); two classes have one row."""
    weights = step.numbers("coef_", 2)
    intercept = getattr(step.model, "intercept_", None)
    bias = step.checked(np.reshape(intercept, -1), "intercept_", 1)
    # Without fit_intercept there is one 0 for all.
    bias = np.broadcast_to(bias, len(weights)) if len(bias) == 1 else bias
    classes = len(step.model.classes_)
    if len(weights) != (1 if classes == 2 else classes) or len(bias) != len(weights):
        raise step.fail(
            f"has coef_ of shape {weights.shape} and intercept_ of shape {bias.shape} for "
            f"{classes} classes: the file is damaged"
        )
    return weights, bias


def _way(step: Step) -> Way:
    """How LogisticRegression makes probabilities of several classes, as its version did.

    The option multi_class, of scikit-learn before 1.8, was "ovr" by default ("warn" in 0.20 and
    0.21) and is "auto" since 0.22. Before 0.20 two classes were each for itself whatever it said.
    """
    chosen = step.option("multi_class", "auto")
    two = len(step.model.classes_) == 2
    if chosen == "multinomial":
        return "each for itself" if two and step.version < (0, 20) else "softmax"
    solver = step.option("solver")
    alone = solver == "liblinear" or (solver == "newton-cholesky" and step.version < (1, 6))
    return "each for itself" if chosen in ("ovr", "warn") or two or alone else "softmax"


def _factor(step: Step) -> float:
    """What the decision for the second of two classes is multiplied by.

    The softmax of a multinomial model of two classes is over (-decision, decision).
    """
    return 2.0 if _way(step) == "softmax" else 1.0


def _write_logistic(chain: Chain, step: Step) -> OutputKind:
    weights, bias = _fitted(step)
    if len(weights) == 1:
        factor = _factor(step)
        chain.dense(both(weights[0], factor).T, both(bias, factor)[0])
    elif _way(step) == "softmax":
        chain.dense(weights, bias)
    else:
        # s(d) / sum of s(d) is the softmax of log s(d), which is -softplus(-d).
        chain.dense(-weights, -bias)
        chain.activation("softplus", "softplus")
        classes = len(weights)
        chain.scale_shift(-np.ones(classes), np.zeros(classes), "negated")
    chain.add("softmax", "probabilities")
    return "probabilities"


def _answer_logistic(step: Step, x: np.ndarray) -> np.ndarray:
    decisions = step.model.decision_function(x)
    if decisions.ndim == 1:
        return softmax(both(decisions, _factor(step)))
    if _way(step) == "softmax":
        return softmax(decisions)
    shares = 1 / (1 + np.exp(-decisions))
    return shares / shares.sum(axis=1, keepdims=True)


def _write_decisions(chain: Chain, step: Step) -> OutputKind:
    weights, bias = _fitted(step)
    if len(weights) == 1:
        weights, bias = np.concatenate([-weights, weights]), np.concatenate([-bias, bias])
    chain.dense(weights, bias)
    return "scores"


def _answer_decisions(step: Step, x: np.ndarray) -> np.ndarray:
    decisions = step.model.decision_function(x)
    return np.stack([-decisions, decisions], axis=1) if decisions.ndim == 1 else decisions


LOGISTIC = Classifier(_write_logistic, _answer_logistic)
DECISIONS = Classifier(_write_decisions, _answer_decisions)
"""The decision function; of two classes, the first has the negative one."""
