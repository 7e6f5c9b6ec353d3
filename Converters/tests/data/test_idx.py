"""Reading the IDX files of the data set."""

import gzip
import struct

import numpy as np
import pytest

from fmnistrt import data


def write_idx(folder, part, images, labels, compress):
    images, labels = np.asarray(images, np.uint8), np.asarray(labels, np.uint8)
    for name, values in [
        (f"{part}-images-idx3-ubyte", images),
        (f"{part}-labels-idx1-ubyte", labels),
    ]:
        header = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
        content = header + values.tobytes()
        if compress:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)


@pytest.mark.parametrize("compress", [False, True])
def test_reads_plain_and_compressed_files(tmp_path, compress):
    images = np.arange(3 * 4 * 5).reshape(3, 4, 5)
    write_idx(tmp_path, "train", images, [9, 0, 4], compress)
    split = data.load("train", tmp_path)
    assert np.array_equal(split.images, images)
    assert split.labels.tolist() == [9, 0, 4]
    assert not split.canonical


def test_the_installed_data_set_is_canonical():
    train, test = data.load("train"), data.load("t10k")
    assert train.canonical and test.canonical
    assert train.images.shape == (60000, 28, 28)
    assert np.bincount(test.labels).tolist() == [1000] * 10


def test_other_content_is_no_default(tmp_path, monkeypatch):
    write_idx(tmp_path, "t10k", np.zeros((1, 28, 28)), [3], True)
    monkeypatch.setenv("FMNIST_DATA", str(tmp_path))
    with pytest.raises(data.DataError, match="not the canonical"):
        data.load("t10k")


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 2, 2)), [1], "2 train images but 1 labels"),
        (np.zeros((1, 2, 2)), [10], "label 10 is not 0 to 9"),
        (np.zeros((0, 2, 2)), [], "0 train images"),
    ],
)
def test_images_and_labels_must_agree(tmp_path, images, labels, message):
    write_idx(tmp_path, "train", images, labels, False)
    with pytest.raises(data.DataError, match=message):
        data.load("train", tmp_path)


def test_damaged_files_are_named(tmp_path):
    write_idx(tmp_path, "train", np.zeros((2, 2, 2)), [1, 2], False)
    path = tmp_path / "train-images-idx3-ubyte"
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(data.DataError, match="train-images-idx3-ubyte"):
            data.load("train", tmp_path)


def test_damaged_compression_is_named(tmp_path):
    write_idx(tmp_path, "train", np.zeros((2, 2, 2)), [1, 2], True)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(data.DataError, match="train-images-idx3-ubyte"):
            data.load("train", tmp_path)


def test_a_missing_folder_says_what_to_install(tmp_path):
    with pytest.raises(data.DataError, match="dataset-fashion-mnist"):
        data.load("train", tmp_path / "nothing")
