"""Walks a Keras model in order of computation and translates each layer."""

from __future__ import annotations

import math

from ..graph import ConvertError, Graph, Node, Shape, Tensor
from ..operators import check_shape
from . import activations, calculations, layers, merges, norms, shapes, sizes
from .builder import Builder
from .checkpoint import Version
from .network import MALFORMED, Call, Layer, Network, Reference, is_channels_first
from .sequences import SEQUENCES, as_image

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
    "AugMix",
    "CutMix",
    "MixUp",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHeight",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
}
SINGLE = {
    **layers.LAYERS,
    **norms.LAYERS,
    **activations.LAYERS,
    **shapes.LAYERS,
    **sizes.LAYERS,
}
RECURRENT = (
    "remembers from step to step, for which .fmg files have no operator: replace it by convolutions"
)
OWN_STATISTICS = (
    "divides by the deviation of each image's own values, for which .fmg files have no operator: "
    "use BatchNormalization"
)
REFUSED = {
    "Lambda": "holds Python code, which is never executed here: replace it by layers (Rescaling, "
    "Reshape ...), or export the model to ONNX",
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "Bidirectional", "ConvLSTM2D"), RECURRENT),
    **dict.fromkeys(("LayerNormalization", "GroupNormalization"), OWN_STATISTICS),
}
"""Layers about which there is more to say than that they cannot be converted."""


def image_shape(network: Network) -> Shape:
    """The input as an image: (28, 28) and (784,) are gray images without their channel axis."""
    shape = network.input_shape
    if shape is None:
        raise ConvertError(
            "the model does not say the size of its input: start it with keras.Input((28, 28, 1))"
        )
    if network.takes_channels_first:
        return (*shape[1:], shape[0])
    if len(shape) == 2:
        return (*shape, 1)
    if len(shape) == 1 and math.isqrt(shape[0]) ** 2 == shape[0]:
        return (math.isqrt(shape[0]), math.isqrt(shape[0]), 1)
    return shape


def translate(network: Network, version: Version) -> Graph:
    """The graph of a model; `version` is that of the Keras that wrote it."""
    source = Tensor("input", image_shape(network))
    check_shape(source.shape)
    builder = Builder(source, version)
    builder.name = _input_name(network)
    source.name = builder.name
    if network.takes_channels_first:
        start = builder.transpose(source, (2, 0, 1))
    else:
        assert network.input_shape is not None
        start = builder.reshape(source, network.input_shape, "shaped")
    result = _network(builder, network, start, "")
    places = [node.output is result for node in builder.graph.nodes]
    if True not in places:
        raise ConvertError("the model has no layers that compute anything: it is not a classifier")
    del builder.graph.nodes[places.index(True) + 1 :]
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
    except MALFORMED as e:
        raise builder.fail(
            f"has settings that make no sense ({type(e).__name__}: {e}): the file is damaged"
        ) from None
    _name_result(builder, result, builder.graph.nodes[first:])
    return result


def _name_result(builder: Builder, result: Tensor, made: list[Node]) -> None:
    """The layer's name goes to its result, or to what was only transposed to get that."""
    producers = {node.output: node for node in made}
    if result in producers:
        before = producers[result].inputs[0]
        if builder.is_channels_first(result) and before in producers:
            result = before
        result.name = builder.name


def _layer(builder: Builder, layer: Layer, call: Call, inputs: list[Tensor]) -> Tensor:
    kind = layer.kind
    if kind in ONLY_IN_TRAINING and len(inputs) == 1:
        return inputs[0]
    if call.number is not None:
        return calculations.calculate(builder, inputs[0], call.number, call.place)
    if kind in merges.LAYERS and not call.others:
        return merges.LAYERS[kind](builder, inputs)
    if kind in calculations.OPERATIONS and len(inputs) == 1:
        return calculations.OPERATIONS[kind](builder, inputs[0])
    policy = layer.config.get("dtype")
    if isinstance(policy, dict) and str(policy.get("class_name")).startswith("Quantized"):
        raise builder.fail(
            "was quantised by Keras, whose bytes cannot be taken over: convert the model as it was "
            "before, with --quantize int8 for bytes"
        )
    if len(inputs) == 1 and not layer.operation and (kind in SINGLE or kind in SEQUENCES):
        return _single(builder, layer, inputs[0])
    raise builder.fail(
        REFUSED.get(kind)
        or "cannot be converted: replace it by layers that fmnist-convert --help lists, or cut the "
        "model before it"
    )


def _single(builder: Builder, layer: Layer, x: Tensor) -> Tensor:
    """A layer of one input; its step works on channels_last, its activation on what it gives."""
    if layer.kind in SEQUENCES:
        builder.layer, step = as_image(layer), SINGLE[SEQUENCES[layer.kind]]
    else:
        step = SINGLE[layer.kind]

    def channels_last(x: Tensor) -> Tensor:
        if layer.kind not in SEQUENCES:
            return step(builder, x)
        if len(x.shape) != 2:
            raise builder.fail(f"needs a sequence (steps, channels), but gets {x.shape}")
        y = step(builder, builder.reshape(x, (x.shape[0], 1, x.shape[1]), "image"))
        return builder.reshape(y, (y.shape[0], y.shape[2])) if len(y.shape) == 3 else y

    if is_channels_first(layer.config) and len(x.shape) > 1:
        y = builder.with_last(x, 0, channels_last)
    else:
        y = channels_last(x)
    if layer.kind in activations.LAYERS:
        return y
    return activations.activate(builder, y, builder.option("activation"))
