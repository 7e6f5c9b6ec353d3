"""Damaged and hostile files: a message and status 1, never a crash."""

import zlib

import pngwriter
import pytest

SMALL = [[(0,) if 2 < x < 9 else (255,) for x in range(12)] for _ in range(12)]


@pytest.fixture
def small():
    return pngwriter.write(SMALL, 8, pngwriter.GRAY)


def fails(answer, word=""):
    """Whether a run failed with one line that names the picture."""
    assert answer.status == 1
    assert answer.err.startswith("error: ")
    assert len(answer.err.splitlines()) == 1
    assert word in answer.err
    return True


def test_every_truncation(classify, tmp_path, small):
    for length in range(len(small)):
        (tmp_path / f"{length:04}.png").write_bytes(small[:length])
    answer = classify(tmp_path)
    assert answer.status == 1
    assert answer.out == ""
    assert len(answer.err.splitlines()) == len(small)


def test_byte_flips(classify, tmp_path, small):
    """Each byte is covered by a checksum or has a meaning; flipping any must fail."""
    for index in range(len(small)):
        damaged = bytearray(small)
        damaged[index] ^= 0xFF
        (tmp_path / f"{index:04}.png").write_bytes(damaged)
    answer = classify(tmp_path)
    assert answer.status == 1
    assert answer.out == ""
    assert len(answer.err.splitlines()) == len(small)


def test_checksum_of_ancillary_chunk(classify, small):
    text = bytearray(pngwriter.chunk(b"tEXt", b"Title\0shirt"))
    text[-1] ^= 1
    fails(classify("-", stdin=small[:33] + text + small[33:]), "CRC")


@pytest.mark.parametrize(
    ("width", "height", "word"),
    [
        (16385, 1, "too large"),
        (1, 16385, "too large"),
        (16384, 16384, "too large"),
        (2**31 - 1, 2**31 - 1, "too large"),
        (2**32 - 1, 1, "too large"),
        (0, 5, ""),
    ],
)
def test_too_large(classify, width, height, word):
    data = zlib.compress(bytes(1000))
    file = pngwriter.SIGNATURE + pngwriter.header(width, height)
    file += pngwriter.chunk(b"IDAT", data) + pngwriter.chunk(b"IEND", b"")
    fails(classify("-", stdin=file), word)


def test_compressed_profile_bomb(classify, small):
    """A color profile of a gigabyte in a megabyte is skipped."""
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    profile = pngwriter.chunk(b"iCCP", b"icc\0\0" + bomb)
    note = pngwriter.chunk(b"zTXt", b"note\0\0" + bomb)
    answer = classify("-", stdin=small[:33] + profile + note + small[33:], timeout=10)
    assert answer.status == 0, answer.err


def test_palette_index_out_of_range(classify):
    rows = [[(200 if 2 < x < 9 else 0,) for x in range(12)] for _ in range(12)]
    palette = pngwriter.chunk(b"PLTE", bytes([255, 255, 255]))
    data = pngwriter.write(rows, 8, pngwriter.PALETTE, extra=palette)
    assert classify("-", stdin=data).status in (0, 1)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"hello", "not a PNG file"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (pngwriter.SIGNATURE, "ends too early"),
        (bytes(5000), "not a PNG file"),
    ],
)
def test_other_files(classify, data, word):
    fails(classify("-", stdin=data), word)


def test_uniform_picture(classify):
    data = pngwriter.write([[(9,)] * 20] * 20, 8, pngwriter.GRAY)
    fails(classify("-", stdin=data), "nothing in the picture of 20 x 20 pixels")
