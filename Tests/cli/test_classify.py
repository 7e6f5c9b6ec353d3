"""fmnist-classify as a user runs it."""

import os
import pty
import re
import shutil
import subprocess

import pytest
from PIL import Image

from conftest import CLASSIFY, EXAMPLES, SHIPPED, TINY

INSTALLED = [f"/usr/{p}share/fmnistrt/default.fmg" for p in ("", "local/")]
LINE = re.compile(r"^(\S+) +(.+?) (\d+\.\d) %")


def test_one_line_a_picture(classify):
    answer = classify(EXAMPLES / "shirt.png")
    assert answer.status == 0
    assert len(answer.out.splitlines()) == 1
    assert LINE.match(answer.out)
    assert answer.out.count("%") == 3


def test_examples_are_recognised(classify):
    """The drawn garments are plain enough for any model worth shipping."""
    expected = {
        "28x28-pullover": "Pullover",
        "28x28-sandal": "Sandal",
        "28x28-sneaker": "Sneaker",
        "bag": "Bag",
        "boot": "Ankle boot",
        "dress": "Dress",
        "shirt": "Shirt",
        "trousers": "Trouser",
        "tshirt": "T-shirt/top",
    }
    answer = classify("--json", "--model", SHIPPED, EXAMPLES)
    assert answer.status == 0, answer.err
    found = {os.path.basename(p["picture"])[:-4]: p["matches"][0]["label"] for p in answer.json}
    assert found == expected


def test_json_keys(classify, png):
    (picture,) = classify("--json", "--top", "2", png).json
    assert list(picture) == ["picture", "matches", "fit", "warnings"]
    assert picture["picture"] == str(png)
    assert [list(m) for m in picture["matches"]] == [["label", "class", "probability"]] * 2
    fit = {"mode": "photo", "inverted": True, "left": 15, "top": 5, "width": 30, "height": 70}
    assert picture["fit"] == fit


def test_probabilities_sum_to_one(classify, png):
    (picture,) = classify("--json", "--top", "99", png).json
    probabilities = [m["probability"] for m in picture["matches"]]
    assert len(probabilities) == 10
    assert sum(probabilities) == pytest.approx(1, abs=1e-4)
    assert probabilities == sorted(probabilities, reverse=True)


def test_standard_input(classify, png):
    answer = classify("-", stdin=png.read_bytes())
    assert answer.status == 0
    assert answer.out.startswith("-  ")


def test_folder(classify, tmp_path, png):
    for name in ("b.png", "a.PNG", ".hidden.png"):
        shutil.copy(png, tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    answer = classify(tmp_path)
    assert answer.status == 0, answer.err
    names = [os.path.basename(line.split("  ")[0]) for line in answer.out.splitlines()]
    assert names == ["a.PNG", "b.png", "garment.png"]


def test_one_failure_among_several(classify, tmp_path, png):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    answer = classify("--json", tmp_path / "bad.png", tmp_path / "none.png", png)
    assert answer.status == 1
    bad, none, good = answer.json
    assert bad == {"picture": str(tmp_path / "bad.png"), "error": "not a PNG file"}
    assert none["error"] == "No such file or directory"
    assert good["matches"]
    assert len(answer.err.splitlines()) == 2


def test_empty_and_unreadable_folders(classify, tmp_path):
    (tmp_path / "empty").mkdir()
    answer = classify(tmp_path / "empty")
    assert answer.status == 1
    assert "no .png file" in answer.err
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    if os.geteuid() == 0:  # Root reads everything, but not a folder that is gone.
        locked.rmdir()
    answer = classify("--json", locked)
    assert answer.status == 1
    assert len(answer.err.splitlines()) == 1
    assert answer.err.count("locked") == 1
    assert answer.json[0]["error"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "no picture given"),
        (["--frobnicate", "a.png"], "unknown option --frobnicate"),
        (["-x", "a.png"], "unknown option -x"),
        (["--fit", "big", "a.png"], "expected one of: auto, raw, photo"),
        (["--fit"], "--fit needs a value"),
        (["--top", "0", "a.png"], "whole number from 1"),
        (["--top=many", "a.png"], "whole number from 1"),
        (["--json=yes", "a.png"], "--json takes no value"),
        (["--isa", "sse", "a.png"], "expected one of: auto, baseline, v3, v4, v4-amx"),
        (["--json", "--show", "a.png"], "exclude each other"),
        (["-", "-"], "only once"),
        (["--save-fit", "o.png", "a.png", "b.png"], "one picture"),
        (["--save-fit", "o.png", "/"], "one picture"),
    ],
)
def test_wrong_usage(classify, arguments, word):
    answer = classify(*arguments)
    assert answer.status == 2
    assert word in answer.err
    assert "--help" in answer.err
    assert answer.out == ""


def test_help_and_version(classify):
    answer = classify("--help")
    assert answer.status == 0
    for option in ("--fit", "--show", "--save-fit", "--top", "--json", "--model", "--isa"):
        assert option in answer.out
    assert max(map(len, answer.out.splitlines())) <= 100
    assert re.fullmatch(
        r"fmnist-classify \d+\.\d+\.\d+ \(library \d+\.\d+\.\d+\)\n", classify("--version").out
    )


def test_models(classify, tmp_path, png):
    answer = classify("--model", tmp_path / "none.fmg", png)
    assert answer.status == 1
    assert "none.fmg" in answer.err
    answer = classify(png, environment={"FMNISTRT_MODEL": str(tmp_path / "other.fmg")})
    assert answer.status == 1
    assert "other.fmg" in answer.err
    environment = {"FMNISTRT_MODEL": "/none.fmg"}
    assert classify("--model", TINY, png, environment=environment).status == 0


