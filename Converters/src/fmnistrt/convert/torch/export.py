"""Weights and the class that they belong to: PyTorch builds, loads and exports the model.

The only part of the converter that needs PyTorch.
"""

from __future__ import annotations

import inspect
import io
import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from ..graph import ConvertError, Shape
from ..onnx import read_onnx
from ..result import FrontEndResult
from .checkpoint import Weights, unwrapped
from .classes import Reference
from .tensors import Tensor, describe_shape

MAX_NAMED = 6
_COUNTER = "num_batches_tracked"


def read_module(weights: Weights, text: str, image: Shape, probabilities: bool) -> FrontEndResult:
    """The model of the class that `text` names, with these weights.

    `image` is (height, width, channels); `probabilities` puts a softmax behind the model.
    """
    torch = _torch()
    reference = Reference.parse(text)
    model = reference.make()
    if not isinstance(model, torch.nn.Module):
        raise ConvertError(f"--module: {reference.name} gives no torch.nn.Module")
    model = model.cpu().float().eval()
    height, width, channels = image
    picture = torch.zeros(1, channels, height, width)
    with reference.running("while an image was given to it"), torch.no_grad():
        # Before the weights, since it gives lazy layers their shapes.
        whole = _fitting(torch, model, picture)
    notes = _load(torch, model, weights.tensors.named, reference.name)
    content, warned = _export(torch, whole, picture, reference)
    result = read_onnx(content, "", channels_first=True)
    if probabilities and result.output_kind != "probabilities":
        whole = torch.nn.Sequential(whole, torch.nn.Softmax(dim=1)).eval()
        content, warned = _export(torch, whole, picture, reference)
        result = read_onnx(content, "", channels_first=True)

    def evaluate(inputs: np.ndarray) -> np.ndarray:
        """PyTorch's own answers, one image at a time, as the model was exported."""
        # A copy: strides that are as good, but not PyTorch's own, would make a view() fail.
        images = torch.from_numpy(np.array(inputs.transpose(0, 3, 1, 2), np.float32, order="C"))
        with reference.running("while images were given to it"), torch.no_grad():
            answers = [whole(images[at : at + 1]).reshape(1, -1) for at in range(len(images))]
        return torch.cat(answers).numpy()

    framework = f"{weights.tensors.framework}, exported by torch {torch.__version__}"
    return replace(
        result,
        framework=framework,
        evaluate=evaluate,
        name="",
        notes=[*weights.notes, *notes, *warned],
    )


def _torch() -> Any:
    try:
        import torch
    except (ImportError, OSError) as error:
        reason = " ".join(str(error).split())[:100]
        raise ConvertError(
            f"--module needs PyTorch, which cannot be imported here ({reason}): install it with "
            "pip install torch, or export the model to ONNX where PyTorch is"
        ) from None
    return torch


def _fitting(torch: Any, model: Any, picture: Any) -> Any:
    """The model, which may want its images as vectors; its answer must be a score for a class."""
    try:
        whole, answer = model, model(picture)
    except RuntimeError:
        try:
            whole = torch.nn.Sequential(torch.nn.Flatten(), model).eval()
            answer = whole(picture)
        except RuntimeError:
            answer = model(picture)
    if not isinstance(answer, torch.Tensor):
        raise ConvertError(
            f"--module: the model gives a {type(answer).__name__}: name a class or function whose "
            "model gives the scores alone"
        )
    shape = tuple(answer.shape)
    if len(shape) < 2 or shape[0] != 1 or shape[1] != answer.numel():
        raise ConvertError(
            f"--module: the model gives {describe_shape(shape)} for one image, not a score for "
            "each class"
        )
    return whole


def _load(torch: Any, model: Any, named: dict[str, Tensor], name: str) -> list[str]:
    """Gives the model its weights; remarks on tensors of the file that are not the model's."""
    state = model.state_dict()
    own = unwrapped({key: state[key] for key in state if isinstance(state[key], torch.Tensor)})
    prefix = _prefix(own, named)
    used = {key.removeprefix(prefix) for key in named if key.startswith(prefix)}
    missing = [key for key in own if key not in used and not key.endswith(_COUNTER)]
    if missing or not used & set(own):
        raise ConvertError(
            f"--module: {name} has tensors that the file has not: {_some(missing)}; the file has "
            f"{_some(named)}"
        )
    left = [key for key in named if not key.startswith(prefix)]
    strange = [key for key in named if key.startswith(prefix) and key[len(prefix) :] not in own]
    if strange:
        raise ConvertError(f"--module: {name} has no place for these tensors: {_some(strange)}")
    for key, value in own.items():
        tensor = named.get(prefix + key)
        if tensor is None:
            continue
        if tensor.shape != tuple(value.shape):
            raise ConvertError(
                f"--module: {key} is {describe_shape(tensor.shape)} in the file, but "
                f"{describe_shape(tuple(value.shape))} in {name}: check its arguments"
            )
        try:
            array = tensor.array()
        except ConvertError as error:
            raise ConvertError(f'the tensor "{prefix}{key}" {error}') from None
        with torch.no_grad():
            value.copy_(torch.from_numpy(array))
    return [f"tensors of the file that {name} has not: {_some(left)}"] if left else []


def _prefix(own: dict[str, Any], named: dict[str, Tensor]) -> str:
    """What stands before the model's names in the file, such as `model.` with Lightning."""
    needed = [key for key in own if not key.endswith(_COUNTER)]
    if not needed or any(key in named for key in needed):
        return ""
    starts = [key.removesuffix(needed[0]) for key in named if key.endswith(f".{needed[0]}")]
    fitting = (start for start in starts if all(start + key in named for key in needed))
    return next(fitting, "")


def _some(names: Any) -> str:
    listed = list(names)
    return ", ".join(listed[:MAX_NAMED]) + (" ..." if len(listed) > MAX_NAMED else "")


def _export(torch: Any, model: Any, picture: Any, reference: Reference) -> tuple[bytes, list[str]]:
    """The model as ONNX, for one image, and what the tracer warned of."""
    content = io.BytesIO()
    # Since 2.9 PyTorch's default needs further packages, and gives no simpler graph.
    known = inspect.signature(torch.onnx.export).parameters
    options = {"dynamo": False} if "dynamo" in known else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with reference.running("while PyTorch exported it"), torch.no_grad():
            torch.onnx.export(model, (picture,), content, input_names=["input"], **options)
    notes = [
        f"PyTorch's tracer: {' '.join(str(one.message).split())[:200]} ({one.lineno})"
        for one in caught
        if one.category is torch.jit.TracerWarning
    ]
    return content.getvalue(), list(dict.fromkeys(notes))
