"""Damaged bytes are never taken for a model, or raise ConvertError and nothing else."""

import random
import zipfile
from io import BytesIO

import pytest

from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.onnx import looks_like_onnx, read_onnx
from onnx_models import Build


def valid() -> bytes:
    b = Build("n", 1, 8, 8, opset=11)
    y = b.add("Relu", b.add("Conv", "x", b.weights(2, 1, 3, 3), b.weights(2), pads=[1] * 4))
    y = b.add("MaxPool", y, kernel_shape=[2, 2], strides=[2, 2])
    size = b.add("Gather", b.add("Shape", y), b.integers(0), axis=0)
    y = b.add("Reshape", y, b.add("Concat", size, b.integers(-1), axis=0))
    b.add("Softmax", b.add("Gemm", y, b.weights(32, 3), b.weights(3)))
    return b.content()


CONTENT = valid()


def survives(content: bytes) -> bool:
    """Whether the content still is a model; anything but ConvertError fails the test."""
    if not looks_like_onnx(content):
        return False
    try:
        read_onnx(content, "damaged.onnx")
    except ConvertError:
        return False
    return True


def test_the_whole_model_is_one():
    assert survives(CONTENT)


def test_truncations():
    assert not any(survives(CONTENT[:size]) for size in range(len(CONTENT)))


@pytest.mark.parametrize("seed", range(4))
def test_changed_bytes(seed):
    source = random.Random(seed)
    for _ in range(150):
        content = bytearray(CONTENT)
        for _ in range(source.choice([1, 1, 2, 8])):
            content[source.randrange(len(content))] = source.randrange(256)
        survives(bytes(content))


def test_removed_and_repeated_pieces():
    source = random.Random(9)
    for _ in range(200):
        start = source.randrange(len(CONTENT))
        end = start + source.randrange(1, 40)
        repeat = source.choice([0, 2])
        survives(CONTENT[:start] + CONTENT[start:end] * repeat + CONTENT[end:])


def test_reading_what_is_no_model_at_all():
    for content in (b"", b"\x00", b"\x08\x08", b"\xff" * 100, CONTENT[:50]):
        assert not looks_like_onnx(content)
        with pytest.raises(ConvertError, match="not a whole ONNX model"):
            read_onnx(content, "no.onnx")


def test_other_files():
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("config.json", "{}")
    others = [archive.getvalue(), b"\x89HDF\r\n\x1a\n" + bytes(500), b"\x80\x04\x95" + bytes(99)]
    others += [b'{"class_name": "Sequential"}', b"\x93NUMPY", bytes(1000), CONTENT + b"\x00"]
    source = random.Random(3)
    others += [source.randbytes(source.randrange(2000)) for _ in range(300)]
    assert not any(looks_like_onnx(content) for content in others)
