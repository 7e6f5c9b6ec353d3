"""The tables: ratios, what counts in them, and what is said of the rest."""

import math

import numpy as np
import pytest

from ..measure import Measured
from ..report import BEGIN, END, figures, instructions, placed, section
from ..settings import Setting
from ..table import best, geometric_mean, ratio, render

FLOAT, INT8, BATCHES = Setting(), Setting("int8"), Setting("float", 64, 2)


def measured(*microseconds, difference=0.0, equal=1.0, problem="", instructions=""):
    return Measured("1.0", instructions, difference, equal, list(microseconds), False, problem)


def cells(text, line):
    return [cell.strip() for cell in text.splitlines()[line].strip("|").split("|")]


def test_geometric_mean():
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4)
    assert geometric_mean([3.0]) == pytest.approx(3)


def test_scores_are_compared():
    answers, one = np.eye(4, 10), Measured()
    other = answers.copy()
    other[3] += 0.25
    one.compare(other, answers)
    assert (one.difference, one.equal) == (0.25, 1)
    one.compare(np.roll(answers, 1, axis=1), answers)
    assert one.equal == 0
    unknown = Measured()
    unknown.compare(answers * math.nan, answers)
    assert math.isinf(unknown.difference)
    assert unknown.equal == 0
    unknown.compare(answers[:1], answers)
    assert unknown.problem == "failed: scores of shape (1, 10), expected (4, 10)"


def test_the_best_peer_is_that_with_the_smallest_median():
    row = {
        "fmnistrt": measured(2, 4, 9),
        "ncnn": measured(1, 10, 10),
        "LiteRT": measured(6, 6, 6),
    }
    assert best(row, FLOAT) == "LiteRT"
    assert ratio(row, FLOAT) == (6 / 4, 1 / 2)


def test_only_peers_that_are_right_count():
    row = {
        "fmnistrt": measured(4),
        "ncnn": measured(1, difference=0.002),
        "OpenVINO": measured(problem="failed: ended with exit code -11"),
        "LiteRT": measured(1, difference=math.inf),
        "ONNX Runtime": measured(8, difference=0.0005),
    }
    assert best(row, FLOAT) == "ONNX Runtime"
    assert ratio(row, FLOAT) == (2, 2)
    found = cells(render({"cnn3": row}, FLOAT), 2)
    assert found[:2] == ["cnn3", "4.00 (4.00)"]
    assert found[2] == found[4] == "1.00 (1.00), differs"
    assert found[3] == "failed"
    assert found[5:7] == ["**8.00 (8.00)**", "2.00 (2.00)"]


def test_int8_tells_the_share_of_equal_classes_and_needs_half():
    row = {
        "fmnistrt": measured(4, equal=0.99, difference=0.1),
        "LiteRT": measured(1, equal=0.1),
        "OpenVINO": measured(6, equal=0.625),
    }
    assert cells(render({"cnn4": row}, INT8), 2) == [
        "cnn4",
        "4.00 (4.00) 99.0 %",
        "1.00 (1.00) 10.0 %, differs",
        "**6.00 (6.00)** 62.5 %",
        "1.50 (1.50)",
    ]
    row["fmnistrt"].equal = 0.2
    assert ratio(row, INT8) is None


def test_batches_are_told_in_images_a_second():
    row = {"fmnistrt": measured(32000), "ncnn": measured(64000, difference=1e-5)}
    text = render({"vgg": row}, BATCHES)
    assert cells(text, 0)[3] == "ours / best peer"
    assert cells(text, 2) == [
        "vgg",
        "2,000 (2,000)",
        "**1,000 (1,000)**",
        "2.00 (2.00)",
        "1e-05",
    ]


@pytest.mark.parametrize("ours", [measured(4, difference=1), measured(problem="failed: x")])
def test_without_two_that_are_right_there_is_no_ratio(ours):
    alone = {"fmnistrt": measured(4), "ncnn": measured(problem="missing: no ncnn")}
    assert ratio(alone, FLOAT) is None
    text = render({"dense": alone}, FLOAT)
    assert text.splitlines()[2] == "| dense | 4.00 (4.00) | missing | - | 0e+00 |"
    assert "geometric mean" not in text
    row = {"fmnistrt": ours, "ncnn": measured(1)}
    assert ratio(row, FLOAT) is None
    assert best(row, FLOAT) == "ncnn"


@pytest.mark.parametrize(("setting", "bars"), [(FLOAT, 7), (INT8, 6)])
def test_every_row_has_as_many_cells(setting, bars):
    rows = {
        "dense": {"fmnistrt": measured(1), "ncnn": measured(2), "LiteRT": measured(3)},
        "vgg": {"fmnistrt": measured(100), "ncnn": measured(800), "LiteRT": measured(900)},
    }
    lines = render(rows, setting).splitlines()
    assert {line.count("|") for line in lines} == {bars}
    assert lines[-1].startswith("| geometric mean |")
    assert "**4.00** (4.00)" in lines[-1]


def test_all_tables_stand_in_the_section_and_in_the_figures():
    row = {"fmnistrt": measured(4, instructions="v4"), "ncnn": measured(problem="missing: ncnn")}
    tables = {FLOAT: {"dense": row}, INT8: {"dense": row}}
    text = section(tables, ["--seconds", "1"], 0.25)
    assert text.count("| dense |") == 2
    assert "**int8, batch 1, one thread**: microseconds" in text
    assert instructions(tables) == "fmnistrt float: v4; fmnistrt int8: v4"
    first, second = figures(tables)
    assert (first["type"], second["type"]) == ("float", "int8")
    assert first["runtimes"]["fmnistrt"]["median"] == 4
    assert first["runtimes"]["ncnn"] == {"problem": "missing: ncnn"}


def test_the_section_of_a_page_is_renewed():
    page = f"# Title\n\n{BEGIN}\nold\n{END}\n\nMore.\n"
    assert placed(page, "new\n") == f"# Title\n\n{BEGIN}\nnew\n{END}\n\nMore.\n"
    assert placed("", "new\n") == "new\n"
