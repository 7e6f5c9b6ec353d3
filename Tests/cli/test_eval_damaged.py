"""Damaged and hostile data for fmnist-eval: one line that names the place, never a crash."""

import gzip
import io
import struct
import tarfile

import numpy as np
import pytest

from conftest import ROOT, TINY

IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


def images(count, rows=28, columns=28, claim=None):
    return struct.pack(">4I", 0x803, claim or count, rows, columns) + bytes(count * rows * columns)


def labels(count, value=0, claim=None):
    return struct.pack(">2I", 0x801, claim or count) + bytes([value]) * count


def row(label=0, pixels=("0",) * 784):
    return ",".join([str(label), *pixels]) + "\n"


def archive(members, **options):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", **options) as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def fails(answer, *words):
    """Whether a run failed with one line that has all words."""
    assert answer.status == 1, answer.out
    assert answer.out == ""
    assert answer.err.startswith("fmnist-eval: ")
    assert len(answer.err.splitlines()) == 1
    for word in words:
        assert word in answer.err
    return True


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["no images"]),
        ("label,pixel\n", ["no images"]),
        (row() + row(pixels=("0",) * 15 + ("abc",) + ("0",) * 768), ["line 2, column 17", '"abc"']),
        (row(pixels=("0",) * 783 + ("256",)), ["line 1, column 785", '"256"', "0 to 255"]),
        (row(pixels=("-1",) * 784), ["line 1, column 2", '"-1"']),
        (row(pixels=("0.5",) * 784), ["line 1, column 2", '"0.5"']),
        (row(pixels=("",) * 784), ["line 1, column 2", '""']),
        (row(pixels=("9" * 400,) * 784), ["line 1, column 2", '"' + "9" * 24 + '"']),
        (row(pixels=("\x1b[31m",) * 784), ["line 1, column 2", "?[31m"]),
        ("head\n" + row() + row(10), ["line 3, column 1", '"10"', "0 to 9"]),
        (row(pixels=("0",) * 783), ["line 1", "784 columns", "expected 785"]),
        (row(pixels=("0",) * 785), ["line 1", "more than 785 columns"]),
        (row() + "1,2,3\n", ["line 2", "3 columns"]),
        (row() + "1,2,", ["line 2, column 3"]),
        (row() + "\n\n7", ["line 4", "1 columns"]),
        ("-1" + row()[1:], ["line 1, column 1", '"-1"']),
        ("\0" * 600, ["line 1, column 1"]),
    ],
)
def test_csv(evaluate, text, words):
    fails(evaluate(TINY, "--data", "-", stdin=text.encode()), *words)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, ["expected t10k-images-idx3-ubyte", "found no file"]),
        ({"train-images-idx3-ubyte": b""}, ["expected t10k-images", "found train-images"]),
        ({IMAGES: images(2)}, ["expected t10k-images"]),
        ({IMAGES: images(2), LABELS: labels(3)}, ["2 images and 3 labels"]),
        ({IMAGES: images(0), LABELS: labels(0)}, ["no images"]),
        ({IMAGES: b"", LABELS: labels(3)}, [IMAGES, "byte 0", "00 00 08 03"]),
        ({IMAGES: images(2)[:9], LABELS: labels(2)}, [IMAGES, "byte 0"]),
        ({IMAGES: labels(40), LABELS: labels(2)}, [IMAGES, "byte 0"]),
        ({IMAGES: images(2), LABELS: images(2)}, [LABELS, "byte 0", "00 00 08 01"]),
        ({IMAGES: images(2)[:-1], LABELS: labels(2)}, [IMAGES, "byte 4: 2 images", "1567 bytes"]),
        ({IMAGES: images(2) + b"x", LABELS: labels(2)}, [IMAGES, "byte 4"]),
        ({IMAGES: images(2, claim=2**32 - 1), LABELS: labels(2)}, ["4294967295 images"]),
        ({IMAGES: images(1, 27, 28), LABELS: labels(1)}, ["byte 8", "27x28", "28x28"]),
        ({IMAGES: images(2), LABELS: labels(2, claim=2**31)}, [LABELS, "2147483648 labels"]),
        ({IMAGES: images(2), LABELS: labels(2, 10)}, [LABELS, "byte 8: label 10", "0 to 9"]),
        ({"a.csv": b"", "b.csv": b""}, ["one .csv file"]),
        ({"a.csv": b"1,2\n"}, ["a.csv: line 1"]),
        ({IMAGES + ".gz": gzip.compress(images(2))[:-9], LABELS: labels(2)}, ["ends too early"]),
    ],
)
def test_folders_and_archives(evaluate, tmp_path, files, words):
    """The same message from a folder and from a tar archive."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    fails(evaluate(TINY, "--data", folder), *words)
    if files:
        (tmp_path / "a.tar").write_bytes(archive(files))
        fails(evaluate(TINY, "--data", tmp_path / "a.tar"), *words)


def test_claims_of_sizes_whose_product_wraps(evaluate, tmp_path):
    (tmp_path / IMAGES).write_bytes(struct.pack(">4I", 0x803, 2**31, 2**32 - 1, 2**32 - 1))
    (tmp_path / LABELS).write_bytes(labels(2))
    fails(evaluate(TINY, "--data", tmp_path), "4294967295x4294967295")


def test_every_truncation_of_gzip(evaluate, tmp_path):
    content = gzip.compress(row().encode() * 3)
    for length in range(2, len(content), max(len(content) // 25, 1)):
        answer = evaluate(TINY, "--data", "-", stdin=content[:length])
        fails(answer, f"byte {length}: the gzip file ends too early")


def test_damaged_gzip(evaluate):
    content = gzip.compress(row().encode() * 3)
    wrong = bytearray(content)
    wrong[-6] ^= 1
    fails(evaluate(TINY, "--data", "-", stdin=wrong), "damaged gzip file: incorrect data check")
    wrong = bytearray(content)
    wrong[2] = 7
    fails(evaluate(TINY, "--data", "-", stdin=wrong), "damaged gzip file: unknown compression")
    text = f"byte {len(content)}: expected the end"
    fails(evaluate(TINY, "--data", "-", stdin=content + b"garbage"), text)


def test_gzip_bomb(evaluate):
    """2 GiB of zeros in 2 MiB."""
    packed = gzip.compress(bytes(1 << 24), 9)
    answer = evaluate(TINY, "--data", "-", stdin=packed * 128, timeout=120)
    fails(answer, "larger than 1024 MiB, expanded")


def test_every_truncation_of_tar(evaluate):
    content = archive({IMAGES: images(1), LABELS: labels(1)})
    end = 512 + 1024 + 512 + 512 + 512
    assert evaluate(TINY, "--data", "-", stdin=content).status == 0
    for length in range(512, end - 511, 256):
        fails(evaluate(TINY, "--data", "-", stdin=content[:length]), "tar archive")


def patched(content, offset, text):
    """A header field changed, with the checksum that goes with it."""
    header = bytearray(content[:512])
    header[offset : offset + len(text)] = text
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + content[512:]


@pytest.mark.parametrize(
    "size", [b"77777777777\0", b"99999999999\0", b"-0000000001\0", b"\x80" * 12]
)
def test_sizes_in_tar(evaluate, size):
    content = patched(archive({"a.csv": row().encode()}), 124, size)
    fails(evaluate(TINY, "--data", "-", stdin=content), "byte 124", "behind its end")


def test_checksum_of_tar(evaluate):
    content = bytearray(archive({"a.csv": row().encode()}))
    content[3] ^= 1
    fails(evaluate(TINY, "--data", "-", stdin=content), "byte 0: wrong checksum")


def test_tar_with_folders_links_and_control_characters(evaluate):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, kind in (("t10k.csv", tarfile.DIRTYPE), ("x.csv", tarfile.SYMTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type = kind
            tar.addfile(entry)
        tar.addfile(tarfile.TarInfo("a\x1b[31m"))
    answer = evaluate(TINY, "--data", "-", stdin=file.getvalue())
    fails(answer, "found a?[31m")


def test_random_damage(evaluate, tmp_path):
    """Whatever a byte becomes: an answer or a message."""
    random = np.random.default_rng(3)
    content = archive({IMAGES: images(1), LABELS: labels(1)})
    for whole in (content, gzip.compress(content), row().encode() * 2):
        for _ in range(25):
            damaged = bytearray(whole)
            damaged[random.integers(len(damaged))] = random.integers(256)
            assert evaluate(TINY, "--data", "-", stdin=damaged).status in (0, 1)


def test_other_places(evaluate, tmp_path):
    fails(evaluate(TINY, "--data", tmp_path / "none"), "nothing is there", "dataset-fashion-mnist")
    fails(evaluate(TINY, "--data", "/dev/null"), "no images")
    (tmp_path / IMAGES).write_bytes(images(1))
    fails(evaluate(TINY, "--data", tmp_path / IMAGES), "one IDX file alone")
    fails(evaluate(tmp_path / "none.fmg"), "none.fmg")


def test_models_that_do_not_fit(evaluate):
    vector = ROOT / "Tests/models/vector.fmg"
    fails(evaluate(vector, "--data", "-", stdin=b"0,1,2,3,4,5\n"), "pixels")
    fails(evaluate(ROOT / "Tests/models/operators.fmg"), "28x28 pixels; the model takes 8x8")
