"""Reads the line that `--arch` gives: the layers of a model, one word for each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..graph import ConvertError
from .kinds import KINDS, ROLES, complete

WORD = re.compile(r"\s*([A-Za-z]\w*)(?:\(([^()]*)\))?(?:@([^\s()]+))?(?=\s|$)")


@dataclass(frozen=True)
class Word:
    """A layer as the line has it; `name` is that of its tensors, if the line says so."""

    kind: str
    options: dict[str, Any]
    name: str
    text: str


def parse(line: str) -> list[Word]:
    """The words of a line such as "conv(padding=1) relu maxpool flatten linear@head"."""
    words: list[Word] = []
    rest = line.rstrip()
    at = 0
    while at < len(rest):
        match = WORD.match(rest, at)
        if match is None:
            raise ConvertError(
                f"--arch cannot be read from {rest[at:].strip()[:40]!r} on: write layers such as "
                "conv(stride=2,padding=1) or linear@head, with blanks between them"
            )
        words.append(_word(*match.groups(), match.group().strip()))
        at = match.end()
    if not words:
        raise ConvertError("--arch is empty: name the layers, as in --arch 'flatten linear'")
    return words


def _word(kind: str, options: str | None, name: str | None, text: str) -> Word:
    if kind not in KINDS:
        raise ConvertError(f"--arch has the unknown layer {kind!r}: there are {', '.join(KINDS)}")
    if name and kind not in ROLES:
        raise ConvertError(f"--arch names tensors for {text!r}, a layer that has none")
    given = {}
    for part in (options or "").split(","):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not part.strip() and "," not in (options or ""):
            continue
        if not key or not equals or not value or key in given:
            raise ConvertError(
                f"--arch has the options ({options}) of {kind}: write them as key=value, once each"
            )
        given[key] = _value(value)
    return Word(kind, complete(kind, given, text), name or "", text)


def _value(text: str) -> Any:
    """A number, two numbers as in 3x2, or a word."""
    if re.fullmatch(r"\d{1,9}", text):
        return int(text)
    if re.fullmatch(r"\d{1,9}x\d{1,9}", text):
        return tuple(map(int, text.split("x")))
    try:
        return float(text)
    except ValueError:
        return text
