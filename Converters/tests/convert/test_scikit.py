"""Classifiers of scikit-learn: the file answers as they do."""

import gzip
import io
import pickle
import warnings

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC, NuSVC

import reference
from fmnistrt.convert.checkpoint import Checkpoint
from fmnistrt.convert.convert import Options, convert
from scikit_models import answers_of, converted, labelled, pictures

IMAGES = pictures(40, seed=1)
FLAT = IMAGES.reshape(len(IMAGES), -1)


def fitted(model, classes=3, scale=255.0, names=None):
    x, labels = labelled(classes=classes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(x / scale, labels if names is None else np.array(names)[labels])


def close(found, expected, tolerance=1e-5):
    assert found.shape == expected.shape
    assert np.ptp(expected, axis=0).max() > 0.01, "the answers are the same for every picture"
    np.testing.assert_allclose(found, expected, atol=tolerance * max(1, np.abs(expected).max()))


PROBABLE = {
    "softmax": LogisticRegression(),
    "no intercept": LogisticRegression(fit_intercept=False),
    "searched": LogisticRegressionCV(cv=2, Cs=2, l1_ratios=(0.0,), use_legacy_attributes=True),
    "relu": MLPClassifier((5,), max_iter=20, random_state=0),
    "tanh": MLPClassifier((5, 4), "tanh", max_iter=20, random_state=0),
    "logistic": MLPClassifier((6,), "logistic", max_iter=20, random_state=0),
    "identity": MLPClassifier((4,), "identity", max_iter=20, random_state=0),
    "standardised": make_pipeline(StandardScaler(), LogisticRegression()),
    "centred": make_pipeline(StandardScaler(with_std=False), LogisticRegression()),
    "divided": make_pipeline(StandardScaler(with_mean=False), LogisticRegression()),
    "untouched": make_pipeline(
        StandardScaler(with_mean=False, with_std=False), "passthrough", LogisticRegression()
    ),
    "clipped": make_pipeline(MinMaxScaler((-1, 1), clip=True), LogisticRegression()),
    "projected": make_pipeline(PCA(4), StandardScaler(), LogisticRegression()),
    "whitened": make_pipeline(MinMaxScaler(), make_pipeline(PCA(5, whiten=True)), MLPClassifier(3)),
}


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", PROBABLE)
def test_probabilities(name, classes):
    model = fitted(PROBABLE[name], classes)
    conversion = converted(model, scale=255.0)
    assert conversion.model.output_kind == "probabilities"
    close(answers_of(conversion, IMAGES), model.predict_proba(FLAT / 255))


@pytest.mark.parametrize(
    ("chosen", "solver", "version", "factor"),
    [
        ("multinomial", "lbfgs", "0.20.0", 2),
        ("multinomial", "lbfgs", "0.19.2", 1),
        ("ovr", "lbfgs", "1.2.0", 1),
        ("auto", "lbfgs", "1.2.0", 1),
    ],
)
def test_two_classes_by_version(chosen, solver, version, factor):
    """What versions before 1.8 did when they were asked for probabilities."""
    model = fitted(LogisticRegression(solver=solver), 2)
    decisions = model.decision_function(FLAT / 255)
    model.multi_class = chosen
    second = 1 / (1 + np.exp(-factor * decisions))
    found = answers_of(converted(as_written_by(version, model), scale=255.0), IMAGES)
    close(found, np.stack([1 - second, second], axis=1))


@pytest.mark.parametrize(
    ("chosen", "solver", "version", "alone"),
    [
        ("ovr", "lbfgs", "0.24.2", True),
        ("warn", "lbfgs", "0.20.0", True),
        ("auto", "lbfgs", "1.2.0", False),
        ("auto", "liblinear", "1.2.0", True),
        ("deprecated", "newton-cholesky", "1.5.2", True),
        ("deprecated", "newton-cholesky", "1.6.1", False),
        ("multinomial", "lbfgs", "0.19.2", False),
    ],
)
def test_several_classes_by_version(chosen, solver, version, alone):
    model = fitted(LogisticRegression())
    decisions = model.decision_function(FLAT / 255)
    model.multi_class, model.solver = chosen, solver
    shares = 1 / (1 + np.exp(-decisions)) if alone else np.exp(decisions)
    found = answers_of(converted(as_written_by(version, model), scale=255.0), IMAGES)
    close(found, shares / shares.sum(axis=1, keepdims=True))


def as_written_by(version, model):
    """The pickle, with another version of scikit-learn in it."""
    import sklearn

    now = pickle.dumps(sklearn.__version__, 2)[2:-3]
    content = pickle.dumps(model, 2)
    assert content.count(now) == 1
    return content.replace(now, pickle.dumps(version, 2)[2:-3])


def test_a_version_that_is_not_the_installed_one_is_told():
    content = as_written_by("1.2.2", fitted(LogisticRegression()))
    conversion = converted(content)
    assert conversion.model.metadata["framework"] == "scikit-learn 1.2.2"
    assert any(note.startswith("scikit-learn 1.2.2 wrote this") for note in conversion.notes)


@pytest.mark.parametrize("classes", [2, 3])
def test_decisions_of_linear_svc(classes):
    model = fitted(make_pipeline(StandardScaler(), LinearSVC()), classes)
    expected = model.decision_function(FLAT / 255)
    if classes == 2:
        expected = np.stack([-expected, expected], axis=1)
    conversion = converted(model, scale=255.0)
    assert conversion.model.output_kind == "scores"
    close(answers_of(conversion, IMAGES), expected)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf", "sigmoid"])
def test_votes_of_svc(kernel, classes):
    model = fitted(make_pipeline(PCA(6), SVC(kernel=kernel, coef0=0.3)), classes)
    found = answers_of(converted(model), IMAGES)
    np.testing.assert_array_equal(found.argmax(1), model.predict(FLAT / 255))
    np.testing.assert_array_equal(found.sum(1), classes * (classes - 1) // 2)
    model.steps[-1][1].decision_function_shape = "ovo"
    decisions = model.decision_function(FLAT / 255).reshape(len(FLAT), -1)
    if classes == 4:
        np.testing.assert_array_equal(found[:, 0], (decisions[:, :3] > 0).sum(1))


def test_votes_of_nu_svc_on_the_pixels():
    model = fitted(NuSVC(nu=0.3), 3)
    found = answers_of(converted(model), IMAGES)
    np.testing.assert_array_equal(found.argmax(1), model.predict(FLAT / 255))


def test_broken_ties_go_by_the_decision_function():
    model = fitted(make_pipeline(PCA(6), SVC(break_ties=True)), 4)
    found = answers_of(converted(model), IMAGES)
    close(found, model.decision_function(FLAT / 255))
    np.testing.assert_array_equal(found.argmax(1), model.predict(FLAT / 255))


def test_votes_instead_of_probabilities_are_told():
    model = fitted(make_pipeline(PCA(6), SVC(probability=True)))
    assert any("votes by which predict() decides" in note for note in converted(model).notes)
    model = fitted(make_pipeline(PCA(6), SVC()))
    assert not any("votes" in note for note in converted(model).notes)


NEIGHBOURS = {
    "bytes": (KNeighborsClassifier(3), None),
    "floats": (KNeighborsClassifier(4), 255.0),
    "whole floats": (KNeighborsClassifier(1), 1.0),
    "manhattan": (KNeighborsClassifier(3, p=1, algorithm="kd_tree"), 255.0),
    "squared": (KNeighborsClassifier(5, metric="sqeuclidean", algorithm="brute"), 1.0),
    "all": (KNeighborsClassifier(90), None),
    "centred": (make_pipeline(StandardScaler(with_std=False), KNeighborsClassifier(3)), 255.0),
    "stretched": (make_pipeline(MinMaxScaler((-1, 1)), KNeighborsClassifier(3)), 255.0),
}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbours(name):
    model, scale = NEIGHBOURS[name]
    x, labels = labelled()
    # All pixels reach from 0 to 255, so that MinMaxScaler stretches them alike.
    x[0], x[1] = 0, 255
    model.fit(x if scale is None else x / scale, labels)
    conversion = converted(model)
    assert conversion.model.output_kind == "probabilities"
    assert reference.read(conversion.content).nodes[0].operator == 15
    expected = model.predict_proba(FLAT if scale is None else FLAT / scale)
    np.testing.assert_allclose(answers_of(conversion, IMAGES), expected, atol=1e-6)


def test_pixels_that_were_normalised_are_recovered():
    x, labels = labelled()
    x[0, :2] = 0, 255
    model = KNeighborsClassifier(3).fit((x / 255 - 0.286) / 0.353, labels)
    expected = model.predict_proba((FLAT / 255 - 0.286) / 0.353)
    np.testing.assert_allclose(answers_of(converted(model), IMAGES), expected, atol=1e-6)


@pytest.mark.parametrize("compression", [0, "zlib", "gzip", "bz2", "lzma", "xz", "lz4"])
def test_files_of_joblib(compression, tmp_path):
    model = fitted(make_pipeline(PCA(4), LogisticRegression()))
    path = tmp_path / "model.joblib"
    joblib.dump(model, path, compress=(compression, 3) if compression else 0)
    close(
        answers_of(converted(path.read_bytes(), scale=255.0), IMAGES),
        model.predict_proba(FLAT / 255),
    )


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles(protocol):
    model = fitted(LogisticRegression())
    for content in (pickle.dumps(model, protocol), gzip.compress(pickle.dumps(model, protocol))):
        close(answers_of(converted(content), IMAGES), model.predict_proba(FLAT / 255))


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(StandardScaler(), PCA(4), SVC()),
        KNeighborsClassifier(3, algorithm="ball_tree"),
        MLPClassifier(4, max_iter=20, random_state=0),
    ],
)
def test_files_of_skops_need_no_trust(model):
    model = fitted(model)
    conversion = convert(Checkpoint("model.skops", skops.io.dumps(model)), Options(scale=None))
    found = answers_of(conversion, IMAGES)
    np.testing.assert_array_equal(found.argmax(1), model.predict(FLAT / 255))
    assert not any("executed" in note for note in conversion.notes)


