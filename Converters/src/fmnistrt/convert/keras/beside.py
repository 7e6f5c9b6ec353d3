"""Finds the layers of weights that were saved alone: what `model.to_json()` gave, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..graph import ConvertError
from .checkpoint import MAX_JSON, parse_json

COMMON = ("model.json", "config.json")
SUFFIXES = (".weights.h5", "_weights.h5", ".h5", ".hdf5")


def layers_of(path: Path | None, given: Path | None) -> tuple[dict[str, Any], str]:
    """The configuration for the weights in the file `path`, and the name of the file it is in.

    That is `given`, or the first beside the weights which holds one: of the same name, or called
    as people commonly do.
    """
    if given is not None:
        config = _read(given)
        if not _is_config(config):
            raise ConvertError(f"{given} is not the layers of a Keras model, from model.to_json()")
        return config, given.name
    for name in _names(path) if path else []:
        file = path.with_name(name)
        if file.is_file() and file.stat().st_size <= MAX_JSON:
            try:
                config = _read(file)
            except ConvertError:
                continue
            if _is_config(config):
                return config, name
    raise ConvertError(
        "this file holds weights without a model: write what model.to_json() gives to a file "
        f"{_names(path)[0] if path else 'model.json'} beside it, or anywhere and give it with "
        "--config; or save the whole model with model.save()"
    )


def _names(path: Path) -> list[str]:
    stems = [path.name.removesuffix(end) for end in SUFFIXES if path.name.endswith(end)]
    return list(dict.fromkeys([*(f"{stem}.json" for stem in [*stems, path.stem]), *COMMON]))


def _is_config(config: dict[str, Any]) -> bool:
    return isinstance(config.get("class_name"), str) and "config" in config


def _read(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MAX_JSON:
        raise ConvertError(f"{path} has more than {MAX_JSON} bytes, which no model's layers have")
    return parse_json(path.read_bytes(), str(path))
