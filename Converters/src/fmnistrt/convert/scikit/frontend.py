"""From a file of scikit-learn to the graph and the second opinion."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..graph import ConvertError, Graph, Shape, Tensor
from ..result import FrontEndResult
from ..torch.architecture import Architecture
from .chain import Chain
from .classifier import Classifier
from .estimators import Step, refusal, renewed, steps_of
from .linear import DECISIONS, LOGISTIC
from .load import Loaded, load
from .neighbours import read_neighbours
from .network import NETWORK
from .transformers import TRANSFORMERS, raw_pixels
from .vectors import VECTORS

CLASSIFIERS: dict[str, Classifier] = {
    "LogisticRegression": LOGISTIC,
    "LogisticRegressionCV": LOGISTIC,
    "LinearSVC": DECISIONS,
    "MLPClassifier": NETWORK,
    "SVC": VECTORS,
    "NuSVC": VECTORS,
}
NEIGHBOURS = "KNeighborsClassifier"
_SIZES = {
    "scale_": 0,
    "mean_": 0,
    "components_": 1,
    "coef_": 1,
    "support_vectors_": 1,
    "_fit_X": 1,
}
"""Fitted arrays, and which of their axes is as long as there are features."""


@dataclass(frozen=True)
class Front:
    """What stands before the pipeline: the graph up to its features, and their values.

    `evaluate` gives features (n, size), float64, of prepared inputs (n, height, width, channels).
    """

    graph: Graph
    evaluate: Callable[[np.ndarray], np.ndarray]
    framework: str = ""
    notes: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)


def read_scikit(
    content: bytes, architecture: Architecture, trust_pickle: bool, front: Front | None = None
) -> FrontEndResult:
    """Reads a classifier or pipeline; of `architecture` only the size of the pictures counts.

    With a `front`, its features take the place of the pixels.
    """
    image = architecture.image
    if architecture != Architecture(image=image):
        raise ConvertError(
            "is a file of scikit-learn, which needs no --arch and no --probabilities: give --input "
            "at most"
        )
    loaded = load(content, trust_pickle)
    try:
        return _read(loaded, image, front)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ConvertError(
            f"holds a classifier with attributes that make no sense ({reason}): save it again "
            f"with scikit-learn {loaded.version}"
        ) from None


def _read(loaded: Loaded, image: Shape | None, front: Front | None) -> FrontEndResult:
    *before, last = _understood(loaded)
    size = _size((*before, last)[0])
    notes = [*loaded.notes]
    # By default it is False or, since 1.8, a word that says that it is deprecated.
    if last.option("probability") in (True, 1):
        notes.append(
            "the scores are the votes by which predict() decides; the probabilities, which "
            "predict_proba() makes in another way, are left out"
        )
    if last.kind == NEIGHBOURS:
        if front is not None:
            raise last.fail("compares features: only neighbours among pixels can be converted")
        result = _read_neighbours(before, last, _image(size, image), loaded)
    else:
        result = _read_chain(before, last, front or _pixels(size, image), size, loaded)
    result.framework = f"scikit-learn {loaded.version}"
    if front is not None:
        result.framework = f"{front.framework}, {result.framework}"
        result.metadata = front.metadata
        notes = [*front.notes, *notes]
    result.notes = notes
    result.labels = _labels(last)
    return result


def _understood(loaded: Loaded) -> list[Step]:
    """The steps, renewed; raises ConvertError for one that cannot be converted."""
    steps = steps_of(loaded.model)
    possible = [*CLASSIFIERS, NEIGHBOURS]
    for step in steps[:-1]:
        if step.kind not in TRANSFORMERS:
            raise refusal(step, [*TRANSFORMERS])
    last = steps[-1] if steps else None
    if last is None or last.kind in TRANSFORMERS:
        raise ConvertError(
            f"has no classifier at its end, which is one of {', '.join(possible)}: save the whole "
            "pipeline"
        )
    if last.kind not in possible:
        raise refusal(last, possible)
    if last.kind != NEIGHBOURS:
        CLASSIFIERS[last.kind].check(last)
    if getattr(last.model, "classes_", None) is None:
        raise last.fail("has no classes_: fit it before it is saved")
    if not isinstance(last.model.classes_, np.ndarray) or last.model.classes_.ndim != 1:
        raise last.fail("has several labels for an image: only one class an image is possible")
    if len(last.model.classes_) < 2:
        raise last.fail("knows one class only: train it on two or more")
    return [renewed(step, loaded.version) for step in steps]


def _size(first: Step) -> int:
    """How many features the first step takes."""
    coefs = getattr(first.model, "coefs_", None)
    if coefs:
        return len(coefs[0])
    if isinstance(known := getattr(first.model, "n_features_in_", None), int):
        return known
    for name, axis in _SIZES.items():
        shape = np.shape(getattr(first.model, name, None))
        if len(shape) > axis:
            return shape[axis]
    raise first.fail("is not fitted: fit it before it is saved")


def _image(size: int, image: Shape | None) -> Shape:
    """The shape of the pictures whose pixels are the features."""
    side = math.isqrt(size)
    shape = image or (side, side, 1)
    if math.prod(shape) != size:
        raise ConvertError(
            f"takes {size} features, which are not the pixels of pictures of "
            f"{'x'.join(map(str, shape))}: say their size with --input HEIGHTxWIDTHxCHANNELS, or "
            "give the network that makes the features with --backbone"
        )
    return shape


def _pixels(size: int, image: Shape | None) -> Front:
    return Front(
        Graph(Tensor("image", _image(size, image))),
        lambda inputs: inputs.reshape(len(inputs), -1).astype(np.float64),
    )


def _read_chain(
    before: list[Step], last: Step, front: Front, size: int, loaded: Loaded
) -> FrontEndResult:
    chain = Chain(front.graph)
    chain.name = "features"
    if chain.x.shape != (size,):
        if math.prod(chain.x.shape) != size:
            raise ConvertError(
                f"takes {size} features, but the backbone's layer gives "
                f"{math.prod(chain.x.shape)}: name another with --layer"
            )
        chain.add("reshape", "features", shape=(size,))
    for step in before:
        chain.name = step.name
        TRANSFORMERS[step.kind](chain, step)
    classifier = CLASSIFIERS[last.kind]
    chain.name = last.name
    kind = classifier.write(chain, last)
    if chain.x.shape != last.model.classes_.shape:
        raise last.fail(f"gives {chain.x.shape} scores for {last.model.classes_.shape} classes")

    def features(inputs: np.ndarray) -> np.ndarray:
        x = front.evaluate(inputs)
        for step in before:
            x = step.model.transform(x)
        return x

    def evaluate(inputs: np.ndarray) -> np.ndarray:
        answers = _asked(loaded, lambda: classifier.answer(last, features(inputs)))
        return answers.astype(np.float32)

    def settled(inputs: np.ndarray) -> np.ndarray:
        assert classifier.settled is not None
        return _asked(loaded, lambda: classifier.settled(last, features(inputs)))

    return FrontEndResult(
        chain.graph,
        "",
        kind,
        evaluate,
        raw="" if front.framework else raw_pixels((*before, last)[0]),
        settled=settled if classifier.settled else None,
    )


def _read_neighbours(
    before: list[Step], last: Step, shape: Shape, loaded: Loaded
) -> FrontEndResult:
    found = read_neighbours(last, before)

    def evaluate(inputs: np.ndarray) -> np.ndarray:
        pixels = inputs.reshape(len(inputs), -1)
        return _asked(loaded, lambda: found.answer(pixels)).astype(np.float32)

    return FrontEndResult(
        found.graph(shape),
        "",
        "probabilities",
        evaluate,
        raw="its training rows are stored as bytes, and pixels are compared with them as they are",
        settled=lambda inputs: found.settled(inputs.reshape(len(inputs), -1)),
    )


def _asked(loaded: Loaded, question: Callable[[], np.ndarray]) -> np.ndarray:
    """What scikit-learn answers. Objects of another version may lack what it asks them for."""
    import sklearn

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return question()
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ConvertError(
            f"was written by scikit-learn {loaded.version}, and the classifier does not work with "
            f"{sklearn.__version__} ({type(error).__name__}: {reason}): convert it with "
            f"scikit-learn {loaded.version} installed"
        ) from None


def _labels(last: Step) -> list[str] | None:
    """Names of the classes; None where they are just numbered."""
    classes = last.model.classes_.tolist()
    if classes == list(range(len(classes))):
        return None
    whole = all(isinstance(one, float) and one.is_integer() for one in classes)
    return [str(int(one) if whole else one) for one in classes]
