"""A loaded object as a row of estimators of scikit-learn, brought up to the installed version."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..graph import ConvertError

MAX_STEPS = 100
SEARCHES = ("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV")
RENAMED = {"n_support_": "_n_support", "probA_": "_probA", "probB_": "_probB"}
"""Attributes of support vectors that were fields until scikit-learn 0.22 and are properties now."""
TREES = ("Forest", "Tree", "Boosting", "Boost", "Bagging")


class Step(NamedTuple):
    """One estimator, its name in the pipeline, and scikit-learn's version that fitted it."""

    name: str
    model: Any
    version: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        """The name of its class."""
        return type(self.model).__name__

    def fail(self, message: str) -> ConvertError:
        """An error about this step."""
        return ConvertError(f'the {self.kind} "{self.name}" {message}')

    def option(self, name: str, default: Any = None) -> Any:
        """A setting, as it was given to the class."""
        return vars(self.model).get(name, default)

    def numbers(self, name: str, rank: int) -> np.ndarray:
        """An array that was fitted, float64 and finite, of `rank` axes."""
        value = getattr(self.model, name, None)
        if value is None:
            raise self.fail(f"has no {name}: fit it before it is saved")
        return self.checked(value, name, rank)

    def checked(self, value: Any, name: str, rank: int) -> np.ndarray:
        """`value` as finite float64 of `rank` axes; `name` is what an error calls it."""
        try:
            array = np.asarray(value, np.float64)
        except (TypeError, ValueError):
            raise self.fail(f"has a {name} that is no plain array of numbers") from None
        if array.ndim != rank or array.size == 0 or not np.isfinite(array).all():
            raise self.fail(
                f"has a {name} of shape {array.shape} or with NaN; {rank} axes of finite numbers "
                "are needed"
            )
        return array


def steps_of(model: Any) -> list[Step]:
    """The estimators in order, the classifier last; raises ConvertError for anything else."""
    steps: list[Step] = []
    _collect(model, "", steps, 0)
    return steps


def _collect(model: Any, name: str, steps: list[Step], depth: int) -> None:
    kind = type(model).__name__
    if depth > 10 or len(steps) > MAX_STEPS:
        raise ConvertError("is a pipeline of too many steps")
    if not type(model).__module__.startswith("sklearn."):
        raise ConvertError(
            f"holds a {kind}, not a classifier of scikit-learn: save the fitted classifier or "
            "pipeline alone"
        )
    if kind == "Pipeline":
        for inner, part in vars(model).get("steps", []):
            if part is not None and not isinstance(part, str):
                _collect(part, str(inner), steps, depth + 1)
    elif kind in SEARCHES:
        if not hasattr(model, "best_estimator_"):
            raise ConvertError(f"is a {kind} without best_estimator_: fit it, with refit=True")
        _collect(model.best_estimator_, name, steps, depth + 1)
    else:
        steps.append(Step(name or kind.lower(), model))


def renewed(step: Step, version: str) -> Step:
    """The step with all attributes that the installed version expects of a fitted one.

    `version` is the one that wrote it, such as "1.4.2".
    """
    fresh = type(step.model)()
    for name, value in vars(step.model).items():
        fresh.__dict__[RENAMED.get(name, name)] = value
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    return Step(step.name, fresh, numbers)


def refusal(step: Step, possible: list[str]) -> ConvertError:
    """Why an estimator cannot be converted, and what to do."""
    if any(word in step.kind for word in TREES):
        return step.fail(
            "is made of decision trees, for which .fmg files have no operator: train a classifier "
            f"of another kind ({', '.join(possible)})"
        )
    return step.fail(f"cannot be converted here; these can: {', '.join(possible)}")
