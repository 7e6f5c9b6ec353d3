"""fmnist-train knn on a few images."""

import json

import numpy as np
import pytest

from fmnistrt import Model
from fmnistrt.data import load
from fmnistrt.train.cli import main
from fmnistrt.train.neighbours import reference_answers
from stripes import write_stripes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_stripes(tmp_path_factory.mktemp("idx"))


def test_knn_writes_a_model_with_report_and_card(folder, tmp_path, capsys):
    run = tmp_path / "run"
    line = f"knn --data {folder} --output {run} --k 3 --metric euclidean"
    assert main(line.split()) == 0
    assert "knn.fmg: 200 images, test accuracy" in capsys.readouterr().out
    report = json.loads((run / "report.json").read_text())
    assert (report["k"], report["metric"], report["training_images"]) == (3, "euclidean", 200)
    model = Model(run / "knn.fmg")
    assert model.metadata["accuracy"] == f"{report['test_accuracy']:.4f}"
    assert model.metadata["framework"].startswith("scikit-learn ")
    assert len(model.golden()) == 8
    training, test = load("train", folder), load("t10k", folder)
    expected = reference_answers(training, test.images, 3, "euclidean")
    scores = model.classify(test.images).scores
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    assert report["test_accuracy"] == np.mean(scores.argmax(1) == test.labels)
    card = (run / "model-card.md").read_text()
    assert f"**Test accuracy {report['test_accuracy']:.2%}**" in card
    assert "--k 3 --metric euclidean" in card
    # The same command gives the same bytes.
    before = (run / "knn.fmg").read_bytes()
    assert main(line.split()) == 0
    assert (run / "knn.fmg").read_bytes() == before


def test_knn_refuses_what_it_cannot_do(folder, tmp_path, capsys):
    for words in (["--epochs", "3"], ["--precision", "float32"], ["--metric", "cosine"]):
        with pytest.raises(SystemExit) as stop:
            main(["knn", *words])
        assert stop.value.code == 2
    with pytest.raises(SystemExit):
        main(["bncnn", "--k", "3"])
    capsys.readouterr()
    line = f"knn --data {folder} --output {tmp_path / 'run'} --k"
    assert main([*line.split(), "201"]) == 1
    assert "200 training images" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