def test_the_best_of_a_search():
    search = GridSearchCV(
        make_pipeline(PCA(4), LogisticRegression()), {"pca__whiten": [True]}, cv=2
    )
    model = fitted(search)
    close(answers_of(converted(model), IMAGES), model.predict_proba(FLAT / 255))


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["cat", "dog", "eel"], ["cat", "dog", "eel"]),
        ([1, 5, 7], ["1", "5", "7"]),
        ([1.0, 2.0, 4.0], ["1", "2", "4"]),
        ([0, 1, 2], []),
    ],
)
def test_classes_become_labels(names, labels):
    model = fitted(LogisticRegression(), names=names)
    assert converted(model).model.labels == labels
    assert converted(model, labels=["a", "b", "c"]).model.labels == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("model", "raw"),
    [
        (make_pipeline(StandardScaler(), LogisticRegression()), True),
        (make_pipeline(MinMaxScaler(), LogisticRegression()), True),
        (make_pipeline(PCA(3), LogisticRegression()), True),
        (SVC(), True),
        (LogisticRegression(max_iter=5), False),
    ],
)
def test_the_scale_shows_in_the_file(model, raw):
    """Nothing need be said of a model of plain pixels, if its numbers tell."""
    plain = converted(fitted(model, scale=1.0))
    assert plain.model.pixels.scale == (1.0 if raw else 255.0)
    assert any("--scale 1" in note for note in plain.notes) == raw
    assert converted(fitted(model, scale=255.0)).model.pixels.scale == 255.0
    assert converted(fitted(model, scale=1.0), scale=255.0).model.pixels.scale == 255.0


def test_golden_vectors_are_of_clear_votes():
    """The decisions are near 0 for most pictures: those in the file are others."""
    model = fitted(make_pipeline(PCA(6), SVC()), 4)
    machine = model.steps[-1][1]
    machine.decision_function_shape = "ovo"
    conversion = converted(model, golden=64)
    golden = conversion.model.golden
    decisions = np.abs(model.decision_function(golden.inputs.reshape(len(golden.inputs), -1) / 255))
    assert len(golden.inputs) == 64
    assert (decisions.min(1) > 1e-3 * decisions.max(1)).all()


def test_nothing_is_written_to_standard_output(capsys):
    converted(joblib_bytes(fitted(SVC(probability=False))))
    assert capsys.readouterr().out == ""


def joblib_bytes(model):
    stream = io.BytesIO()
    joblib.dump(model, stream)
    return stream.getvalue()
