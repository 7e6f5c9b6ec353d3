"""The tests of ONNX, which are of the newest opset, in older ones where they are valid, too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto

from cases import Case
from fmnistrt.convert.onnx.checks import OLDEST_OPSET
from forms import Attempt, attempts

_IR_VERSION = 8
"""Which every onnxruntime of the last years reads."""


def versions() -> dict[str, list[int]]:
    """The opsets in which each operator changed."""
    found: dict[str, list[int]] = defaultdict(list)
    for schema in onnx.defs.get_all_schemas_with_history():
        if not schema.domain:
            found[schema.name].append(schema.since_version)
    return {name: sorted(opsets) for name, opsets in found.items()}


def in_older_opsets(case: Case, opsets: list[int]) -> Iterator[Attempt]:
    """A test in each opset but the newest, with what onnxruntime answers; nothing where the node
    is not valid, or onnxruntime does not know it.
    """
    for opset in sorted({max(version, OLDEST_OPSET) for version in opsets[:-1]}):
        for attempt in attempts(case):
            if attempt.form not in ("batch", "image"):
                continue
            model = onnx.load_model_from_string(attempt.content)
            del model.opset_import[:]
            model.opset_import.append(onnx.helper.make_opsetid("", opset))
            model.ir_version = _IR_VERSION
            content = model.SerializeToString()
            answers = _answers(model, content, attempt.images)
            if answers is not None:
                yield replace(attempt, content=content, answers=answers)


def _answers(model: onnx.ModelProto, content: bytes, images: np.ndarray) -> np.ndarray | None:
    for entry in model.graph.output:
        entry.CopyFrom(onnx.helper.make_tensor_value_info(entry.name, TensorProto.FLOAT, ()))
        entry.type.tensor_type.shape.SetInParent()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        onnx.checker.check_model(model)
        session = onnxruntime.InferenceSession(content, options)
        entry = session.get_inputs()[0]
        (answers,) = session.run(None, {entry.name: images.reshape(entry.shape)})
    except Exception:  # What neither knows is not compared.
        return None
    return np.asarray(answers).reshape(len(images), -1)
