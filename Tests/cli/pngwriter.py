"""Writes PNG files of every kind, which Pillow does not, and damaged ones."""

import struct
import zlib

GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}
SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Start and step of the rows and columns of the passes (PNG specification, section 8.2).
ADAM7 = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2)]
ADAM7 += [(1, 2, 0, 1)]


def chunk(kind, data):
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width, height, depth=8, kind=GRAY, interlaced=False):
    """The IHDR chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))


def packed(row, depth):
    """A filter byte and the samples of a row."""
    if depth == 16:
        return b"\0" + struct.pack(f">{len(row)}H", *row)
    bits = "".join(f"{sample:0{depth}b}" for sample in row)
    bits += "0" * (-len(bits) % 8)
    return b"\0" + int(bits or "0", 2).to_bytes(len(bits) // 8, "big")


def write(rows, depth, kind, interlaced=False, extra=b""):
    """A PNG file of rows of pixels, each a tuple of samples; `extra` chunks precede the data."""
    width, height = len(rows[0]), len(rows)
    data = b""
    for top, down, left, right in ADAM7 if interlaced else [(0, 1, 0, 1)]:
        for row in rows[top::down]:
            pixels = row[left::right]
            if pixels:
                data += packed([sample for pixel in pixels for sample in pixel], depth)
    return (
        SIGNATURE
        + header(width, height, depth, kind, interlaced)
        + extra
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )
