"""The ctypes module against the shipped library and the small models of Tests/models."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest

from fmnistrt import FmnistError, Model

MODELS = Path(__file__).resolve().parents[3] / "Tests" / "models"


@pytest.fixture(scope="module")
def tiny():
    return Model(MODELS / "tiny.fmg")


@pytest.fixture(scope="module")
def rgb():
    return Model(MODELS / "operators.fmg")


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    environment = os.environ | environment
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_what_a_model_says_about_itself(tiny):
    assert (tiny.info.height, tiny.info.width, tiny.info.channels) == (28, 28, 1)
    assert tiny.info.output_kind == "probabilities"
    assert tiny.info.isa in ("baseline", "v3", "v4", "v4-amx")
    assert tiny.info.parameter_count == 2010
    assert tiny.labels[0] == "T-shirt/top" and len(tiny.labels) == 10
    assert tiny.metadata["name"] == "tiny"
    assert "tiny" in repr(tiny) and "28x28x1 -> 10" in repr(tiny)
    tensors = tiny.tensors()
    assert [tensor.name for tensor in tensors][:2] == ["input", "conv"]
    assert tensors[3].shape == (7, 7, 4) and tensors[3].operator == "max_pool"
    with pytest.raises(TypeError):
        tiny.metadata["name"] = "other"


def test_labels_are_any_utf8(rgb):
    assert rgb.labels == ("one", "zwei", "troiś")


@pytest.mark.parametrize("isa", ["auto", "baseline", "v3", "v4", "v4-amx"])
@pytest.mark.parametrize("name", ["tiny", "operators", "no_weights"])
def test_golden_vectors(name, isa):
    try:
        model = Model(MODELS / f"{name}.fmg", isa=isa)
    except FmnistError as error:
        assert error.status == "FMNIST_ERROR_UNSUPPORTED"
        pytest.skip(f"this CPU has no {isa}")
    vectors = model.golden()
    assert vectors
    for vector in vectors:
        scores = model.classify(vector.pixels).scores
        assert np.abs(scores - vector.scores).max() <= vector.tolerance
    together = model.classify(np.stack([vector.pixels for vector in vectors]))
    assert together.scores.shape == (len(vectors), model.info.output_size)
    assert np.array_equal(together.scores[-1:], scores)


def test_shapes_of_gray_images(tiny):
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
    expected = tiny.classify(images).scores
    assert np.array_equal(tiny.classify(images[..., None]).scores, expected)
    assert np.array_equal(tiny.classify(images[1]).scores, expected[1:2])
    assert np.array_equal(tiny.classify(images[1, ..., None]).scores, expected[1:2])
    strided = np.repeat(images, 2, axis=2)[:, :, ::2]
    assert np.array_equal(tiny.classify(strided).scores, expected)
    assert tiny.classify(images[:0]).scores.shape == (0, 10)


def test_shapes_of_colour_images(rgb):
    images = np.zeros((2, 8, 8, 3), np.uint8)
    assert len(rgb.classify(images)) == 2
    assert len(rgb.classify(images[0])) == 1
    with pytest.raises(ValueError, match="expected \\(8, 8, 3\\)"):
        rgb.classify(images[..., 0])


@pytest.mark.parametrize("shape", [(27, 28), (28,), (1, 1, 28, 28), (28, 28, 3), (784,)])
def test_wrong_shapes(tiny, shape):
    with pytest.raises(ValueError, match="expected"):
        tiny.classify(np.zeros(shape, np.uint8))


def test_only_bytes_are_pixels(tiny):
    with pytest.raises(TypeError, match="uint8"):
        tiny.classify(np.zeros((28, 28), np.float32))


def test_top(tiny):
    pixels = tiny.golden()[1].pixels
    result = tiny.classify(pixels, top_k=10)
    (best,) = result.top
    order = np.argsort(-result.scores[0], kind="stable")
    assert [label for label, _ in best] == [tiny.labels[i] for i in order]
    assert [score for _, score in best] == [float(result.scores[0, i]) for i in order]
    assert len(tiny.classify(pixels).top[0]) == 3
    assert tiny.classify(pixels, top_k=0).top == [[]]
    assert len(tiny.classify(pixels, top_k=99).top[0]) == 10
    assert best[0][0] in repr(result)
    with pytest.raises(ValueError):
        tiny.classify(pixels, top_k=-1)


def test_run_takes_prepared_floats(tiny):
    pixels = tiny.golden()[2].pixels
    assert np.allclose(tiny.run(pixels / 255), tiny.classify(pixels).scores[0], atol=1e-6)
    vector = Model(MODELS / "vector.fmg")
    assert vector.labels == () and vector.golden() == []
    one = vector.run([1, 2, 3, 4, 5])
    assert one.shape == (2,)
    assert np.array_equal(vector.run([[0] * 5, [1, 2, 3, 4, 5]]), [[0, 0], one])
    with pytest.raises(ValueError, match="expected"):
        vector.run([1, 2, 3, 4])
    with pytest.raises(FmnistError):
        vector.classify(np.zeros(5, np.uint8))


def test_intermediate(tiny):
    vector = tiny.golden()[1]
    values = tiny.intermediate(vector.pixels, ["relu", "flatten", "softmax", "input"])
    assert values["relu"].shape == (14, 14, 4) and values["relu"].min() >= 0
    assert np.allclose(values["softmax"], vector.scores, atol=vector.tolerance)
    assert np.allclose(values["input"], vector.pixels / 255, atol=1e-6)
    pooled = values["relu"].reshape(7, 2, 7, 2, 4).max(axis=(1, 3))
    assert np.array_equal(values["flatten"], pooled.reshape(-1))
    with pytest.raises(FmnistError) as caught:
        tiny.intermediate(vector.pixels, ["nothing"])
    assert caught.value.status == "FMNIST_ERROR_NOT_FOUND" and "nothing" in caught.value.message
    with pytest.raises(ValueError):
        tiny.intermediate(np.zeros((2, 28, 28), np.uint8), ["relu"])


@pytest.mark.parametrize("shape", [(60, 90), (60, 90, 1), (60, 90, 2), (60, 90, 3), (60, 90, 4)])
def test_fit(tiny, shape):
    picture = np.full(shape, 255, np.uint8)
    picture[10:50, 20:80] = 40
    if len(shape) == 3 and shape[2] in (2, 4):
        picture[..., -1] = 255
    fit = tiny.fit(picture)
    assert fit.pixels.shape == (28, 28) and fit.mode == "photo" and fit.inverted
    assert fit.pixels[0, 0] == 0 and fit.pixels[14, 14] > 128
    left, top, width, height = fit.box
    assert 15 <= left <= 20 and 5 <= top <= 10 and width >= 60 and height >= 40
    tiny.classify(fit.pixels)


def test_fit_raw_and_errors(tiny):
    pixels = tiny.golden()[1].pixels
    fit = tiny.fit(pixels)
    assert fit.mode == "raw" and not fit.inverted and np.array_equal(fit.pixels, pixels[..., 0])
    with pytest.raises(FmnistError) as caught:
        tiny.fit(np.zeros((50, 50), np.uint8))
    assert caught.value.status == "FMNIST_ERROR_PICTURE"
    with pytest.raises(FmnistError):
        tiny.fit(np.zeros((50, 50), np.uint8), mode="raw")
    with pytest.raises(ValueError, match="photo"):
        tiny.fit(np.zeros((50, 50), np.uint8), mode="other")
    with pytest.raises(FmnistError):
        tiny.fit(np.zeros((0, 50), np.uint8))


def test_from_bytes_outlives_the_bytes():
    content = (MODELS / "tiny.fmg").read_bytes()
    model = Model.from_bytes(content)
    del content
    gc.collect()
    assert model.labels[1] == "Trouser"
    with pytest.raises(FmnistError) as caught:
        Model.from_bytes(b"not a model")
    assert caught.value.status == "FMNIST_ERROR_FORMAT"
    assert str(caught.value).endswith("(FMNIST_ERROR_FORMAT)")


def test_files_that_do_not_open(tmp_path):
    with pytest.raises(FmnistError) as caught:
        Model(tmp_path / "nöthing.fmg")
    assert caught.value.status == "FMNIST_ERROR_FILE" and "nöthing.fmg" in caught.value.message
    with pytest.raises(ValueError, match="baseline"):
        Model(MODELS / "tiny.fmg", isa="avx")


def test_close():
    with Model(MODELS / "tiny.fmg") as model:
        model.classify(np.zeros((28, 28), np.uint8))
    with pytest.raises(ValueError, match="closed"):
        model.classify(np.zeros((28, 28), np.uint8))
    model.close()
    model = Model(MODELS / "tiny.fmg")
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None


def test_threads_share_a_model(tiny):
    images = np.random.default_rng(1).integers(0, 256, (8, 28, 28), np.uint8)
    expected = tiny.classify(images).scores
    wrong = []

    def work(index: int) -> None:
        for _ in range(200):
            if not np.array_equal(tiny.classify(images[index]).scores[0], expected[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_other_threads_run_meanwhile(tiny):
    """The library works without Python's lock: a counter goes on during one long call."""
    images = np.zeros((60000, 28, 28), np.uint8)
    counted, stop = [0], threading.Event()

    def count() -> None:
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    before, start = counted[0], time.monotonic()
    tiny.classify(images, top_k=0)
    took, during = time.monotonic() - start, counted[0] - before
    stop.set()
    thread.join()
    assert took > 0.05 and during > 10


