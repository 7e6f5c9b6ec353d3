"""fmnist-eval: its metrics are those of scikit-learn, whatever form the data has."""

import gzip
import io
import os
import pty
import re
import struct
import subprocess
import tarfile

import numpy as np
import pytest
from sklearn import metrics

from conftest import EVAL, ROOT, SHIPPED, TINY
from fmnistrt import Model, data

MODELS = ROOT / "Tests/models"


@pytest.fixture(scope="module")
def test_set():
    return data.load("t10k")


@pytest.fixture(scope="module")
def some():
    """Images and labels that mean nothing."""
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (100, 28, 28), dtype=np.uint8)
    return images, random.integers(0, 10, 100).astype(np.uint8)


def idx_images(images):
    return struct.pack(">4I", 0x803, *images.shape) + images.tobytes()


def idx_labels(labels):
    return struct.pack(">2I", 0x801, len(labels)) + labels.astype(np.uint8).tobytes()


def csv(images, labels, heading="", end="\n"):
    rows = np.column_stack([labels, images.reshape(len(images), -1)])
    return (heading + "".join(",".join(map(str, row)) + end for row in rows)).encode()


def calibration_error(probabilities, labels, bins):
    """The definition of Guo et al., by masks."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    error = 0.0
    for low in np.arange(bins) / bins:
        inside = (confidence > low) & (confidence <= low + 1 / bins)
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return error


def check(report, scores, labels, probabilities=None, bins=15):
    """Compares a report with scikit-learn's figures of the same answers."""
    answers = scores.argmax(1)
    classes = range(scores.shape[1])
    assert report["images"] == len(labels)
    assert report["correct"] == (answers == labels).sum()
    assert report["accuracy"] == pytest.approx(metrics.accuracy_score(labels, answers))
    expected = metrics.confusion_matrix(labels, answers, labels=classes)
    assert np.array_equal(report["confusion"], expected)
    table = metrics.precision_recall_fscore_support(
        labels, answers, labels=classes, zero_division=0
    )
    names = ("precision", "recall", "f1", "images")
    for name, column in zip(names, table, strict=True):
        assert [row[name] for row in report["classes"]] == pytest.approx(list(column))
    for kind in ("macro", "weighted"):
        values = metrics.precision_recall_fscore_support(
            labels, answers, labels=classes, average=kind, zero_division=0
        )
        row = report[f"{kind}_average"]
        assert [row[name] for name in names[:3]] == pytest.approx(values[:3])
    if probabilities is None:
        assert report["loss"] is None and report["calibration"] is None
        return
    # Those of the tool are as the model gave them: f32, summing to 1 but for their rounding.
    clipped = np.clip(probabilities, 1e-7, 1)
    loss = metrics.log_loss(labels, clipped / clipped.sum(1, keepdims=True), labels=classes)
    assert report["loss"] == pytest.approx(loss, rel=1e-5)
    found = report["calibration"]
    error = calibration_error(probabilities, labels, bins)
    assert found["expected_error"] == pytest.approx(error, rel=1e-4)
    assert len(found["bins"]) == bins
    assert sum(entry["images"] for entry in found["bins"]) == len(labels)


def test_the_test_set(evaluate, test_set):
    report = evaluate(SHIPPED, "--json", timeout=120).json
    scores = Model(SHIPPED).classify(test_set.images).scores.astype(np.float64)
    check(report, scores, test_set.labels, scores / scores.sum(1, keepdims=True))
    assert [row["name"] for row in report["classes"]] == list(data.LABELS)
    assert report["images_per_s"] == pytest.approx(10000 / report["seconds"], rel=1e-3)
    assert f"Test accuracy {report['accuracy']:.2%}" in (ROOT / "Models/default.md").read_text()


def test_the_training_set(evaluate):
    report = evaluate(TINY, "--split", "train", "--json", "--threads", "2").json
    split = data.load("train")
    answers = Model(TINY).classify(split.images).scores.argmax(1)
    assert (report["images"], report["correct"]) == (60000, (answers == split.labels).sum())


