"""Times runtimes in alternation.

Each runs in a process of its own, so that no thread pool, allocator or crash of one touches
another, and answers one request at a time: while one computes, the others wait.
"""

from __future__ import annotations

import gc
import itertools
import math
import multiprocessing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

from .runtimes import RUNTIMES
from .runtimes.apart import Apart
from .settings import Setting
from .weights import prepared

TURN_SECONDS = 0.1
LEAST_TURNS = 3
SAMPLE_NS = 20_000
"""Calls shorter than this are timed several together: reading the clock takes time too."""
TIMEOUT = 300
_PROBLEMS = {ImportError: "missing", FileNotFoundError: "missing"}


COMPARED = {"float": 4, "int8": 512}
"""Answers are compared on so many images, or on one batch if that is more."""


@dataclass
class Measured:
    """What one runtime did with one model in one setting."""

    version: str = ""
    instructions: str = ""
    """The instruction sets of its kernels, where it tells."""
    difference: float = math.inf
    """The largest difference of any score from that of Keras in float32."""
    equal: float = 0
    """The share of images that get the class which Keras gives them in float32."""
    microseconds: list[float] = field(default_factory=list)
    """Of each call, which computes one batch."""
    apart: bool = False
    """Whether threads computed a part of the batch each."""
    problem: str = ""

    @property
    def median(self) -> float:
        """The time that half of the calls took at most."""
        return float(np.median(self.microseconds))

    @property
    def minimum(self) -> float:
        """The time of the fastest call."""
        return min(self.microseconds)

    def compare(self, scores: np.ndarray, answers: np.ndarray) -> None:
        """Notes how far scores are from the answers of Keras to the same images."""
        if scores.shape != answers.shape:
            self.problem = f"failed: scores of shape {scores.shape}, expected {answers.shape}"
        elif not np.isnan(scores).any():
            self.difference = float(np.abs(scores - answers).max())
            self.equal = float(np.mean(scores.argmax(1) == answers.argmax(1)))


class Worker:
    """A process with one runtime."""

    def __init__(self, name: str, folder: Path, setting: Setting) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, name, folder, setting), daemon=True
        )
        self._process.start()
        theirs.close()
        self.measured = Measured(apart=setting.apart)
        self._turns, self._spent = 0, 0.0
        self._answers = np.load(folder / "answers.npy")
        self._answers = self._answers[_compared(setting, len(self._answers))]

    def ready(self) -> None:
        """Waits until it has loaded the model, and looks at its answers."""
        if answer := self._receive():
            self.measured.version, self.measured.instructions, scores = answer
            self.measured.compare(scores, self._answers)

    def turn(self, seconds: float, total: float) -> None:
        """Lets it compute for about so long, unless its turns so far took the total.

        Warming up counts too: of calls that are longer than a turn, it is most of the time.
        """
        if self.measured.problem or (self._turns >= LEAST_TURNS and self._spent >= total):
            return
        begin = perf_counter_ns()
        self._pipe.send(seconds)
        self.measured.microseconds += self._receive() or []
        self._turns, self._spent = self._turns + 1, self._spent + (perf_counter_ns() - begin) / 1e9

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
        self.measured.problem = f"{_PROBLEMS.get(type(answer), 'failed')}: {answer}"
        return None


def measure(
    folder: Path, names: list[str], setting: Setting, seconds: float
) -> dict[str, Measured]:
    """Gives each runtime about so many seconds with the model in a folder, turn by turn.

    Where threads can share the work in two ways, each way gets as many seconds, and the faster one
    is what the runtime did.
    """
    workers = {name: [Worker(name, folder, way) for way in setting.ways()] for name in names}
    for worker in itertools.chain(*workers.values()):
        worker.ready()
    turns = max(LEAST_TURNS, round(seconds / TURN_SECONDS))
    for _ in range(turns):
        for worker in itertools.chain(*workers.values()):
            worker.turn(seconds / turns, seconds)
    for worker in itertools.chain(*workers.values()):
        worker.stop()
    return {name: better([one.measured for one in ways]) for name, ways in workers.items()}


def better(ways: list[Measured]) -> Measured:
    """The fastest of those without a problem; the first one if all have one."""
    done = [measured for measured in ways if not measured.problem]
    return min(done, key=lambda measured: measured.median, default=ways[0])


def _compared(setting: Setting, count: int) -> np.ndarray:
    """The numbers of the images to compare answers on, whole batches of them."""
    batches = max(1, COMPARED[setting.type] // setting.batch)
    return np.arange(batches * setting.batch) % count


def _serve(pipe: Connection, name: str, folder: Path, setting: Setting) -> None:
    """Runs in the process of a runtime, until the pipe is closed."""
    try:
        images = np.load(folder / "images.npy", mmap_mode="r")
        kind = RUNTIMES[name]
        runtime = Apart(kind, folder, setting) if setting.apart else kind(folder, setting)
        chosen, answers = _compared(setting, len(images)), []
        # The first batch comes last, and stays for timing.
        for batch in chosen.reshape(-1, setting.batch)[::-1]:
            runtime.place(prepared(images[batch]))
            runtime.call()
            answers.append(np.array(runtime.scores()))
        pipe.send((runtime.version, runtime.instructions, np.concatenate(answers[::-1])))
        gc.disable()
        while True:
            pipe.send(_timed(runtime.call, pipe.recv()))
    except EOFError:
        return
    except Exception as error:
        # Not all errors of the runtimes can be sent as they are.
        kind = next((known for known in _PROBLEMS if isinstance(error, known)), RuntimeError)
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