def test_import_is_light():
    code = "import sys, fmnistrt; print([m for m in sys.modules if m in ('keras', 'onnx', 'h5py')])"
    assert python(code).stdout.strip() == "[]"


def test_library_that_is_not_there(tmp_path):
    code = f"import fmnistrt; fmnistrt.Model({str(MODELS / 'tiny.fmg')!r})"
    result = python(code, FMNISTRT_LIBRARY=str(tmp_path / "none.so"))
    assert result.returncode != 0 and "none.so" in result.stderr
    # A copy outside the checkout, so that no place has the library.
    package = tmp_path / "fmnistrt"
    package.mkdir()
    import fmnistrt

    for name in ("__init__.py", "_library.py", "model.py", "results.py"):
        (package / name).write_bytes((Path(fmnistrt.__file__).parent / name).read_bytes())
    result = python(code, PYTHONPATH=str(tmp_path), FMNISTRT_LIBRARY="")
    assert "ImportError" in result.stderr and "make lib" in result.stderr


def test_the_environment_caps_the_instruction_set():
    code = f"import fmnistrt; print(fmnistrt.Model({str(MODELS / 'tiny.fmg')!r}).info.isa)"
    assert python(code, FMNISTRT_ISA="baseline").stdout.strip() == "baseline"


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_no_bit(threads):
    default = MODELS.parents[1] / "Models" / "default.fmg"
    images = np.random.default_rng(1).integers(0, 256, (5, 28, 28), np.uint8)
    expected = Model(default).classify(images).scores
    with Model(default, threads=threads) as model:
        for _ in range(3):
            assert np.array_equal(model.classify(images).scores, expected)


@pytest.mark.parametrize("threads", [0, -1, 65])
def test_number_of_threads(threads):
    with pytest.raises(ValueError, match="expected 1 to 64"):
        Model(MODELS / "tiny.fmg", threads=threads)
