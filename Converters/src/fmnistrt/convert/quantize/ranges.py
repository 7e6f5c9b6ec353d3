"""Which stretch of the real numbers the 256 bytes of an activation cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..graph import Bytes

BINS = 2048
PERCENTILE = 0.9999
"""Of all values, the share that "percentile" keeps within the range."""
_FRACTIONS = np.linspace(0.2, 1, 81)


@dataclass
class Histogram:
    """How often values fall into equal parts of `low` to `high`."""

    low: float
    high: float
    counts: np.ndarray

    @staticmethod
    def between(low: float, high: float) -> Histogram:
        """An empty histogram."""
        return Histogram(low, high, np.zeros(BINS, np.int64))

    def add(self, values: np.ndarray) -> None:
        """Counts values, all of them between low and high."""
        self.counts += np.bincount(self._bins(values.ravel()), minlength=BINS)

    def add_counts(self, other: Histogram) -> None:
        """Adds a histogram within this one's ends, each of its parts as its middle."""
        np.add.at(self.counts, self._bins(other.centres()), other.counts)

    def _bins(self, values: np.ndarray) -> np.ndarray:
        width = (self.high - self.low) / BINS or 1.0
        return np.clip(((values - self.low) / width).astype(np.int64), 0, BINS - 1)

    def centres(self) -> np.ndarray:
        """The middle of each part."""
        return self.low + (np.arange(BINS) + 0.5) * (self.high - self.low) / BINS


def meaning_of(low: float, high: float) -> Bytes:
    """Bytes for low to high and for 0, which is always one of them, exactly."""
    low, high = min(low, 0.0), max(high, 0.0)
    least = float(np.finfo(np.float32).tiny) * 2**24
    scale = float(np.float32(max((high - low) / 255, least)))
    return Bytes(scale, int(np.clip(np.rint(-low / scale), 0, 255)))


def choose(histogram: Histogram, method: str) -> Bytes:
    """The bytes for values that are distributed so; `method` is mse, percentile or minmax."""
    if method == "minmax" or histogram.low == histogram.high:
        return meaning_of(histogram.low, histogram.high)
    if method == "percentile":
        return _by_percentile(histogram)
    return _by_error(histogram)


def _by_percentile(histogram: Histogram) -> Bytes:
    shares = np.cumsum(histogram.counts) / histogram.counts.sum()
    centres = histogram.centres()
    first = int(np.searchsorted(shares, 1 - PERCENTILE))
    last = min(int(np.searchsorted(shares, PERCENTILE)), BINS - 1)
    low = histogram.low if first == 0 else centres[first]
    high = histogram.high if last == BINS - 1 else centres[last]
    return meaning_of(low, high)


def _by_error(histogram: Histogram) -> Bytes:
    """The range of the least mean squared error: of rounding within, of clamping beyond."""
    used = histogram.counts > 0
    centres, counts = histogram.centres()[used], histogram.counts[used].astype(np.float64)
    low, high = min(histogram.low, 0.0), max(histogram.high, 0.0)

    def error(low: float, high: float) -> float:
        scale = (high - low) / 255
        beyond = centres - np.clip(centres, low, high)
        # Within the range, rounding errors are spread evenly: their variance is scale^2 / 12.
        inside = np.where(beyond == 0, scale * scale / 12, 0)
        return float(counts @ (beyond * beyond + inside))

    lows = low * _FRACTIONS if low < 0 else [0.0]
    highs = high * _FRACTIONS if high > 0 else [0.0]
    best = min(((error(a, b), a, b) for a in lows for b in highs), key=lambda entry: entry[0])
    return meaning_of(best[1], best[2])
