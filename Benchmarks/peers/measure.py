"""Times runtimes in alternation.

Each runs in a process of its own, so that no thread pool, allocator or crash of one touches
another, and answers one request at a time: while one computes, the others wait.
"""

from __future__ import annotations

import gc
import multiprocessing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

from .runtimes import RUNTIMES

TURN_SECONDS = 0.1
SAMPLE_NS = 20_000
"""Calls shorter than this are timed several together: reading the clock takes time too."""
TIMEOUT = 300


@dataclass
class Measured:
    """What one runtime did with one model."""

    version: str = ""
    scores: np.ndarray = field(default_factory=lambda: np.empty(0))
    microseconds: list[float] = field(default_factory=list)
    problem: str = ""

    @property
    def median(self) -> float:
        """The time that half of the calls took at most."""
        return float(np.median(self.microseconds))

    @property
    def minimum(self) -> float:
        """The time of the fastest call."""
        return min(self.microseconds)


class _Worker:
    """A process with one runtime."""

    def __init__(self, name: str, folder: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, name, folder), daemon=True)
        self._process.start()
        theirs.close()
        self.measured = Measured()
        if answer := self._receive():
            self.measured.version, self.measured.scores = answer

    def turn(self, seconds: float) -> None:
        """Lets it compute for about so long."""
        self._pipe.send(seconds)
        self.measured.microseconds += self._receive() or []

    def stop(self) -> None:
        """Ends the process."""
        self._pipe.close()
        self._process.join(5)
        self._process.kill()

    def _receive(self) -> Any:
        """Its answer; None, and the problem noted, when it has none."""
        try:
            if self._pipe.poll(TIMEOUT):
                answer = self._pipe.recv()
            else:
                answer = TimeoutError(f"no answer in {TIMEOUT} s")
        except (EOFError, OSError):
            self._process.join(5)
            answer = RuntimeError(f"ended with exit code {self._process.exitcode}")
        if not isinstance(answer, Exception):
            return answer
        missing = isinstance(answer, ImportError)
        self.measured.problem = "missing" if missing else f"failed: {answer}"
        return None


def measure(folder: Path, names: list[str], seconds: float) -> dict[str, Measured]:
    """Gives each runtime about so many seconds with the model in a folder, turn by turn."""
    workers = {name: _Worker(name, folder) for name in names}
    turns = max(3, round(seconds / TURN_SECONDS))
    for _ in range(turns):
        for worker in workers.values():
            if not worker.measured.problem:
                worker.turn(seconds / turns)
    for worker in workers.values():
        worker.stop()
    return {name: worker.measured for name, worker in workers.items()}


def _serve(pipe: Connection, name: str, folder: Path) -> None:
    """Runs in the process of a runtime, until the pipe is closed."""
    try:
        images = np.load(folder / "images.npy")
        runtime, answers = RUNTIMES[name](folder), []
        # The first image comes last, and stays for timing.
        for image in images[::-1]:
            runtime.place(image[None])
            runtime.call()
            answers.append(runtime.scores())
        pipe.send((runtime.version, np.array(answers)))
        gc.disable()
        while True:
            pipe.send(_timed(runtime.call, pipe.recv()))
    except EOFError:
        return
    except Exception as error:
        # Not all errors of the runtimes can be sent as they are.
        kind = ImportError if isinstance(error, ImportError) else RuntimeError
        pipe.send(kind(" ".join(str(error).split())[:200]))


def _timed(call: Any, seconds: float) -> list[float]:
    """Microseconds of one call, again and again for so many seconds after warming up."""
    begin = perf_counter_ns()
    call()
    call()
    repeats = max(1, 2 * SAMPLE_NS // (perf_counter_ns() - begin))
    samples, end = [], begin + int(seconds * 1e9)
    while not samples or perf_counter_ns() < end:
        start = perf_counter_ns()
        for _ in range(repeats):
            call()
        samples.append((perf_counter_ns() - start) / repeats / 1000)
    return samples
