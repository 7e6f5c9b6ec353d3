"""What of scikit-learn is refused, and in which words."""

import gzip
import io
import os
import pickle
import zipfile

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.metrics.pairwise import laplacian_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from fmnistrt.convert.checkpoint import Checkpoint
from fmnistrt.convert.frontends import front_end_of
from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.scikit.scan import scan
from fmnistrt.convert.scikit.unpack import unpack
from scikit_models import converted, labelled
from test_scikit import as_written_by, fitted, joblib_bytes

TRUST = ["--trust-pickle"]


class Harmful:
    """Its pickle makes a folder when it is loaded."""

    def __init__(self, path, model):
        self.path = path
        self.model = model

    def __reduce__(self):
        return os.mkdir, (str(self.path),), {"model": self.model}


def test_a_pickle_is_refused_without_trust(refused):
    model = fitted(make_pipeline(StandardScaler(), PCA(3), LogisticRegression()))
    for content in (pickle.dumps(model), joblib_bytes(model), gzip.compress(joblib_bytes(model))):
        refused(
            content,
            "is a pickle of scikit-learn 1.",
            "sklearn.pipeline.Pipeline, sklearn.preprocessing._data.StandardScaler, "
            "sklearn.decomposition._pca.PCA, sklearn.linear_model._logistic.LogisticRegression",
            "skops.io.dump(model, 'model.skops')",
            "give --trust-pickle",
        )


@pytest.mark.parametrize("arguments", [[], TRUST])
@pytest.mark.parametrize("write", [pickle.dumps, joblib_bytes])
def test_nothing_foreign_is_executed(refused, tmp_path, write, arguments):
    """Not even of a trusted file: no class beyond scikit-learn's could be converted."""
    folder = tmp_path / "made"
    message = refused(write(Harmful(folder, fitted(SVC()))), "posix.mkdir", arguments=arguments)
    assert not folder.exists()
    assert ("--trust-pickle" in message) == (not arguments)


def test_what_stands_behind_an_array_is_found():
    """Also where joblib stores objects as a pickle within the pickle."""
    x = np.array([fitted(SVC()), 1], object)
    content = joblib_bytes(
        [np.arange(1000.0), x, np.zeros(3), Harmful("folder", LogisticRegression())]
    )
    names = scan(content).names
    assert "sklearn.svm._classes.SVC" in names
    assert "posix.mkdir" in names
    assert "sklearn.linear_model._logistic.LogisticRegression" in names


