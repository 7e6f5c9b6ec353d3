"""Settings: their order, names, files, and how threads share a batch."""

from ..settings import Setting, product


def test_order_and_names():
    settings = product(["float", "int8"], [1, 64], [1, 2])
    assert [str(setting) for setting in settings[:3]] == [
        "float32, batch 1, one thread",
        "int8, batch 1, one thread",
        "float32, batch 1, two threads",
    ]
    assert len(settings) == len(set(settings)) == 8
    assert settings[-1] == Setting("int8", 64, 2)
    assert str(Setting(threads=12)) == "float32, batch 1, 12 threads"


def test_files():
    assert Setting().file(".onnx") == "model.onnx"
    assert Setting("int8", 64, 2).file(".fmg") == "model.int8.fmg"


def test_one_image_is_not_divided():
    assert Setting(threads=2).ways() == [Setting(threads=2)]
    assert Setting(batch=64).ways() == [Setting(batch=64)]
    together, apart = Setting(batch=64, threads=2).ways()
    assert not together.apart
    assert apart.apart


def test_threads_get_parts_of_about_the_same_size():
    assert Setting(batch=64, threads=2).parts() == [32, 32]
    assert Setting(batch=8, threads=3).parts() == [3, 3, 2]
