"""Walks a Keras model in order of computation and translates each layer."""

from __future__ import annotations

import math

from ..graph import ConvertError, Graph, Shape, Tensor
from . import activations, layers, shapes
from .builder import Builder
from .config import Call, Layer, Network, Reference

ONLY_IN_TRAINING = {
    "InputLayer",
    "Identity",
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "ActivityRegularization",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHeight",
    "RandomHue",
    "RandomInvert",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
}
SINGLE = {**layers.LAYERS, **activations.LAYERS, **shapes.LAYERS}


def image_shape(shape: Shape) -> Shape:
    """The input as an image: (28, 28) and (784,) are gray images without their channel axis."""
    if len(shape) == 2:
        return (*shape, 1)
    if len(shape) == 1 and math.isqrt(shape[0]) ** 2 == shape[0]:
        return (math.isqrt(shape[0]), math.isqrt(shape[0]), 1)
    return shape


def translate(network: Network, modern: bool) -> Graph:
    """The graph of a model; `modern` says that Keras 3 wrote it."""
    shape = network.input_shape
    if shape is None:
        raise ConvertError(
            "the model does not say the size of its input: start it with keras.Input((28, 28, 1))"
        )
    source = Tensor("input", image_shape(shape))
    builder = Builder(source, modern)
    builder.name = _input_name(network)
    source.name = builder.name
    start = builder.reshape(source, shape, "shaped")
    _network(builder, network, start, "")
    if not builder.graph.nodes:
        raise ConvertError("the model has no layers that compute anything: it is not a classifier")
    return builder.graph


def _input_name(network: Network) -> str:
    named = network.input[0] or next(
        (layer.name for layer in network.layers if layer.kind == "InputLayer"), ""
    )
    return named or "input"


def _network(builder: Builder, network: Network, start: Tensor, suffix: str) -> Tensor:
    """Translates a model, nested ones included; returns what it computes."""
    values: dict[Reference, Tensor] = {network.input: start}
    pending = [
        (layer, index)
        for layer in network.layers
        for index in range(len(layer.calls))
        if (layer.name, index) not in values
    ]
    # Calls stand in any order in the file; each round takes those whose inputs are known.
    while pending:
        later = []
        for layer, index in pending:
            call = layer.calls[index]
            if not all(reference in values for reference in call.inputs):
                later.append((layer, index))
                continue
            name = suffix + (f":{index + 1}" if index else "")
            inputs = [values[reference] for reference in call.inputs]
            values[(layer.name, index)] = _call(builder, layer, index, inputs, name)
        if len(later) == len(pending):
            raise ConvertError(
                f'the inputs of layer "{later[0][0].path}" are not computed by any layer: '
                "the file is damaged"
            )
        pending = later
    if network.output not in values:
        raise ConvertError(
            f'the output layer "{network.output[0]}" is missing: the file is damaged'
        )
    return values[network.output]


def _call(builder: Builder, layer: Layer, index: int, inputs: list[Tensor], suffix: str) -> Tensor:
    if layer.model is not None:
        if len(inputs) != 1 or inputs[0].shape != (layer.model.input_shape or inputs[0].shape):
            raise ConvertError(f'the inner model "{layer.path}" does not fit its input')
        return _network(builder, layer.model, inputs[0], suffix)
    builder.layer, builder.name = layer, layer.path + suffix
    first = len(builder.graph.nodes)
    try:
        result = _layer(builder, layer, layer.calls[index], inputs)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ZeroDivisionError) as e:
        raise builder.fail(
            f"has settings that make no sense ({type(e).__name__}: {e}): the file is damaged"
        ) from None
    if any(node.output is result for node in builder.graph.nodes[first:]):
        result.name = builder.name
    return result


def _layer(builder: Builder, layer: Layer, call: Call, inputs: list[Tensor]) -> Tensor:
    kind = layer.kind
    if kind in ONLY_IN_TRAINING and len(inputs) == 1:
        return inputs[0]
    if builder.option("data_format") == "channels_first":
        raise builder.fail("works on channels_first images: save the model as channels_last")
    if call.number is not None:
        return shapes.calculate(builder, inputs[0], call.number, call.place)
    if kind in shapes.MERGES and not call.others and call.number is None:
        return shapes.MERGES[kind](builder, inputs)
    if kind in SINGLE and not layer.operation and len(inputs) == 1:
        return SINGLE[kind](builder, inputs[0])
    raise builder.fail(
        "cannot be converted: replace it by layers that fmnist-convert --help lists, or cut the "
        "model before it"
    )