def test_text_for_people(evaluate, tmp_path, some):
    path = tmp_path / "some.csv"
    path.write_bytes(csv(*some))
    report = evaluate(TINY, "--data", path, "--json", "--threads", "1").json
    text = evaluate(TINY, "--data", path, "--threads", "1").out
    assert f"accuracy     {report['accuracy']:.2%}".replace("%", " %") in text
    assert f"loss         {report['loss']:.4f}," in text
    assert f"{report['calibration']['expected_error']:.2%}".replace("%", " %") in text
    assert "15 bins of equal width" in text and "on 1 thread\n" in text
    rows = text[text.index("right \\ answer") :].splitlines()[1:]
    found = [[int(n) for n in row.split()[-10:]] for row in rows]
    assert found == report["confusion"]
    for row in report["classes"]:
        figures = [f"{row[name]:.2%}".replace("%", " %") for name in ("precision", "recall", "f1")]
        line = next(line for line in text.splitlines() if line.startswith(row["name"]))
        assert re.split(r"  +", line)[1:] == [*figures, str(row["images"])]


def forms(images, labels):
    """The same data in every form, by file name."""
    plain = csv(images, labels)
    files = {
        "t10k-images-idx3-ubyte": idx_images(images),
        "t10k-labels-idx1-ubyte": idx_labels(labels),
    }
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in {"./README": b"about", **files}.items():
            entry = tarfile.TarInfo("data/" * 30 + name)
            # Fractions of a second make an extended header.
            entry.size, entry.mtime = len(content), 1.5
            tar.addfile(entry, io.BytesIO(content))
    table = io.BytesIO()
    with tarfile.open(fileobj=table, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in (("x_train.csv", b"label\n"), ("x_test.csv.gz", gzip.compress(plain))):
            entry = tarfile.TarInfo("a/" * 60 + name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    two = gzip.compress(plain[:1000]) + gzip.compress(plain[1000:])
    return {
        "plain.csv": plain,
        "heading.csv": csv(images, labels, "label,pixel1,pixel2\n"),
        "quoted.csv": csv(images, labels, '"label","pixel1"\r\n', "\r\n"),
        "mark.csv": b"\xef\xbb\xbf" + plain,
        "no-end.csv": plain[:-1],
        "empty-lines.csv": plain + b"\n\n",
        "packed.csv.gz": gzip.compress(plain),
        "members.csv.gz": two,
        "idx.tar": archive.getvalue(),
        "idx.tar.gz": gzip.compress(archive.getvalue()),
        "table.tgz": gzip.compress(table.getvalue()),
        "folder": files,
        "gzip-folder": {name + ".gz": gzip.compress(content) for name, content in files.items()},
        "dotted-folder": {name.replace("-idx", ".idx"): c for name, c in files.items()},
        "csv-folder": {"only.csv": plain},
        "two-csv-folder": {"f_train.csv": b"", "f_test.csv": plain},
    }


@pytest.mark.parametrize("name", forms(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8)))
def test_forms_of_data(evaluate, tmp_path, some, name):
    images, labels = some
    content = forms(images, labels)[name]
    path = tmp_path / name
    if isinstance(content, dict):
        path.mkdir()
        for file, inside in content.items():
            (path / file).write_bytes(inside)
    else:
        path.write_bytes(content)
    answer = evaluate(TINY, "--data", path, "--json")
    assert answer.status == 0, answer.err
    scores = Model(TINY).classify(images).scores.astype(np.float64)
    check(answer.json, scores, labels, scores / scores.sum(1, keepdims=True))


def test_standard_input(evaluate, some):
    answer = evaluate(TINY, "--data", "-", "--json", stdin=gzip.compress(csv(*some)))
    assert (answer.json["data"], answer.json["images"]) == ("-", 100)


def test_threads_and_bins(evaluate, tmp_path, some):
    """Answers do not depend on threads; bins are as many as asked for."""
    path = tmp_path / "some.csv"
    path.write_bytes(csv(*some))
    reports = [
        evaluate(TINY, "--data", path, "--json", "--threads", str(n), "--bins", "4").json
        for n in (1, 2, 7, 64)
    ]
    for report in reports:
        assert report.pop("seconds") > 0 and report.pop("images_per_s") > 0
    assert [report.pop("threads") for report in reports] == [1, 2, 7, 64]
    assert all(report == reports[0] for report in reports)
    assert len(reports[0]["calibration"]["bins"]) == 4


def test_scores_that_are_no_probabilities(evaluate, tmp_path):
    """Three channels of another size: gray is repeated; there is no loss."""
    random = np.random.default_rng(2)
    images = random.integers(0, 256, (40, 8, 8), dtype=np.uint8)
    labels = random.integers(0, 3, 40)
    path = tmp_path / "some.csv"
    path.write_bytes(csv(images, labels))
    model = MODELS / "operators.fmg"
    report = evaluate(model, "--data", path, "--json").json
    scores = Model(model).classify(np.repeat(images[..., None], 3, axis=3)).scores
    check(report, scores, labels)
    assert "loss" not in evaluate(model, "--data", path).out


def test_logits(evaluate, tmp_path, some):
    import make_models
    from fmg import write

    model = make_models.tiny()
    model.nodes = model.nodes[:-1]
    model.tensors = [tensor for tensor in model.tensors if tensor.name != "softmax"]
    model.output_kind, model.golden = 2, None
    path = tmp_path / "logits.fmg"
    path.write_bytes(write(model))
    (tmp_path / "some.csv").write_bytes(csv(*some))
    report = evaluate(path, "--data", tmp_path / "some.csv", "--json").json
    logits = Model(path).classify(some[0]).scores.astype(np.float64)
    powers = np.exp(logits - logits.max(1, keepdims=True))
    check(report, logits, some[1], powers / powers.sum(1, keepdims=True))


def test_colors_and_bar_only_in_a_terminal(tmp_path, some):
    images, labels = some
    path = tmp_path / "many.csv"
    path.write_bytes(csv(np.tile(images, (200, 1, 1)), np.tile(labels, 200)))
    for name, terminal in (("xterm", True), ("dumb", False)):
        control, side = pty.openpty()
        environment = {**os.environ, "TERM": name}
        environment.pop("NO_COLOR", None)
        command = [EVAL, TINY, "--data", path, "--threads", "1", "--isa", "baseline"]
        process = subprocess.Popen(command, stdout=side, stderr=side, env=environment)
        os.close(side)
        output = b""
        try:
            while content := os.read(control, 65536):
                output += content
        except OSError:
            pass
        os.close(control)
        assert process.wait(timeout=60) == 0
        assert (b"\x1b[48;2;" in output) == terminal
        assert (b" images/s\x1b[K" in output) == terminal


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "no model given"),
        (("a.fmg", "b.fmg"), "one model at a time"),
        (("a.fmg", "--split", "all"), "expected one of: test, train"),
        (("a.fmg", "--threads", "65"), "expected at most 64"),
        (("a.fmg", "--bins", "0"), "expected a whole number from 1"),
        (("a.fmg", "--bins", "1001"), "expected at most 1000"),
        (("a.fmg", "--data"), "--data needs a value"),
        (("a.fmg", "--top", "3"), "unknown option --top"),
    ],
)
def test_wrong_command_lines(evaluate, arguments, word):
    answer = evaluate(*arguments)
    assert answer.status == 2
    assert word in answer.err
    assert "Try: fmnist-eval --help" in answer.err


def test_help_and_version(evaluate):
    text = evaluate("--help").out
    for option in ("--data", "--split", "--threads", "--bins", "--isa", "--json"):
        assert option in text
    assert re.fullmatch(r"fmnist-eval \d+\.\d+\.\d+ \(library .*\)\n", evaluate("--version").out)
