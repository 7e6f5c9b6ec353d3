"""Several threads, each with a runtime and a part of the images of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import numpy as np

from ..settings import Setting
from .protocol import Runtime


class Apart:
    """As a program does that gives each of its own threads a session; a call waits for all."""

    def __init__(self, kind: type[Runtime], folder: Path, setting: Setting) -> None:
        self._parts = [
            kind(folder, replace(setting, batch=count, threads=1, apart=False))
            for count in setting.parts()
        ]
        self._ends = list(accumulate(setting.parts()))
        first, *others = self._parts
        self.version, self.instructions = first.version, first.instructions
        self._first = first.call
        self._helpers = [_Helper(part) for part in others]

    def call(self) -> None:
        for helper in self._helpers:
            helper.start()
        self._first()
        for helper in self._helpers:
            helper.wait()

    def place(self, images: np.ndarray) -> None:
        for part, some in zip(self._parts, np.split(images, self._ends[:-1]), strict=True):
            part.place(some)

    def scores(self) -> np.ndarray:
        return np.concatenate([part.scores() for part in self._parts])


class _Helper:
    """A thread that computes when it is told to."""

    def __init__(self, runtime: Runtime) -> None:
        self._orders: SimpleQueue[bool] = SimpleQueue()
        self._answers: SimpleQueue[Exception | None] = SimpleQueue()
        Thread(target=self._work, args=(runtime.call,), daemon=True).start()

    def start(self) -> None:
        self._orders.put(True)

    def wait(self) -> None:
        if error := self._answers.get():
            raise error

    def _work(self, call: Callable[[], object]) -> None:
        while self._orders.get():
            try:
                call()
                self._answers.put(None)
            except Exception as error:
                self._answers.put(error)
