"""Calculations between layers, such as `tf.nn.relu(x / 255)`, in the terms of Keras's own layers.

Keras 3 stores them as operations of classes like Relu and TrueDivide. tf.keras stored the functions
of TensorFlow: as TFOpLambda since 2.4, and before that as TensorFlowOpLayer, nodes of its graph.
"""

from __future__ import annotations

import json
from typing import Any

Entry = dict[str, Any]

TENSORFLOW: dict[str, tuple[str, dict[str, str]]] = {
    **{name: ("Add", {}) for name in ("math.add", "__operators__.add", "Add", "AddV2")},
    **{name: ("Subtract", {}) for name in ("math.subtract", "Sub")},
    **{name: ("Multiply", {}) for name in ("math.multiply", "Mul")},
    **{name: ("TrueDivide", {}) for name in ("math.truediv", "math.divide", "RealDiv")},
    **{name: ("Maximum", {}) for name in ("math.maximum", "Maximum")},
    **{name: ("Minimum", {}) for name in ("math.minimum", "Minimum")},
    **{name: ("Negative", {}) for name in ("math.negative", "Neg")},
    **{name: ("Relu", {}) for name in ("nn.relu", "Relu")},
    **{name: ("Relu6", {}) for name in ("nn.relu6", "Relu6")},
    **{name: ("Elu", {}) for name in ("nn.elu", "Elu")},
    **{name: ("Selu", {}) for name in ("nn.selu", "Selu")},
    **{name: ("Sigmoid", {}) for name in ("math.sigmoid", "nn.sigmoid", "Sigmoid")},
    **{name: ("Tanh", {}) for name in ("math.tanh", "nn.tanh", "Tanh")},
    **{name: ("Softplus", {}) for name in ("math.softplus", "nn.softplus", "Softplus")},
    **{name: ("Softsign", {}) for name in ("nn.softsign", "Softsign")},
    **{name: ("Silu", {}) for name in ("nn.silu", "nn.swish")},
    **{name: ("Softmax", {"axis": "axis"}) for name in ("nn.softmax", "Softmax")},
    **{name: ("Identity", {"dtype": "dtype"}) for name in ("cast", "identity", "stop_gradient")},
    **{name: ("Transpose", {"perm": "axes"}) for name in ("transpose", "compat.v1.transpose")},
    "nn.log_softmax": ("LogSoftmax", {"axis": "axis"}),
    "nn.leaky_relu": ("LeakyRelu", {"alpha": "negative_slope"}),
    "nn.gelu": ("Gelu", {"approximate": "approximate"}),
    "clip_by_value": ("Clip", {"clip_value_min": "x_min", "clip_value_max": "x_max"}),
    "concat": ("Concatenate", {"axis": "axis"}),
    "expand_dims": ("ExpandDims", {"axis": "axis"}),
    "math.reduce_max": ("Max", {"axis": "axis", "keepdims": "keepdims"}),
    "math.reduce_mean": ("Mean", {"axis": "axis", "keepdims": "keepdims"}),
    "reshape": ("Reshape", {"shape": "newshape"}),
}
"""A function or graph node of TensorFlow: Keras's operation, and its name for each argument."""

ACTIVATIONS = {
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "HardTanh": "hard_tanh",
    "Exp": "exponential",
    "LogSigmoid": "log_sigmoid",
    "LogSoftmax": "log_softmax",
    "Relu": "relu",
    "Relu6": "relu6",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Silu": "silu",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Tanh": "tanh",
}
POOLS = {"Mean": "GlobalAveragePooling2D", "Max": "GlobalMaxPooling2D"}


def unified(entry: Entry) -> Entry:
    """A layer's entry; calculations become Keras's layers, or operations of Keras 3."""
    kind, nodes = entry.get("class_name"), entry.get("inbound_nodes")
    if nodes and kind in ("TFOpLambda", "SlicingOpLambda"):
        entry = _from_function(entry)
    elif nodes and kind == "TensorFlowOpLayer":
        entry = _from_graph(entry)
    return _as_layer(entry) if is_operation(entry) else entry


def is_operation(entry: Entry) -> bool:
    """Whether an entry is no layer, but a calculation."""
    return ".ops." in f"{entry.get('module') or ''}."