def test_model_beside_the_program(classify, tmp_path, png):
    """Without --model and FMNISTRT_MODEL, the place of the program decides."""
    for place in ("build/bin", "build/lib", "Models"):
        (tmp_path / place).mkdir(parents=True)
    program = tmp_path / "build/bin/fmnist-classify"
    shutil.copy(CLASSIFY, program)
    shutil.copy(CLASSIFY.parents[1] / "lib/libfmnistrt.so.0", tmp_path / "build/lib")
    environment = {k: v for k, v in os.environ.items() if k != "FMNISTRT_MODEL"}

    def status():
        return subprocess.run([program, png], capture_output=True, env=environment, cwd="/")

    if not any(os.path.exists(p) for p in INSTALLED):
        assert status().returncode == 1
        assert b"no model found" in status().stderr
    shutil.copy(TINY, tmp_path / "Models/default.fmg")
    assert status().returncode == 0, status().stderr


@pytest.mark.parametrize("isa", ["auto", "baseline"])
def test_instruction_sets(classify, png, isa):
    assert classify("--isa", isa, png).status == 0


def test_raw_needs_the_models_size(classify, png):
    answer = classify("--fit=raw", png)
    assert answer.status == 1
    assert "60 x 80 pixels; the model takes 28 x 28" in answer.err
    assert classify("--fit", "raw", EXAMPLES / "28x28-sandal.png").status == 0


def test_show_in_plain_characters(classify):
    answer = classify("--show", EXAMPLES / "trousers.png")
    lines = answer.out.splitlines()
    assert len(lines) == 29
    assert "\x1b" not in answer.out
    assert all(len(line) <= 56 for line in lines[1:])
    assert any("@@" in line or "%%" in line for line in lines)


@pytest.mark.parametrize(("variable", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_color_on_a_terminal(variable, colored):
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    environment |= {"TERM": "xterm-256color", **variable}
    control, terminal = pty.openpty()
    command = [CLASSIFY, "--model", TINY, "--show", EXAMPLES / "trousers.png"]
    process = subprocess.Popen(command, stdout=terminal, env=environment)
    os.close(terminal)
    output = b""
    try:
        while data := os.read(control, 65536):
            output += data
    except OSError:
        pass
    assert process.wait(timeout=30) == 0
    os.close(control)
    assert (b"\x1b[38;2;" in output) == colored
    assert (len(output.splitlines()) == 15) == colored


def test_save_fit_replaces_whole_files(classify, tmp_path, png):
    target = tmp_path / "fit.png"
    target.write_text("old")
    assert classify("--save-fit", target, png).status == 0
    image = Image.open(target)
    assert (image.size, image.mode) == ((28, 28), "L")
    assert sorted(os.listdir(tmp_path)) == ["fit.png", "garment.png"]
    # A fitted picture is what the model takes: it passes as it is.
    first = classify("--json", png).json[0]["matches"]
    assert classify("--json", target).json[0]["matches"] == first


def test_save_fit_leaves_nothing_on_failure(classify, tmp_path, png):
    target = tmp_path / "folder"
    target.mkdir()
    for place in (target, tmp_path / "none" / "fit.png"):
        answer = classify("--save-fit", place, png)
        assert answer.status == 1
        assert str(place) in answer.err
    assert sorted(os.listdir(tmp_path)) == ["folder", "garment.png"]


def test_save_fit_leaves_pipes_and_devices(classify, tmp_path, png):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    answer = classify("--save-fit", pipe, png)
    assert answer.status == 1
    assert "pipe: not a regular file" in answer.err
    assert pipe.is_fifo()
    assert sorted(os.listdir(tmp_path)) == ["garment.png", "pipe"]


def test_strange_names(classify, tmp_path, png):
    names = [b'a"b\\c.png', b"tab\tline\n.png", b"\xff\xfe.png", "\u00fc\u4f60.png".encode()]
    for name in names:
        shutil.copy(png, os.path.join(os.fsencode(tmp_path), name))
    shutil.copy(png, tmp_path / "-x.png")
    folder = tmp_path / "sub"
    folder.mkdir()
    answer = classify("--json", *[os.path.join(os.fsencode(tmp_path), n) for n in names])
    assert answer.status == 0, answer.err
    expected = [os.path.join(tmp_path, n.decode("utf-8", "replace")) for n in names]
    assert [p["picture"] for p in answer.json] == expected
    plain = classify(tmp_path)
    assert len(plain.out.splitlines()) == len(names) + 2
    assert classify("--", "-x.png", cwd=tmp_path).status == 0


def test_warnings(classify, tmp_path):
    faint = Image.new("L", (100, 100), 200)
    faint.paste(180, (20, 20, 80, 80))
    faint.save(tmp_path / "faint.png")
    answer = classify("--json", tmp_path / "faint.png")
    assert answer.status == 0
    assert "low-contrast" in answer.json[0]["warnings"]
    assert "warning: " in answer.err


def test_full_disk(png):
    with open("/dev/full", "w") as full:
        done = subprocess.run([CLASSIFY, "--model", TINY, png], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert b"standard output" in done.stderr


def test_broken_pipe(png):
    """A reader that goes away ends the program quietly."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([CLASSIFY, "--model", TINY, png], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert done.returncode != 0
    assert b"Fatal" not in done.stderr
