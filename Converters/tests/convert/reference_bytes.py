"""What operators mean on bytes, and where a file has bytes, written from docs/fmg-format.md.

Values are float64 that hold integers or numbers of single precision.
"""

import struct

import numpy as np

import reference
from reference_file import (
    AVERAGE_POOL,
    BINARY,
    CONCATENATE,
    CONV,
    DENSE,
    DEQUANTIZE,
    GLOBAL_AVERAGE,
    GLOBAL_MAX,
    MAX_POOL,
    PAD,
    QUANTIZE,
    RESHAPE,
    SCALE_SHIFT,
    TRANSPOSE,
    demand,
)

MOVING = (MAX_POOL, GLOBAL_MAX, CONCATENATE, RESHAPE, PAD, TRANSPOSE)
single = np.float32


def operator(file, node, inputs):
    """The result, or None where the operator means the same as on floats."""
    tensors = [file.tensors[i] for i in node.inputs]
    x, source, target = inputs[0], tensors[0], file.tensors[node.output]
    if node.operator == SCALE_SHIFT:
        demand(not source.scale, "scale_shift of bytes")
        return single(single(x * inputs[1]) + inputs[2])
    if node.operator == QUANTIZE:
        demand(target.scale and not source.scale, "quantize")
        (factor,) = struct.unpack("<f", struct.pack("<I", node.attributes[0]))
        demand(0 < factor < np.inf, "factor")
        value = np.clip(single(x * factor), -target.zero, 255 - target.zero)
        return np.rint(np.nan_to_num(value, nan=-target.zero)) + target.zero
    if not source.scale:
        demand(not target.scale and not any(t.scale for t in tensors), "bytes")
        return None
    if node.operator in MOVING:
        for tensor in [*tensors, target]:
            demand((tensor.scale, tensor.zero) == (source.scale, source.zero), "other bytes")
        if node.operator == PAD:
            demand(node.attributes[4] == 0, "padding")
            sides = [tuple(node.attributes[:3:2]), tuple(node.attributes[1:4:2]), (0, 0)]
            return np.pad(x, sides, constant_values=source.zero)
        return None
    demand(not target.scale, "result")
    centred = x - source.zero
    if node.operator == DEQUANTIZE:
        return single(centred * single(source.scale))
    if node.operator in (CONV, DENSE):
        return _weighted(node, [centred, *inputs[1:]])
    if node.operator == BINARY:
        demand(node.attributes == [1] and tensors[1].scale and x.shape == inputs[1].shape, "add")
        other = single((inputs[1] - tensors[1].zero) * single(tensors[1].scale))
        return single(single(centred * single(source.scale)).astype(float) + other)
    demand(node.operator in (AVERAGE_POOL, GLOBAL_AVERAGE), "operator on bytes")
    if node.operator == GLOBAL_AVERAGE:
        cells, sums = single(x.shape[0] * x.shape[1]), centred.sum((0, 1))
    else:
        a = node.attributes
        windows = reference.all_windows(centred, a[:2], a[2:4], (1, 1), a[4:8], np.nan)
        counted = (~np.isnan(windows)).sum((2, 3))
        cells, sums = single(a[0] * a[1] if a[8] else counted), np.nansum(windows, (2, 3))
    return single(single(sums) * (single(source.scale) / cells).astype(float))


def _weighted(node, inputs):
    demand(len(inputs) == 4, "constants")
    x, weights, bias, multiplier = inputs
    taps = weights[0].size
    demand(weights.min() >= -127 and (multiplier > 0).all(), "weights")
    demand(abs(bias).max() + taps * 255 * 127 <= 2**31 - 1, "limit")
    if node.operator == DENSE:
        sums = weights @ x + bias
    else:
        groups = node.attributes[8]
        demand(groups == 1 or (weights.shape[3] == 1 and len(weights) == groups), "groups")
        sums = reference.convolution([x, weights, bias], node.attributes)
    return single(single(sums) * multiplier)
