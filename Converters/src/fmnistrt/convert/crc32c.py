"""CRC-32C (Castagnoli) of megabytes in NumPy, without a compiled dependency."""

from __future__ import annotations

import numpy as np

POLYNOMIAL = 0x82F63B78
LANES = 4096
"""Parts of a large input that are worked on side by side."""


def _table() -> np.ndarray:
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = np.where(values & 1, values >> 1 ^ np.uint32(POLYNOMIAL), values >> 1)
    return values.astype(np.uint32)


_TABLE = _table()
_ROW = _TABLE.tolist()


def _bytewise(state: int, data: bytes | memoryview) -> int:
    for byte in data:
        state = _ROW[(state ^ byte) & 0xFF] ^ state >> 8
    return state


def crc32c(data: bytes | bytearray) -> int:
    """The checksum as in iSCSI and ext4: "123456789" gives 0xE3069283.

    The checksum is linear over bits: the state after a part is what the part gives from state 0,
    xor what as many zero bytes make of the state before. So lanes of equal length run side by
    side from state 0, together with 32 lanes that show what zero bytes make of each state bit.
    """
    view = memoryview(data).cast("B")
    length = len(view) // LANES
    state = 0xFFFFFFFF
    if length >= 16:
        lanes = np.frombuffer(view[: LANES * length], np.uint8).reshape(LANES, length)
        columns = np.zeros((length, LANES + 32), np.uint8)
        columns[:, :LANES] = lanes.T
        states = np.zeros(LANES + 32, np.uint32)
        states[LANES:] = np.uint32(1) << np.arange(32, dtype=np.uint32)
        for column in columns:
            states = _TABLE[(states ^ column) & 0xFF] ^ states >> 8
        results = states.tolist()
        bits = results[LANES:]
        for lane in results[:LANES]:
            moved = lane
            for bit in range(32):
                if state >> bit & 1:
                    moved ^= bits[bit]
            state = moved
        view = view[LANES * length :]
    return _bytewise(state, view) ^ 0xFFFFFFFF
