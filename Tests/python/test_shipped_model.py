"""The model in Models/ is what its card says, and answers as its checkpoint does in Keras."""

import re
from pathlib import Path

import numpy as np
import pytest

from fmnistrt import FmnistError, Model, data
from fmnistrt.convert.cli import main as convert

MODELS = Path(__file__).resolve().parents[2] / "Models"


@pytest.fixture(scope="module")
def test_set():
    return data.load("t10k")


@pytest.fixture(scope="module")
def expected(test_set):
    """Keras's probabilities for the 10,000 test images."""
    from fmnistrt.train.augment import to_input
    from fmnistrt.train.trainer import load_checkpoint

    model = load_checkpoint(MODELS / "bncnn.ckpt")
    return model.predict(to_input(test_set.images), batch_size=500, verbose=0)


@pytest.mark.parametrize("isa", ["baseline", "v3", "v4", "v4-amx"])
def test_probabilities_are_those_of_keras(test_set, expected, isa):
    try:
        model = Model(MODELS / "default.fmg", isa=isa)
    except FmnistError as error:
        assert error.status == "FMNIST_ERROR_UNSUPPORTED"
        pytest.skip(f"this CPU has no {isa}")
    scores = model.classify(test_set.images).scores
    assert np.abs(scores - expected).max() <= 1e-4
    first, second = np.sort(expected, axis=1)[:, :-3:-1].T
    clear = first - second > 1e-5
    assert np.array_equal(scores.argmax(1)[clear], expected.argmax(1)[clear])
    accuracy = np.mean(scores.argmax(1) == test_set.labels)
    card = (MODELS / "default.md").read_text()
    assert re.search(r"Test accuracy (\d+\.\d+%)", card)[1] == f"{accuracy:.2%}"
    assert model.metadata["accuracy"] == f"{accuracy:.4f}"


def test_the_card_gives_the_figures_of_each_class(test_set):
    from sklearn.metrics import classification_report

    model = Model(MODELS / "default.fmg")
    predicted = model.classify(test_set.images).scores.argmax(1)
    report = classification_report(
        test_set.labels, predicted, target_names=data.LABELS, output_dict=True
    )
    card = (MODELS / "default.md").read_text()
    for name in data.LABELS:
        row = report[name]
        figures = (row["precision"], row["recall"], row["f1-score"])
        assert f"| {name} | " + " | ".join(f"{value:.2%}" for value in figures) in card


def test_converting_the_checkpoint_again_gives_the_same_bytes(tmp_path):
    shipped = Model(MODELS / "default.fmg")
    output = tmp_path / "again.fmg"
    options = ["--accuracy", shipped.metadata["accuracy"]]
    assert convert([str(MODELS / "bncnn.ckpt"), str(output), *options]) == 0
    assert output.read_bytes() == (MODELS / "default.fmg").read_bytes()


def test_golden_vectors_hold():
    model = Model(MODELS / "default.fmg")
    golden = list(model.golden())
    assert golden
    for vector in golden:
        scores = model.classify(vector.pixels).scores[0]
        assert np.abs(scores - vector.scores).max() <= vector.tolerance


def test_the_model_on_bytes_is_what_its_card_says(test_set):
    model, plain = Model(MODELS / "bncnn-int8.fmg"), Model(MODELS / "default.fmg")
    scores, floats = (m.classify(test_set.images, top_k=0).scores for m in (model, plain))
    accuracy = np.mean(scores.argmax(1) == test_set.labels)
    card = (MODELS / "bncnn-int8.md").read_text()
    assert re.search(r"Test accuracy (\d+\.\d+%)", card)[1] == f"{accuracy:.2%}"
    assert model.metadata["accuracy"] == f"{accuracy:.4f}"
    changed = np.sum(scores.argmax(1) != floats.argmax(1))
    assert int(re.search(r"pictures; (\d+) answers changed", card)[1]) == changed
    assert accuracy > float(plain.metadata["accuracy"]) - 0.001
    for vector in model.golden():
        answer = model.classify(vector.pixels).scores[0]
        assert np.abs(answer - vector.scores).max() <= vector.tolerance


def test_bytes_are_the_same_bits_everywhere(test_set):
    images, answers = test_set.images[:50], []
    for isa in ("baseline", "v3", "v4"):
        try:
            model = Model(MODELS / "bncnn-int8.fmg", isa=isa)
        except FmnistError as error:
            assert error.status == "FMNIST_ERROR_UNSUPPORTED"
            continue
        values = model.intermediate(images[0], ["dense2:bytes", "probabilities:linear"])
        answers.append([model.classify(images, top_k=0).scores, *values.values()])
    for other in answers[1:]:
        # Softmax is of floats, and may differ in its last bit.
        assert np.abs(other[0] - answers[0][0]).max() < 1e-6
        assert np.array_equal(other[1], answers[0][1])
        assert np.array_equal(other[2], answers[0][2])