def _operation(entry: Entry, kind: str, config: Entry, nodes: list[Entry]) -> Entry:
    name = entry.get("name") or entry["config"]["name"]
    config = {**config, "name": name}
    changed = {"class_name": kind, "module": "keras.ops", "config": config, "name": name}
    return {**entry, **changed, "inbound_nodes": nodes}


def _tensor(item: list[Any]) -> Any:
    if item[0] == "_CONSTANT_VALUE":
        return item[2]
    return {"class_name": "__keras_tensor__", "config": {"keras_history": item[:3]}}


def _from_function(entry: Entry) -> Entry:
    """A call of TensorFlow's function: [tensor, ..., {keyword: value or tensor}]."""
    function = str(entry["config"]["function"])
    kind, names = TENSORFLOW.get(function, (function, {}))
    settings: Entry = {}
    nodes = []
    for node in entry["inbound_nodes"]:
        several = isinstance(node[0], list)
        items = node if several else [node]
        arguments: list[Any] = [_tensor(item) for item in items]
        given = {key: value for key, value in items[0][3].items() if value is not None}
        given.pop("name", None)
        if "y" in given and not several:
            y = given.pop("y")
            tensor = isinstance(y, list) and len(y) == 3 and isinstance(y[0], str)
            arguments.append(_tensor(y) if tensor else y)
        nodes.append({"args": [arguments] if several else arguments, "kwargs": {}})
        for key, value in given.items():
            if key not in names:
                return _operation(entry, f"{function}({key})", {}, nodes)
            settings[names[key]] = value
    if kind == "Gelu":
        settings.setdefault("approximate", False)
    return _operation(entry, kind, settings, nodes)


def _from_graph(entry: Entry) -> Entry:
    """A node of TensorFlow's graph: tensors, and constants at the places that are left."""
    node = entry["config"]["node_def"]
    if isinstance(node, str):
        node = json.loads(node)
    kind = TENSORFLOW.get(str(node["op"]), (str(node["op"]),))[0]
    nodes = []
    for items in entry["inbound_nodes"]:
        arguments = [_tensor(item) for item in items]
        constants = entry["config"].get("constants") or {}
        for place in sorted(constants, key=int):
            arguments.insert(int(place), constants[place])
        nodes.append({"args": arguments, "kwargs": {}})
    return _operation(entry, kind, {}, nodes)


def _as_layer(entry: Entry) -> Entry:
    """The layer that does the same as an operation of Keras 3, if there is one."""
    kind, config = str(entry["class_name"]), entry["config"]
    if kind == "Negative":
        nodes = [{**node, "args": [-1.0, *node["args"]]} for node in entry["inbound_nodes"]]
        return {**entry, "class_name": "Multiply", "inbound_nodes": nodes}
    layer = _layer_of(kind, config)
    if layer is None:
        return entry
    changed = {"class_name": layer[0], "config": {**layer[1], "name": config.get("name")}}
    return {**entry, **changed, "module": "keras.layers"}


def _layer_of(kind: str, config: Entry) -> tuple[str, Entry] | None:
    axis = config.get("axis")
    match kind:
        case "LogSoftmax" if axis not in (None, -1):
            return None
        case _ if kind in ACTIVATIONS:
            return "Activation", {"activation": ACTIVATIONS[kind]}
        case "Softmax":
            return "Softmax", {"axis": -1 if axis is None else axis}
        case "Gelu":
            name = "gelu_tanh" if config.get("approximate", True) else "gelu"
            return "Activation", {"activation": name}
        case "LeakyRelu":
            return "LeakyReLU", {"negative_slope": config.get("negative_slope", 0.2)}
        case "Elu":
            return "ELU", {"alpha": config.get("alpha", 1.0)}
        case "Mean" | "Max" if axis == [1, 2] and config.get("initial") is None:
            return POOLS[kind], {"keepdims": config.get("keepdims", False)}
        case "Identity" | "Cast" | "StopGradient":
            return "Identity", {}
        case "Reshape":
            batch, *sizes = config["newshape"]
            return ("Reshape", {"target_shape": sizes}) if batch in (-1, None) else None
        case "Transpose" if config.get("axes") and config["axes"][0] == 0:
            return "Permute", {"dims": config["axes"][1:]}
    return None
