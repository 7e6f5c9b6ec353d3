"""Texts: descriptions of models, models of other libraries, and what has come by mistake."""

from __future__ import annotations

import re

from .kind import (
    EXPORT_ONNX,
    EXPORT_SKLEARN,
    EXPORT_TF,
    GIVE_MODEL,
    GIVE_SOURCE,
    MODEL_SUFFIXES,
    NO_TREES,
    Kind,
)

_HEAD = 4096
_CONTROL = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_SAVE_KERAS = "save the whole trained model with model.save('model.keras')"

_BEGINNINGS = [
    (
        r"<\s*ir_version",
        Kind("ONNX as text", "parse it with onnx.parser and save it with onnx.save"),
    ),
    (
        r"ir_version:",
        Kind("ONNX as text", "read it with google.protobuf.text_format, save it with onnx.save()"),
    ),
    (r"<(\?xml.*?>\s*)?<?PMML", Kind("a PMML file", EXPORT_ONNX)),
    (
        r"(<\?xml[^>]*>\s*)?<net\s",
        Kind("a model of OpenVINO", GIVE_SOURCE),
    ),
    (
        r"(<\?xml[^>]*>\s*)?<Error>",
        Kind("an error message of a failed download", "download the file again"),
    ),
    (r"<\?xml", Kind("an XML file, not a checkpoint", GIVE_MODEL)),
    (r"<", Kind("a web page, probably of a failed download", "download the file again")),
    (r"tree\s*\n(version|num_class)=", Kind("a LightGBM model", NO_TREES)),
    (r"booster\[\d+\]", Kind("a list of XGBoost's trees", NO_TREES)),
    (
        r"(svm_type|solver_type) ",
        Kind("a model of LIBSVM or LIBLINEAR", f"train it with scikit-learn and {EXPORT_SKLEARN}"),
    ),
    (r"7767517\n", Kind("the layers of an ncnn model", GIVE_SOURCE)),
    (r"(#.*\n|\s)*\[net(work)?\]", Kind("the layers of a Darknet model", EXPORT_ONNX)),
    (r"%YAML:1\.0", Kind("a file of OpenCV", EXPORT_ONNX)),
    (
        r"outs:\s*\n\s*- md5:",
        Kind("a pointer of DVC, not the file itself", "fetch it with dvc pull", MODEL_SUFFIXES),
    ),
    (r"saved_model_schema_version", Kind("a TensorFlow SavedModel as text", EXPORT_TF)),
    (r"node \{\s*\n\s*name:", Kind("a TensorFlow graph as text", EXPORT_TF)),
]
"""How a text begins, and what it is then; the first that fits is taken."""

_JSON = [
    (b'"nbformat"', Kind("a notebook, not a trained model", "run it and give the file it saves")),
    (
        b'"modelTopology"',
        Kind("a model of TensorFlow.js", f"give the model it is from: {_SAVE_KERAS}"),
    ),
    (b'"weight_map"', Kind("a list of safetensors files", "give the .safetensors file itself")),
    (b'"learner"', Kind("an XGBoost model", NO_TREES)),
    (b'"tree_info"', Kind("a LightGBM model", NO_TREES)),
    (b'"arg_nodes"', Kind("the layers of an MXNet model", EXPORT_ONNX)),
    (b'"architectures"', Kind("the settings of a model of transformers", EXPORT_ONNX)),
    (
        b'"class_name"',
        Kind(
            "JSON, the layers of a Keras model without its weights",
            "give the file with the weights, and this one with --config",
        ),
    ),
]
"""Words of JSON files that tell what they are."""

_OTHER_JSON = Kind("JSON, a model's description at most", _SAVE_KERAS)
_CHECKPOINT = re.compile(r'model_checkpoint_path: "([^"\n]{1,200})"')
_CAFFE = re.compile(r"^\s*layers? \{|^input_dim: ", re.MULTILINE)
_PYTHON = re.compile(r"^(import \w|from [\w.]+ import |def \w+\(|class \w+[(:])", re.MULTILINE)
_YAML = re.compile(r"^class_name: (Sequential|Functional|Model)", re.MULTILINE)


def text_kind(content: bytes) -> Kind | None:
    """What a text is; None for no text."""
    text = _text(content)
    if text is None:
        return None
    start = text.lstrip()
    for pattern, kind in _BEGINNINGS:
        if re.match(pattern, start):
            return kind
    if start.startswith(("{", "[")):
        return next((kind for word, kind in _JSON if word in content), _OTHER_JSON)
    named = _CHECKPOINT.search(start)
    if named:
        return Kind("TensorFlow's note of its last checkpoint", f"give {named[1]}.index")
    if _CAFFE.search(start):
        return Kind("the layers of a Caffe model, without weights", EXPORT_ONNX)
    if _YAML.search(start):
        return Kind("YAML, the layers of a Keras model without its weights", _SAVE_KERAS)
    if _PYTHON.search(start):
        return Kind("Python code, not a trained model", "run it and give the file it saves")
    if _is_table(start):
        return Kind("a table of comma-separated values, not a checkpoint", GIVE_MODEL)
    return Kind("a text file, not a checkpoint", GIVE_MODEL)


def _text(content: bytes) -> str | None:
    """The beginning of a text; None if the bytes are none."""
    head = content[:_HEAD]
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            text = head.decode("utf-16", "replace")
        elif error.start >= _HEAD - 4:
            text = head[: error.start].decode("utf-8-sig")
        else:
            return None
    return None if _CONTROL.search(text) else text


def _is_table(text: str) -> bool:
    """Whether the first lines have the same number of commas; the last may be cut off."""
    lines = text.splitlines()
    whole = (
        lines[:10] if len(lines) > 10 or len(text) < _HEAD - 4 else lines[: max(1, len(lines) - 1)]
    )
    counts = {line.count(",") for line in whole if line.strip()}
    return len(counts) == 1 and counts.pop() > 0
