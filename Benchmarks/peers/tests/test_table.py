"""The table: ratios, what counts in them, and what is said of the rest."""

import math

import numpy as np
import pytest

from ..measure import Measured
from ..report import BEGIN, END, placed
from ..table import best, difference, geometric_mean, ratio, render


def measured(*microseconds, score=0.5, problem=""):
    return Measured("1.0", np.full((4, 10), score), list(microseconds), problem)


def test_geometric_mean():
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4)
    assert geometric_mean([3.0]) == pytest.approx(3)


def test_the_best_peer_is_that_with_the_smallest_median():
    row = {
        "fmnistrt": measured(2, 4, 9),
        "ncnn": measured(1, 10, 10),
        "LiteRT": measured(6, 6, 6),
    }
    assert best(row) == "LiteRT"
    assert ratio(row) == (6 / 4, 1 / 2)


def test_only_peers_that_agree_count():
    row = {
        "fmnistrt": measured(4),
        "ncnn": measured(1, score=0.502),
        "OpenVINO": measured(1, problem="failed: ended with exit code -11"),
        "LiteRT": measured(1, score=math.nan),
        "ONNX Runtime": measured(8, score=0.5005),
    }
    assert best(row) == "ONNX Runtime"
    assert ratio(row) == (2, 2)
    assert math.isinf(difference(row["fmnistrt"], row["OpenVINO"]))
    text = render({"cnn3": row})
    cells = [cell.strip() for cell in text.splitlines()[2].strip("|").split("|")]
    assert cells[0] == "cnn3"
    assert cells[1] == "4.00 (4.00)"
    assert cells[2] == cells[4] == "1.00 (1.00), differs"
    assert cells[3] == "failed"
    assert cells[5] == "**8.00 (8.00)**"
    assert cells[6] == "2.00 (2.00)"


def test_without_an_agreeing_peer_there_is_no_ratio():
    row = {"fmnistrt": measured(4), "ncnn": measured(problem="missing")}
    assert ratio(row) is None
    text = render({"dense": row})
    assert text.splitlines()[2] == "| dense | 4.00 (4.00) | missing | - | - |"
    assert "geometric mean" not in text


def test_every_row_has_as_many_cells():
    rows = {
        "dense": {"fmnistrt": measured(1), "ncnn": measured(2), "LiteRT": measured(3)},
        "vgg": {"fmnistrt": measured(100), "ncnn": measured(800), "LiteRT": measured(900)},
    }
    lines = render(rows).splitlines()
    assert {line.count("|") for line in lines} == {7}
    assert lines[-1].startswith("| geometric mean |")
    assert "**4.00** (4.00)" in lines[-1]


def test_the_section_of_a_page_is_renewed():
    page = f"# Title\n\n{BEGIN}\nold\n{END}\n\nMore.\n"
    assert placed(page, "new\n") == f"# Title\n\n{BEGIN}\nnew\n{END}\n\nMore.\n"
    assert placed("", "new\n") == "new\n"
