"""fmnist-train svc on a few images."""

import json

import numpy as np
import pytest

from fmnistrt import Model
from fmnistrt.data import load
from fmnistrt.train.cli import main
from fmnistrt.train.svc import Trial, choose
from stripes import write_stripes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_stripes(tmp_path_factory.mktemp("idx"))


def test_svc_writes_a_model_with_report_and_card(folder, tmp_path, capsys):
    run = tmp_path / "run"
    line = f"svc --data {folder} --output {run} --images 150 --seed 3"
    assert main(line.split()) == 0
    assert "svc.fmg: 150 images, test accuracy" in capsys.readouterr().out
    report = json.loads((run / "report.json").read_text())
    assert (report["training_images"], report["validation_images"], report["seed"]) == (150, 30, 3)
    assert report["tried"] == 9
    assert report["agreement"] == 1
    model = Model(run / "svc.fmg")
    assert model.metadata["accuracy"] == f"{report['test_accuracy']:.4f}"
    assert model.metadata["framework"].startswith("scikit-learn ")
    assert model.info.output_kind == "scores"
    for golden in model.golden():
        scores = model.classify(golden.pixels).scores[0]
        np.testing.assert_array_equal(scores, golden.scores)
        assert scores.sum() == 45
    test = load("t10k", folder)
    predicted = model.classify(test.images).scores.argmax(1)
    assert report["test_accuracy"] == np.mean(predicted == test.labels) > 0.9
    card = (run / "model-card.md").read_text()
    assert f"**Test accuracy {report['test_accuracy']:.2%}**" in card
    assert "the same class for all of them" in card
    assert "--images 150 --seed 3" in card


def test_svc_refuses_options_of_other_recipes(capsys):
    for words in (["svc", "--k", "3"], ["svc", "--epochs", "3"], ["knn", "--images", "5"]):
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code == 2
        assert "is not an option of" in capsys.readouterr().err


class Machine:
    def __init__(self, vectors):
        self.support_ = range(vectors)


def test_the_smallest_within_one_standard_error_is_chosen():
    trials = [Trial(Machine(n), a) for n, a in [(900, 0.90), (500, 0.893), (300, 0.88)]]
    # The standard error of 0.90 is 0.0095 for 1000 images, and 0.003 for 10,000.
    assert choose(trials, 1000) is trials[1]
    assert choose(trials, 10_000) is trials[0]
    assert choose(trials, 100) is trials[2]
