"""SVC and NuSVC: support vectors, and what they predict."""

from __future__ import annotations

import numpy as np

from ..operators import VECTOR_KERNELS
from ..result import OutputKind
from .chain import Chain
from .classifier import Classifier
from .estimators import Step
from .support_vectors import count_votes, support_vectors

CLEAR = 1e-3
"""A decision further from 0 than this share of the largest one stays on its side in float32."""


def _breaks_ties(step: Step) -> bool:
    """Whether predict() goes by the decision function of one class against the rest."""
    return bool(step.option("break_ties", False)) and len(step.model.classes_) > 2


def _check(step: Step) -> None:
    kernel = step.option("kernel")
    if not isinstance(kernel, str) or kernel not in VECTOR_KERNELS:
        raise step.fail(f"has the kernel {kernel}; these can be: {', '.join(VECTOR_KERNELS)}")


def _write(chain: Chain, step: Step) -> OutputKind:
    for name, rank in (("support_vectors_", 2), ("dual_coef_", 2), ("intercept_", 1)):
        step.numbers(name, rank)
    output = "ovr" if _breaks_ties(step) else "votes"
    try:
        node = support_vectors(chain.x, step.model, output, step.name)
    except (AttributeError, TypeError, ValueError) as error:
        raise step.fail(f"lacks a part ({error}): the file is damaged") from None
    chain.append(node)
    return "scores"


def _decisions(step: Step, x: np.ndarray) -> np.ndarray:
    """One class against one (n, pairs), above 0 for the first of the pair."""
    step.model.decision_function_shape = "ovo"
    decisions = step.model.decision_function(x)
    # scikit-learn turns the signs of binary classifiers, so that the second class is positive.
    return decisions if decisions.ndim == 2 else -decisions[:, None]


def _answer(step: Step, x: np.ndarray) -> np.ndarray:
    if _breaks_ties(step):
        step.model.decision_function_shape = "ovr"
        return step.model.decision_function(x)
    return count_votes(_decisions(step, x), len(step.model.classes_))


def _settled(step: Step, x: np.ndarray) -> np.ndarray:
    sizes = np.abs(_decisions(step, x))
    return sizes.min(axis=1) > CLEAR * sizes.max(axis=1)


VECTORS = Classifier(_write, _answer, _settled, _check)
"""The votes of each class, whose largest is what predict() says."""
