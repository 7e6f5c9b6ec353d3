"""Training on a few images: what a run writes, and how it resumes."""

import json
import zipfile

import numpy as np
import pytest

from fmnistrt.train.augment import AugmentedBatches, erase, flip, to_input
from fmnistrt.train.cli import main
from fmnistrt.train.recipes import RECIPES
from stripes import write_stripes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_stripes(tmp_path_factory.mktemp("idx"))


def run(folder, output, epochs, seed=1):
    line = f"bncnn --data {folder} --output {output} --batch 50 --epochs {epochs} --seed {seed}"
    return main(line.split())


def test_a_run_writes_the_kept_epoch_history_and_report(folder, tmp_path, capsys):
    assert run(folder, tmp_path, 2) == 0
    history = json.loads((tmp_path / "history.json").read_text())["epochs"]
    report = json.loads((tmp_path / "report.json").read_text())
    assert [epoch["epoch"] for epoch in history] == [1, 2]
    best = max(history, key=lambda epoch: epoch["val_accuracy"])
    assert report["kept_epoch"] == best["epoch"]
    assert report["validation_accuracy"] == pytest.approx(best["val_accuracy"], abs=1e-6)
    assert report["training_images"] == 170 and report["validation_images"] == 30
    assert report["parameters"] == 3_458_382
    assert not report["canonical_data"]
    with zipfile.ZipFile(tmp_path / "best.ckpt") as archive:
        assert "model.weights.h5" in archive.namelist()
    assert f"epoch {best['epoch']} of 2" in capsys.readouterr().out
    card = (tmp_path / "model-card.md").read_text()
    assert f"**Test accuracy {report['test_accuracy']:.2%}**" in card
    assert card.count("\n| ") >= 12
    # The same line again has nothing to train; another length would be another run.
    kept = (tmp_path / "best.ckpt").stat().st_mtime_ns
    assert run(folder, tmp_path, 2) == 0
    assert (tmp_path / "best.ckpt").stat().st_mtime_ns == kept
    assert run(folder, tmp_path, 3) == 1
    assert "holds a run with epochs 2, not 3" in capsys.readouterr().err
    assert run(folder, tmp_path, 2, seed=2) == 1
    assert "holds a run with seed 1, not 2" in capsys.readouterr().err


def test_an_interrupted_run_resumes(folder, tmp_path, monkeypatch, capsys):
    import keras

    from fmnistrt.train import trainer

    class Interrupt(trainer.History):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            if epoch == 1:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(trainer, "History", Interrupt)
        run(folder, tmp_path, 3)
    assert len(json.loads((tmp_path / "history.json").read_text())["epochs"]) == 2

    # Another seed would hold out other images, and so validate with some that were trained on.
    assert run(folder, tmp_path, 3, seed=2) == 1
    assert "holds a run with seed 1, not 2" in capsys.readouterr().err

    starts = []
    fit = keras.Sequential.fit

    def spy(model, batches, **arguments):
        starts.append(batches.epoch)
        result = fit(model, batches, **arguments)
        starts.append(int(model.optimizer.iterations))
        return result

    monkeypatch.setattr(keras.Sequential, "fit", spy)
    assert run(folder, tmp_path, 3) == 0
    history = json.loads((tmp_path / "history.json").read_text())["epochs"]
    assert [epoch["epoch"] for epoch in history] == [1, 2, 3]
    # The optimiser has made four steps in each of three epochs, as without the interruption.
    assert starts == [2, 12]


def test_batches_depend_on_seed_epoch_and_index_alone():
    from fmnistrt.data import Split

    images = np.random.default_rng(1).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    split = Split(images, np.arange(20) % 10, False)
    first = AugmentedBatches(split, 8, seed=5)
    assert len(first) == 3
    seen = np.concatenate([first[i][1] for i in range(3)])
    assert sorted(seen) == sorted(split.labels)
    first.on_epoch_end()
    resumed = AugmentedBatches(split, 8, seed=5, epoch=1)
    for i in range(3):
        for a, b in zip(first[i], resumed[i], strict=True):
            assert np.array_equal(a, b)
    other = AugmentedBatches(split, 8, seed=6, epoch=1)
    assert not np.array_equal(other[0][0], resumed[0][0])


def test_augmentation_flips_half_and_erases_a_rectangle_in_half():
    images = np.zeros((2000, 28, 28, 1), np.float32)
    images[:, :, 0] = 1
    flip(images, np.random.default_rng(2))
    mirrored = images[:, 0, -1, 0] == 1
    assert 0.45 < mirrored.mean() < 0.55
    assert np.all(images[:, 0, 0, 0] == ~mirrored)

    images = np.full((2000, 28, 28, 1), -1, np.float32)
    erase(images, np.random.default_rng(3))
    areas = []
    for image in images[..., 0]:
        rows, columns = np.nonzero(image >= 0)
        if len(rows):
            box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
            assert box == len(rows) and len(np.unique(image[rows, columns])) == 1
            areas.append(box / 784)
    assert 0.45 < len(areas) / 2000 < 0.55
    assert min(areas) > 0.01 and max(areas) < 0.42


def test_pixels_become_zero_to_one():
    assert to_input(np.array([[[0, 255]]], np.uint8)).tolist() == [[[[0.0], [1.0]]]]


def test_wrong_usage_and_missing_data(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["nothing"])
    assert stop.value.code == 2
    with pytest.raises(SystemExit) as stop:
        main(["bncnn", "--epochs", "0"])
    assert stop.value.code == 2
    assert main(["bncnn", "--data", str(tmp_path), "--output", str(tmp_path / "run")]) == 1
    assert "dataset-fashion-mnist" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    assert "bncnn" in RECIPES