def test_a_damaged_pickle_is_an_error_only(refused):
    content = joblib_bytes(fitted(make_pipeline(PCA(3), SVC())))
    random = np.random.default_rng(0)
    for number in range(40):
        damaged = bytearray(content)
        damaged[random.integers(20, len(content))] = random.integers(256)
        scan(bytes(damaged))
        if number % 4 == 0:
            scan(content[: random.integers(20, len(content))])
    refused(content[:-30], "cannot load", "if it is not damaged", arguments=TRUST)
    packed = gzip.compress(content)
    refused(packed[: len(packed) // 2], "is damaged (it ends too early)")


def test_a_pickle_that_unpacks_to_too_much(monkeypatch, refused):
    content = gzip.compress(joblib_bytes(fitted(SVC())))
    monkeypatch.setattr("fmnistrt.convert.scikit.unpack.MAX_UNPACKED", 100)
    refused(content, "unpacks to more than 1 GiB", arguments=TRUST)
    with pytest.raises(ConvertError, match="is damaged"):
        unpack(content[:50])


def test_a_version_whose_state_cannot_be_loaded(refused):
    model = fitted(SVC())
    content = as_written_by("0.1.2", model).replace(b"support_vectors_", b"support_victors_")
    refused(content, "has no support_vectors_: fit it", arguments=TRUST)
    content = as_written_by("0.1.2", model).replace(b"_gamma", b"_gamme")
    refused(content, "_gamma", arguments=TRUST)
    content = as_written_by("0.1.2", fitted(LogisticRegression()))
    content = content.replace(b"numpy\ndtype", b"numpy\nbtype")
    refused(
        content,
        "is a pickle, written by scikit-learn 0.1.2, which scikit-learn 1.",
        "btype",
        "convert it with scikit-learn 0.1.2 installed",
        arguments=TRUST,
    )


def test_a_classifier_that_the_installed_version_cannot_ask(refused, monkeypatch):
    def broken(*_):
        raise AttributeError("no attribute n_layers_")

    content = as_written_by("0.1.2", fitted(MLPClassifier(4, max_iter=20, random_state=0)))
    monkeypatch.setattr(MLPClassifier, "predict_proba", broken)
    refused(
        content, "written by scikit-learn 0.1.2", "n_layers_", "0.1.2 installed", arguments=TRUST
    )


def test_classes_that_no_version_has(refused):
    content = pickle.dumps(fitted(SVC()), 2).replace(b"_classes\nSVC", b"_classes\nSVX")
    refused(content, 'the SVX "svx" cannot be converted here; these can', arguments=TRUST)


REFUSED = {
    "decision trees": RandomForestClassifier(2),
    "made of decision trees": make_pipeline(PCA(3), GradientBoostingClassifier(n_estimators=2)),
    "cannot be converted here; these can: LogisticRegression": RidgeClassifier(),
    'the FunctionTransformer "functiontransformer" cannot be converted': make_pipeline(
        FunctionTransformer(), SVC()
    ),
    'the LinearRegression "linearregression" cannot': LinearRegression(),
    'the KMeans "kmeans" cannot': KMeans(2),
    "has no classifier at its end": make_pipeline(StandardScaler(), PCA(3)),
    "weights='uniform'": KNeighborsClassifier(3, weights="distance"),
    "the metric chebyshev": KNeighborsClassifier(3, metric="chebyshev"),
    "the metric minkowski": KNeighborsClassifier(3, p=3),
    'behind the PCA "pca"': make_pipeline(PCA(3), KNeighborsClassifier(3)),
    "scales each pixel by another factor": make_pipeline(StandardScaler(), KNeighborsClassifier(3)),
    'behind the MinMaxScaler "minmaxscaler"': make_pipeline(
        MinMaxScaler(clip=True), KNeighborsClassifier(3)
    ),
    "has the kernel <function laplacian_kernel": SVC(kernel=laplacian_kernel),
}


@pytest.mark.parametrize("words", REFUSED)
def test_refusals(words):
    model = REFUSED[words]
    x, labels = labelled()
    model.fit(x / 255, labels)
    with pytest.raises(ConvertError) as caught:
        converted(model)
    assert words in str(caught.value)


def test_what_is_not_fitted():
    for model in (SVC(), make_pipeline(PCA(3), MLPClassifier()), KNeighborsClassifier()):
        with pytest.raises(ConvertError, match="fit it"):
            converted(model)
    with pytest.raises(ConvertError, match="without best_estimator_"):
        converted(GridSearchCV(SVC(), {"C": [1]}))


def test_several_labels_for_an_image():
    x, labels = labelled()
    both = np.stack([labels > 0, labels > 1], axis=1).astype(int)
    for model in (KNeighborsClassifier(3), MLPClassifier(3, max_iter=5)):
        with pytest.raises(ConvertError, match="only one class an image"):
            converted(model.fit(x / 255, both))


def test_neighbours_of_values_that_are_no_pixels():
    x, labels = labelled()
    model = KNeighborsClassifier(3).fit(np.sqrt(x), labels)
    with pytest.raises(ConvertError, match=r"compares values from 0 to 15\.9"):
        converted(model)
    with pytest.raises(ConvertError, match="without --mean"):
        converted(KNeighborsClassifier(3).fit(x, labels), mean=(0.5,))


def test_other_objects(refused):
    refused(pickle.dumps({"model": fitted(SVC())}), "holds a dict", arguments=TRUST)
    refused(pickle.dumps([LogisticRegression, 1]), "holds a list", arguments=TRUST)


def test_arrays_of_wrong_shapes():
    model = fitted(LogisticRegression())
    model.coef_ = model.coef_[:, :, None]
    with pytest.raises(ConvertError, match="coef_ of shape"):
        converted(model)
    model = fitted(LogisticRegression())
    model.coef_ = model.coef_[:2]
    with pytest.raises(ConvertError, match="for 3 classes"):
        converted(model)
    model = fitted(make_pipeline(PCA(3), LogisticRegression()))
    model.steps[0][1].components_ = np.full((3, 16), np.nan)
    with pytest.raises(ConvertError, match="NaN"):
        converted(model)
    model = fitted(make_pipeline(PCA(3), LogisticRegression()))
    model.steps[0][1].components_ = np.zeros((4, 16))
    with pytest.raises(ConvertError, match='step "logisticregression"'):
        converted(model)


def test_pictures_of_another_size(refused):
    x, labels = labelled()
    content = pickle.dumps(LogisticRegression().fit(x[:, :12], labels))
    refused(content, "takes 12 features", "3x3x1", "--input", arguments=TRUST)
    refused(content, "12 features", arguments=[*TRUST, "--input", "3x5x1"])
    refused(content, "--arch", arguments=[*TRUST, "--arch", "flatten linear"])
    refused(content, "--layer is a layer of --backbone", arguments=[*TRUST, "--layer", "flatten"])


def test_files_of_skops(refused):
    model = fitted(SVC())
    model.extra = GridSearchCV(SVC(), {})
    refused(skops.io.dumps(fitted(SVC())), "--trust-pickle is for", arguments=TRUST)
    content = skops.io.dumps(make_pipeline(FunctionTransformer(os.getpid), fitted(SVC())))
    refused(content, "holds posix.getpid, which skops does not trust")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as stream:
        stream.writestr("schema.json", "{}")
    refused(archive.getvalue(), "is a skops file, which scikit-learn 1.", "cannot load")


def test_packages_that_are_missing(refused, monkeypatch):
    import importlib.util

    content = pickle.dumps(fitted(SVC()))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    refused(
        content, "can be read with scikit-learn only", "pip install scikit-learn", arguments=TRUST
    )


def test_other_pickles_are_left_to_others():
    for content in (pickle.dumps([1, 2]), gzip.compress(b"x" * 100), b"", b"\x80", b"x\x9c"):
        with pytest.raises(ConvertError):
            front_end_of(Checkpoint("x", content))
    content = io.BytesIO()
    joblib.dump(fitted(SVC()), content, compress=("lz4", 3))
    assert front_end_of(Checkpoint("x", content.getvalue())).name == "scikit-learn"
