"""fmnist-bench: its formats agree, its figures are consistent. How fast it is, is no test."""

import csv
import io
import json
import re

import pytest

from conftest import ROOT, TINY

QUICK = ("--seconds", "0.05", "--no-cold")
VECTOR = ROOT / "Tests/models/vector.fmg"
NEIGHBOURS = ROOT / "Tests/models/neighbours.fmg"
VECTORS = ROOT / "Tests/models/vectors.fmg"
SINGLE = ("file_bytes", "packed_bytes", "arena_bytes", "peak_memory_bytes", "load_us")


def check_percentiles(metrics, kind):
    times = [metrics[f"{kind}.{name}_us"] for name in ("min", "p50", "p90", "p99")]
    assert times == sorted(times)
    assert times[0] > 0


def test_json(bench):
    arguments = ("--json", "--batch", "1,3", "--threads", "1,2", "--isa", "baseline")
    report = bench(TINY, *QUICK, *arguments).json
    assert report["tool"] == "fmnist-bench"
    assert report["machine"]["cpu"] and report["machine"]["cores"] >= 1
    assert report["machine"]["instructions"] == "baseline"
    options = report["options"]
    assert (options["batch"], options["threads"]) == ([1, 3], [1, 2])
    assert (options["isa"], options["seconds"], options["cold"]) == ("baseline", 0.05, False)
    model = report["model"]
    assert (model["height"], model["width"], model["channels"]) == (28, 28, 1)
    assert model["input"] == "golden vectors"
    metrics = report["metrics"]
    assert all(metrics[name] > 0 for name in SINGLE)
    assert metrics["file_bytes"] == TINY.stat().st_size
    assert metrics["first_result_us"] > 0
    check_percentiles(metrics, "hot")
    assert report["calls"]["hot"] >= 3
    assert not any(name.startswith(("cold", "peak.", "step.")) for name in metrics)
    for batch in (1, 3):
        for threads in (1, 2):
            assert metrics[f"throughput.batch{batch}.threads{threads}_images_per_s"] > 0
    assert not {"steps", "ratios"} & report.keys()


def test_cold_caches(bench):
    report = bench(TINY, "--seconds", "0.05", "--json").json
    check_percentiles(report["metrics"], "cold")
    assert report["calls"]["cold"] >= 5


def test_profile(bench):
    report = bench(TINY, *QUICK, "--json", "--profile").json
    steps = report["steps"]
    assert [step["operators"] for step in steps] == [
        "input",
        "conv2d+clip+max_pool",
        "reshape+dense",
        "softmax",
    ]
    isa = report["machine"]["instructions"]
    assert [step["kernel"] for step in steps] == [
        "",
        f"f32_conv__{isa}",
        f"f32_dense_rows__{isa}",
        "",
    ]
    assert sum(step["multiply_adds"] for step in steps) == report["model"]["multiply_adds"]
    assert sum(step["packed_bytes"] for step in steps) == report["metrics"]["packed_bytes"]
    assert sum(step["share"] for step in steps) == pytest.approx(1, abs=1e-3)
    assert all(step["min_us"] <= step["mean_us"] for step in steps)
    # The steps make up the call, but for reading the clock.
    total = sum(step["mean_us"] for step in steps)
    assert 0.2 * report["call_us"] < total < 1.5 * report["call_us"]
    assert report["metrics"]["peak.float_gflop_per_s"] > 0
    shares = [step["share_of_peak"] for step in steps]
    assert shares[1] > 0 and shares[2] > 0 and shares[0] is None


def test_peak(bench):
    report = bench(TINY, *QUICK, "--json", "--peak", timeout=120).json
    metrics = report["metrics"]
    assert metrics["peak.float_gflop_per_s"] > 0
    assert metrics["peak.int8_gop_per_s"] >= 0
    for level in ("l1", "l2", "l3", "memory"):
        assert metrics[f"peak.{level}_gb_per_s"] > 0


def test_csv_has_the_same_names_as_json(bench):
    rows = list(csv.reader(io.StringIO(bench(TINY, *QUICK, "--csv").out)))
    assert rows[0] == ["name", "value"]
    assert all(len(row) == 2 for row in rows)
    values = dict(rows[1:])
    metrics = bench(TINY, *QUICK, "--json").json["metrics"]
    assert metrics.keys() <= values.keys()
    assert float(values["file_bytes"]) == metrics["file_bytes"]
    assert float(values["hot.min_us"]) > 0
    assert values["cpu"] and values["instructions"] and "--batch 1,64" in values["options"]


def test_table_says_what_was_measured_on_what(bench):
    text = bench(TINY, *QUICK, "--profile", "--isa", "baseline").out
    for word in ("CPU ", "instructions  baseline", "options ", "--seconds 0.05", "p99", "images/s"):
        assert word in text
    assert re.search(r"conv2d\+clip\+max_pool +f32_conv__baseline .*%", text)


def test_the_environment_caps_the_instructions(bench):
    environment = {"FMNISTRT_ISA": "baseline"}
    report = bench(TINY, *QUICK, "--json", environment=environment).json
    assert report["machine"]["instructions"] == "baseline"
    assert report["options"]["FMNISTRT_ISA"] == "baseline"


