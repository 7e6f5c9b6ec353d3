"""Says what a file is by its content, and what to do with a file that cannot be converted."""

from __future__ import annotations

from ..checkpoint import Checkpoint
from .archives import tar_kind, zip_kind
from .binary import binary_kind
from .compressed import compressed_kind
from .folders import folder_kind
from .kind import MODEL_SUFFIXES, Kind
from .messages import message_kind
from .names import name_kind
from .pickles import pickle_kind
from .text import text_kind

_UNKNOWN = Kind(
    "not a file of a kind that is known here",
    "give the trained model's file, in a format of Keras, ONNX or PyTorch",
    MODEL_SUFFIXES,
)


def recognise(checkpoint: Checkpoint) -> Kind:
    """What a checkpoint is that no front end recognises."""
    if checkpoint.is_folder:
        assert checkpoint.path is not None
        return folder_kind(checkpoint.path)
    content = checkpoint.content
    if not content:
        return Kind("empty", "copy it again from its origin")
    return (
        binary_kind(content)
        or zip_kind(content)
        or tar_kind(content)
        or compressed_kind(content)
        or pickle_kind(content)
        or text_kind(content)
        or message_kind(content)
        or name_kind(checkpoint.name)
        or _UNKNOWN
    )


def describe(checkpoint: Checkpoint) -> str:
    """What a checkpoint is that no front end recognises, and what to do, in one sentence."""
    return recognise(checkpoint).sentence(checkpoint.name)
