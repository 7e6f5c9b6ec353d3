"""What the front end needs to know of each kind of classifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..result import OutputKind
from .chain import Chain
from .estimators import Step


@dataclass(frozen=True)
class Classifier:
    """How a kind of classifier is written, and what scikit-learn answers for it.

    `check` raises ConvertError for settings that cannot be converted. `write` appends the nodes and
    says what they give. `answer` takes features (n, size) and gives what the nodes must give,
    (n, classes). `settled` says of features which of the answers, that jump somewhere, are far from
    a jump.
    """

    write: Callable[[Chain, Step], OutputKind]
    answer: Callable[[Step, np.ndarray], np.ndarray]
    settled: Callable[[Step, np.ndarray], np.ndarray] | None = None
    check: Callable[[Step], None] = lambda step: None