def test_a_model_that_takes_no_pixels(bench):
    report = bench(VECTOR, *QUICK, "--json", "--profile").json
    assert report["model"]["input"] == "random values"
    assert report["steps"]


def test_nearest_neighbours(bench):
    report = bench(NEIGHBOURS, *QUICK, "--json", "--profile", "--batch", "100").json
    search = report["steps"][1]
    assert search["operators"] == "nearest_neighbours"
    assert search["kernel"].startswith("u8_l")
    assert search["share_of_peak"] is None


def test_support_vectors(bench):
    report = bench(VECTORS, *QUICK, "--json", "--profile").json
    step = report["steps"][-1]
    assert step["operators"] == "support_vectors"
    assert step["kernel"].startswith("f32_dense__")
    assert step["multiply_adds"] == 67 * 25
    assert step["share_of_peak"] > 0


def test_compare(bench, tmp_path):
    first = bench(TINY, *QUICK, "--json", "--profile")
    old = tmp_path / "old.json"
    # Twice as slow, half the speed: ratios say how many times better it is now.
    report = first.json
    report["metrics"]["file_bytes"] *= 2
    report["metrics"]["peak.float_gflop_per_s"] = 1e-3
    report["steps"][1]["min_us"] = 1e6
    old.write_text(json.dumps(report, indent=2, ensure_ascii=True))
    new = bench(TINY, *QUICK, "--json", "--profile", "--compare", old)
    ratios = new.json["ratios"]
    assert ratios["file_bytes"] == 2
    assert ratios["packed_bytes"] == 1
    assert ratios["peak.float_gflop_per_s"] > 100
    assert ratios["step.pool_us"] > 100
    assert new.err == ""
    table = bench(TINY, *QUICK, "--compare", old).out
    assert re.search(r"^file_bytes +\d+ +\d+ +2\.00$", table, re.M)
    rows = list(csv.DictReader(io.StringIO(bench(TINY, *QUICK, "--csv", "--compare", old).out)))
    row = next(row for row in rows if row["name"] == "file_bytes")
    assert float(row["ratio"]) == 2 and float(row["old"]) == 2 * float(row["value"])


def test_compare_with_another_machine_says_so(bench, tmp_path):
    old = tmp_path / "old.json"
    report = bench(TINY, *QUICK, "--json").json
    report["machine"]["cpu"] = "Another \u00e9\U0001f600"
    old.write_text(json.dumps(report))
    answer = bench(TINY, *QUICK, "--compare", old)
    assert answer.status == 0
    assert "another machine: Another \u00e9\U0001f600" in answer.err
    assert "another model" not in answer.err


def test_compare_with_another_model_says_so(bench, tmp_path):
    old = tmp_path / "old.json"
    report = bench(TINY, *QUICK, "--json").json
    report["model"] |= {"file": "other.fmg", "parameters": report["model"]["parameters"] + 1}
    old.write_text(json.dumps(report))
    answer = bench(TINY, *QUICK, "--compare", old)
    assert answer.status == 0
    assert "compared with another model: other.fmg" in answer.err


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[1, 2",
        '{"tool": "fmnist-bench"}',
        '{"tool": "other", "metrics": {}}',
        "{} {}",
        '{"a": nan}',
        '{"a": 1e999}',
        '{"a": "\\u12"}',
        '{"a": "\\x"}',
        '{"a": "unfinished}',
        "[" * 1000,
        "\xff",
    ],
)
def test_compare_with_something_else(bench, tmp_path, content):
    old = tmp_path / "old.json"
    old.write_bytes(content.encode("latin-1"))
    answer = bench(TINY, *QUICK, "--compare", old)
    assert answer.status == 1
    assert "old.json: " in answer.err
    assert answer.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (TINY, TINY),
        (TINY, "--batch", "0"),
        (TINY, "--batch", "1,,2"),
        (TINY, "--batch", "65537"),
        (TINY, "--batch"),
        (TINY, "--threads", "-1"),
        (TINY, "--threads", "two"),
        (TINY, "--threads", "9999999999999999999999"),
        (TINY, "--seconds", "0"),
        (TINY, "--seconds", "nan"),
        (TINY, "--seconds", "inf"),
        (TINY, "--isa", "v9"),
        (TINY, "--json", "--csv"),
        (TINY, "--no-cold=1"),
        (TINY, "--fast"),
    ],
)
def test_wrong_command_lines(bench, arguments):
    answer = bench(*arguments)
    assert answer.status == 2
    assert answer.err.startswith("fmnist-bench: ") and "--help" in answer.err
    assert answer.out == ""


def test_files_that_fail(bench, tmp_path):
    broken = tmp_path / "broken.fmg"
    broken.write_bytes(TINY.read_bytes()[:-1])
    for arguments in (("nothing.fmg",), (broken,), (TINY, "--compare", "nothing.json")):
        answer = bench(*arguments, *QUICK)
        assert answer.status == 1
        assert answer.err.startswith("fmnist-bench: ") and answer.out == ""


def test_help_and_version(bench):
    text = bench("--help").out
    for option in ("--batch", "--threads", "--seconds", "--isa", "--no-cold", "--profile"):
        assert option in text
    assert all(len(line) <= 100 for line in text.splitlines())
    assert re.match(r"fmnist-bench \d+\.\d+\.\d+ \(library ", bench("--version").out)
