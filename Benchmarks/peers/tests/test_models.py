"""The networks are those of the recipes, and their weights give answers worth comparing."""

from pathlib import Path

import numpy as np
import pytest

from ..models import MODELS
from ..weights import pixels, prepared, weighted

PARAMETERS = {
    "dense": 7_850,
    "cnn3": 241_546,
    "bncnn": 3_458_382,
    "resnet18": 11_186_186,
    "wrn16_4": 2_752_218,
}


@pytest.mark.parametrize("name", MODELS)
def test_shapes_and_parameters(name):
    model = MODELS[name]
    network = model.build()
    assert network.input_shape == (None, *model.shape)
    assert network.output_shape == (None, 10)
    assert network.count_params() == PARAMETERS.get(name, network.count_params())


def test_weights_are_the_same_every_time_and_answers_differ_between_images():
    first, second = (weighted(MODELS["cnn4"], Path()) for _ in range(2))
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    scores = first.predict(prepared(pixels("train", (28, 28, 1), 64)), verbose=0)
    assert scores.max() < 0.9999
    assert len(set(scores.argmax(axis=1))) > 3


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (150, 150, 3)])
def test_images_have_the_shape_of_the_model(shape):
    first, last = (pixels("train", shape, 2, last) for last in (False, True))
    assert first.shape == last.shape == (2, *shape)
    assert first.dtype == np.uint8
    assert (first != last).any()
    values = prepared(first)
    assert values.dtype == np.float32
    assert 0 <= values.min() < 0.5 < values.max() <= 1
