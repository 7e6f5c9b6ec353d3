# Python versions and requirements: scikit.sh.
"""Classifiers of scikit-learn, saved by the version at hand.

Arguments: MODEL.EXT ...; scikit.sh has them all with the versions. EXT is pkl (pickle), skops,
deflated.skops, or what joblib tells the compression by: joblib (none), joblib.z, joblib.gz,
joblib.bz2, joblib.xz, joblib.lz4. Runs on Python 2.7, too.
"""

import pickle
import sys
import zipfile

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC

from fashion import describe, load, test_images

NEW = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 8)
"""Versions whose LogisticRegression has no multi_class any more."""
YEARS = {"0.19": 2018, "0.20": 2020, "0.22": 2020, "0.24": 2021, "1.0": 2021, "1.2": 2023}
YEARS.update({"1.4": 2024, "1.9": 2026})
NAMES = ["class " + str(number) for number in range(10)]


def multiclass(kind):
    """The option that says what LogisticRegression does with several classes, where there is it."""
    return {} if NEW else {"multi_class": kind}


def pca(count, **options):
    return PCA(count, svd_solver="full", **options)


# Each has a classifier, the number of images it is trained on, what pixels are divided by.
MODELS = {
    "pca-svc": lambda: (make_pipeline(pca(8), SVC(C=10, gamma=0.05)), 400, 255),
    "scaled-svc": lambda: (
        make_pipeline(
            StandardScaler(), pca(6, whiten=True), SVC(kernel="poly", gamma=0.3, coef0=1.0)
        ),
        400,
        1,
    ),
    "platt-svc": lambda: (
        make_pipeline(
            MinMaxScaler(),
            pca(8),
            SVC(kernel="linear", C=2.0, probability=True, random_state=0),
        ),
        300,
        1,
    ),
    "ties-svc": lambda: (
        make_pipeline(pca(8), SVC(C=10, gamma=0.005, kernel="sigmoid", break_ties=True)),
        300,
        255,
    ),
    "binary-svc": lambda: (make_pipeline(pca(6), SVC(gamma=0.05)), 300, 255),
    "linear-svc": lambda: (LinearSVC(C=0.01, random_state=0), 500, 255),
    "ovr": lambda: (
        LogisticRegression(C=0.1, solver="liblinear", random_state=0, **multiclass("ovr")),
        500,
        255,
    ),
    "multinomial": lambda: (
        make_pipeline(
            StandardScaler(),
            pca(8),
            LogisticRegression(solver="lbfgs", max_iter=300, **multiclass("multinomial")),
        ),
        600,
        1,
    ),
    "minmax-logistic": lambda: (
        make_pipeline(
            MinMaxScaler(feature_range=(-1, 1)), pca(8), LogisticRegression(solver="lbfgs")
        ),
        600,
        1,
    ),
    "binary-multinomial": lambda: (
        LogisticRegression(C=0.01, solver="lbfgs", **multiclass("multinomial")),
        300,
        255,
    ),
    "binary-logistic": lambda: (LogisticRegression(C=0.01, solver="lbfgs"), 300, 255),
    "mlp-relu": lambda: (_network("relu"), 2000, 255),
    "mlp-tanh": lambda: (_network("tanh"), 2000, 255),
    "mlp-logistic": lambda: (_network("logistic"), 2000, 255),
    "binary-mlp": lambda: (_network("identity"), 600, 255),
    "search": lambda: (
        GridSearchCV(make_pipeline(pca(6), SVC(gamma=0.05)), {"svc__C": [1, 10]}, cv=2),
        300,
        255,
    ),
    "knn-bytes": lambda: (KNeighborsClassifier(5, algorithm="brute"), 100, None),
    "knn-floats": lambda: (KNeighborsClassifier(4, algorithm="brute"), 100, 255),
    "knn-manhattan": lambda: (KNeighborsClassifier(3, p=1, algorithm="ball_tree"), 40, None),
}


def _network(activation):
    network = MLPClassifier((24, 16), activation, solver="lbfgs", max_iter=200, random_state=0)
    return make_pipeline(pca(8), network)


def training_data(name, count, scale):
    """Features as floats, or bytes where `scale` is None, and labels; pictures are flat."""
    images, labels = load("train", 60000)
    if name.startswith("binary"):
        kept = labels < 2
        images, labels = images[kept], labels[kept]
    x = features(images[:count], scale)
    labels = labels[:count]
    return x, np.array(NAMES)[labels] if name in ("mlp-tanh", "binary-mlp") else labels


def features(images, scale):
    flat = images.reshape(len(images), -1)
    return flat if scale is None else flat.astype(np.float32) / np.float32(scale)


def answers(model, x):
    """What the tool says: probabilities, or the scores that the finished file has."""
    model = getattr(model, "best_estimator_", model)
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if not isinstance(last, SVC):
        if hasattr(last, "predict_proba"):
            return model.predict_proba(x)
        return model.decision_function(x)
    if getattr(last, "break_ties", False):
        return model.decision_function(x)
    last.decision_function_shape = "ovo"
    return votes(model.decision_function(x), len(last.classes_), model.predict(x), last.classes_)


def votes(decisions, classes, predicted, labels):
    """How often each class wins against another; the largest, the first of equals, is predicted."""
    if classes == 2:
        decisions = -decisions[:, None]
    result = np.zeros((len(decisions), classes))
    pairs = [(i, j) for i in range(classes) for j in range(i + 1, classes)]
    for (first, second), decision in zip(pairs, decisions.T):  # noqa: B905
        result[:, first] += decision > 0
        result[:, second] += decision <= 0
    if (labels[result.argmax(1)] != predicted).any():
        raise ValueError("the votes are not what predict() says")
    return result


def save(model, path):
    """Writes the model; returns what wrote it, with its version."""
    if path.endswith(".pkl"):
        with open(path, "wb") as stream:
            pickle.dump(model, stream)
        return ""
    if path.endswith(".skops"):
        import skops.io

        deflated = path.endswith(".deflated.skops")
        skops.io.dump(model, path, **({"compression": zipfile.ZIP_DEFLATED} if deflated else {}))
        return ", skops " + skops.__version__
    try:
        import joblib
    except ImportError:
        from sklearn.externals import joblib
    joblib.dump(model, path, compress=0 if path.endswith(".joblib") else 3)
    return ", joblib " + joblib.__version__


def make(wanted):
    name, extension = wanted.split(".", 1)
    model, count, scale = MODELS[name]()
    x, labels = training_data(name, count, scale)
    model.fit(x, labels)
    version = sklearn.__version__
    stem = "scikit-{}-{}".format(version, name)
    saved_by = save(model, stem + "." + extension)
    options = [] if extension.endswith("skops") else ["--trust-pickle"]
    if scale == 1:
        options += ["--scale", "1"]
    describe(
        stem,
        answers(model, features(test_images(), scale)),
        "scikit-learn " + version + saved_by,
        YEARS[".".join(version.split(".")[:2])],
        options,
        # Two of the ten classes.
        trained=not name.startswith("binary"),
    )


for one in sys.argv[1:]:
    make(one)
