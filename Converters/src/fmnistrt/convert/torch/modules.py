"""Reads the layers of a whole saved module: of an nn.Sequential, whose order is that of its layers.

The code of any other module is not in the file; the line that its layers suggest is only a start.
"""

from __future__ import annotations

from typing import Any

from ..graph import ConvertError
from .bind import Group, layer_of
from .checkpoint import Weights, is_module, module_tensors, walk
from .kinds import KINDS, ROLES, Layer, brief, complete
from .machine import Record
from .tensors import Tensor

PACKAGE = "torch.nn.modules."
SEQUENTIAL = f"{PACKAGE}container.Sequential"
PARALLEL = "torch.nn.parallel.data_parallel.DataParallel"

_POOL = {
    "kernel": "kernel_size",
    "stride": "stride",
    "padding": "padding",
    "ceil_mode": "ceil_mode",
}
_SIZE = {"size": "output_size"}
_NONE: dict[str, str] = {}

MODULES: dict[str, tuple[str, dict[str, str]]] = {
    "conv.Conv2d": ("conv", {key: key for key in ("stride", "padding", "dilation")}),
    "linear.Linear": ("linear", _NONE),
    "linear.Identity": ("dropout", _NONE),
    "batchnorm.BatchNorm1d": ("bn", {"eps": "eps"}),
    "batchnorm.BatchNorm2d": ("bn", {"eps": "eps"}),
    "pooling.MaxPool2d": ("maxpool", _POOL),
    "pooling.AvgPool2d": ("avgpool", {**_POOL, "count_include_pad": "count_include_pad"}),
    "pooling.AdaptiveAvgPool2d": ("adaptive_avgpool", _SIZE),
    "pooling.AdaptiveMaxPool2d": ("adaptive_maxpool", _SIZE),
    "flatten.Flatten": ("flatten", _NONE),
    "dropout.Dropout": ("dropout", _NONE),
    "dropout.Dropout1d": ("dropout", _NONE),
    "dropout.Dropout2d": ("dropout", _NONE),
    "dropout.AlphaDropout": ("dropout", _NONE),
    "activation.ReLU": ("relu", _NONE),
    "activation.ReLU6": ("relu6", _NONE),
    "activation.LeakyReLU": ("leaky_relu", {"slope": "negative_slope"}),
    "activation.ELU": ("elu", {"alpha": "alpha"}),
    "activation.SELU": ("selu", _NONE),
    "activation.GELU": ("gelu", {"approximate": "approximate"}),
    "activation.SiLU": ("silu", _NONE),
    "activation.Mish": ("mish", _NONE),
    "activation.Hardswish": ("hardswish", _NONE),
    "activation.Hardsigmoid": ("hardsigmoid", _NONE),
    "activation.Hardtanh": ("hardtanh", {"low": "min_val", "high": "max_val"}),
    "activation.Sigmoid": ("sigmoid", _NONE),
    "activation.Tanh": ("tanh", _NONE),
    "activation.PReLU": ("prelu", _NONE),
    "activation.Softplus": ("softplus", _NONE),
    "activation.Softsign": ("softsign", _NONE),
    "activation.Softmax": ("softmax", _NONE),
    "activation.LogSoftmax": ("log_softmax", _NONE),
}
"""PyTorch's class, the kind of layer, and for each option the attribute that holds it."""

EXPECTED: dict[str, tuple[Any, ...]] = {
    "padding_mode": ("zeros",),
    "transposed": (False,),
    "track_running_stats": (True,),
    "return_indices": (False,),
    "divisor_override": (None,),
    "start_dim": (1,),
    "end_dim": (-1,),
    "beta": (1, 1.0),
    "dim": (None, 1, -1),
}
"""Attributes that change what a layer does, and what they may be."""


def layers_of(weights: Weights) -> list[Layer] | None:
    """The layers of a module that is an nn.Sequential throughout; None if it is not."""
    module = weights.module
    while module is not None and module.kind == PARALLEL:
        inner = module.state["_modules"].get("module")
        module = inner if is_module(inner) else None
    if module is None or module.kind != SEQUENTIAL:
        return None
    leaves = [(name, part) for name, part in walk(module) if part.kind != SEQUENTIAL]
    if any(part.state["_modules"] or not _known(part) for _, part in leaves):
        return None
    named = module_tensors(module)
    return [_layer(name, part, named) for name, part in leaves]


def _known(module: Record) -> bool:
    return module.kind.removeprefix(PACKAGE) in MODULES and module.kind.startswith(PACKAGE)


def strangers(module: Record) -> list[str]:
    """The classes within a module that cannot be read, without repetition."""
    plain = (SEQUENTIAL, PARALLEL)
    kinds = [part.kind for _, part in walk(module) if part.kind not in plain and not _known(part)]
    return list(dict.fromkeys(kinds))


def options_of(name: str, module: Record) -> tuple[str, dict[str, Any]]:
    """The kind of a module of PyTorch's own, and its options."""
    kind, attributes = MODULES[module.kind.removeprefix(PACKAGE)]
    label = name or kind
    for key, allowed in EXPECTED.items():
        value = module.state.get(key, allowed[0])
        plain = value is None or isinstance(value, str | int | float)
        if not plain or value not in allowed:
            raise ConvertError(
                f'the layer "{label}" has {key}={brief(value)}, which cannot be converted: export '
                "the model with torch.onnx.export()"
            )
    if kind == "maxpool" and module.state.get("dilation", 1) not in (1, (1, 1)):
        raise ConvertError(f'the layer "{label}" has dilated windows, which cannot be converted')
    for key in ("_forward_hooks", "_forward_pre_hooks"):
        if module.state.get(key):
            raise ConvertError(
                f'the layer "{label}" has hooks, whose code is not in the file: remove them first'
            )
    given = {
        option: module.state[key]
        for option, key in attributes.items()
        if module.state.get(key) is not None
    }
    return kind, complete(kind, given, label)


def _layer(name: str, module: Record, named: dict[str, Tensor]) -> Layer:
    kind, options = options_of(name, module)
    if kind not in ROLES:
        return Layer(kind, options, name)
    held = {role: f"{name}.{role}" for role in ROLES[kind]}
    group = Group(name, {role: named[key] for role, key in held.items() if key in named})
    return layer_of(kind, options, group)


def word_of(name: str, module: Record) -> str:
    """The word of a line that stands for a module of PyTorch's own; empty for any other."""
    if not _known(module):
        return ""
    try:
        kind, options = options_of(name, module)
    except ConvertError:
        return ""
    texts = []
    for key, option in KINDS[kind].items():
        value = options[key]
        default = (
            options["kernel"] if key == "stride" and option.default is None else option.default
        )
        if value != default:
            texts.append(f"{key}={_text(value)}")
    return f"{kind}({','.join(texts)})" if texts else kind


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return str(value[0]) if value[0] == value[1] else f"{value[0]}x{value[1]}"
    return f"{value:g}" if isinstance(value, float) else str(value)
