"""Every kind of PNG that shows the same garment fits to the same pixels."""

import numpy as np
import pngwriter
import pytest
from PIL import Image

KINDS = [(pngwriter.GRAY, d) for d in (1, 2, 4, 8, 16)]
KINDS += [(pngwriter.PALETTE, d) for d in (1, 2, 4, 8)]
KINDS += [(k, d) for k in (pngwriter.RGB, pngwriter.GRAY_ALPHA, pngwriter.RGBA) for d in (8, 16)]
PALETTE = pngwriter.chunk(b"PLTE", bytes([255, 255, 255, 0, 0, 0]))


def pixel(dark, kind, depth):
    """Black or white in a kind of PNG, as samples."""
    top = (1 << depth) - 1
    value = 0 if dark else top
    return {
        pngwriter.GRAY: (value,),
        pngwriter.PALETTE: (int(dark),),
        pngwriter.RGB: (value,) * 3,
        pngwriter.GRAY_ALPHA: (0, top if dark else 0),
        pngwriter.RGBA: (0, 0, 0, top if dark else 0),
    }[kind]


def rows_of(garment, kind, depth):
    """The garment in black and white, or black and transparent."""
    return [[pixel(value < 128, kind, depth) for value in row] for row in garment]


def fitted(classify, path, data):
    """What the model saw of a PNG file."""
    (path / "in.png").write_bytes(data)
    answer = classify("--save-fit", path / "out.png", path / "in.png")
    assert answer.status == 0, answer.err
    image = Image.open(path / "out.png")
    assert image.mode == "L"
    return np.asarray(image)


@pytest.fixture
def expected(classify, tmp_path, garment):
    """The fitted pixels of the plain 8-bit gray file."""
    rows = rows_of(garment, pngwriter.GRAY, 8)
    return fitted(classify, tmp_path, pngwriter.write(rows, 8, pngwriter.GRAY))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("kind", "depth"), KINDS)
def test_kinds(classify, tmp_path, garment, expected, kind, depth, interlaced):
    extra = PALETTE if kind == pngwriter.PALETTE else b""
    data = pngwriter.write(rows_of(garment, kind, depth), depth, kind, interlaced, extra)
    assert (fitted(classify, tmp_path, data) == expected).all()


@pytest.mark.parametrize(
    ("kind", "depth", "transparent"),
    [
        (pngwriter.GRAY, 4, b"\0\x09"),
        (pngwriter.GRAY, 16, b"\x99\x99"),
        (pngwriter.RGB, 8, b"\0\x99" * 3),
        (pngwriter.PALETTE, 8, b"\0"),
    ],
)
def test_transparent_color(classify, tmp_path, garment, expected, kind, depth, transparent):
    """One color is declared transparent (tRNS) and must become white."""
    value = 0 if kind == pngwriter.PALETTE else int.from_bytes(transparent[:2], "big")
    paper = (value,) * pngwriter.SAMPLES[kind]
    ink = pixel(True, kind, depth)
    rows = [[ink if value < 128 else paper for value in row] for row in garment]
    # The palette's first color is green: seen only if transparency is ignored.
    palette = pngwriter.chunk(b"PLTE", bytes([0, 200, 0, 0, 0, 0]))
    extra = palette if kind == pngwriter.PALETTE else b""
    extra += pngwriter.chunk(b"tRNS", transparent)
    data = pngwriter.write(rows, depth, kind, extra=extra)
    assert (fitted(classify, tmp_path, data) == expected).all()


@pytest.mark.parametrize("size", [(1, 7), (3, 2), (4, 4), (5, 9), (8, 1)])
def test_interlaced_tiny(classify, tmp_path, size):
    """Some passes of tiny interlaced pictures are empty."""
    rows = [[(0 if x == y else 255,) for x in range(size[0])] for y in range(size[1])]
    plain = fitted(classify, tmp_path, pngwriter.write(rows, 8, pngwriter.GRAY))
    woven = fitted(classify, tmp_path, pngwriter.write(rows, 8, pngwriter.GRAY, interlaced=True))
    assert (plain == woven).all()


def test_largest_side(classify, tmp_path):
    rows = [[(0 if 5000 < x < 9000 else 255,) for x in range(16384)]]
    fitted(classify, tmp_path, pngwriter.write(rows, 8, pngwriter.GRAY))
