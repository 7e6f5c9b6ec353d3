"""Names and numbers of TensorFlow Lite's schema (schema.fbs)."""

from __future__ import annotations

_OPERATORS = """
ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D
LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6
RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM
EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND
TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN
EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX
MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV
SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT
REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV
REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU
SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK ELU
REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL
PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS
HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE
READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM
MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1
"""
OPERATORS = _OPERATORS.split()
"""By their number, up to the last that can be converted."""

TYPES = {
    0: "float32",
    1: "float16",
    2: "int32",
    3: "uint8",
    4: "int64",
    5: "string",
    6: "bool",
    7: "int16",
    9: "int8",
    10: "float64",
    17: "int4",
    18: "bfloat16",
}
"""Element types by their number; those with NumPy's names can be constants."""

FUSED = ["NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"]
"""Activations that other operators have built in."""

OLD_OPERATORS_END = 127
"""Numbers from here on stand in a field of 32 bits alone."""


class Model:
    """Fields of the outermost table."""

    CODES, GRAPHS, DESCRIPTION, BUFFERS, METADATA = 1, 2, 3, 4, 6


class Code:
    """Fields of an operator's kind."""

    OLD_NUMBER, CUSTOM, NUMBER = 0, 1, 3


class SubGraph:
    """Fields of a graph."""

    TENSORS, INPUTS, OUTPUTS, OPERATORS, NAME = 0, 1, 2, 3, 4


class Tensor:
    """Fields of a tensor."""

    SHAPE, TYPE, BUFFER, NAME, QUANTIZATION, VARIABLE, SPARSITY, SIGNATURE = 0, 1, 2, 3, 4, 5, 6, 7


class Quantization:
    """Fields of what a tensor's bytes mean."""

    SCALE, ZERO_POINT, DETAILS, AXIS = 2, 3, 5, 6


class Operator:
    """Fields of a node."""

    CODE, INPUTS, OUTPUTS, OPTIONS = 0, 1, 2, 4


class Buffer:
    """Fields of a constant's bytes."""

    DATA, OFFSET = 0, 1


class Metadata:
    """Fields of a named buffer."""

    NAME, BUFFER = 0, 1


SETTINGS: dict[str, dict[str, tuple[int, str, int | float]]] = {
    "CONV_2D": {
        "padding": (0, "b", 0),
        "stride_w": (1, "i", 0),
        "stride_h": (2, "i", 0),
        "fused": (3, "b", 0),
        "dilation_w": (4, "i", 1),
        "dilation_h": (5, "i", 1),
    },
    "DEPTHWISE_CONV_2D": {
        "padding": (0, "b", 0),
        "stride_w": (1, "i", 0),
        "stride_h": (2, "i", 0),
        "fused": (4, "b", 0),
        "dilation_w": (5, "i", 1),
        "dilation_h": (6, "i", 1),
    },
    "AVERAGE_POOL_2D": {
        "padding": (0, "b", 0),
        "stride_w": (1, "i", 0),
        "stride_h": (2, "i", 0),
        "kernel_w": (3, "i", 0),
        "kernel_h": (4, "i", 0),
        "fused": (5, "b", 0),
    },
    "FULLY_CONNECTED": {"fused": (0, "b", 0), "format": (1, "b", 0), "keep": (2, "?", 0)},
    "ADD": {"fused": (0, "b", 0)},
    "CONCATENATION": {"axis": (0, "i", 0), "fused": (1, "b", 0)},
    "MEAN": {"keep": (0, "?", 0)},
    "SOFTMAX": {"beta": (0, "f", 0.0)},
    "LEAKY_RELU": {"alpha": (0, "f", 0.0)},
    "GELU": {"approximate": (0, "?", 0)},
    "PACK": {"axis": (1, "i", 0)},
    "GATHER": {"axis": (0, "i", 0), "batch": (1, "i", 0)},
    "STRIDED_SLICE": {
        "begin": (0, "i", 0),
        "end": (1, "i", 0),
        "ellipsis": (2, "i", 0),
        "new_axis": (3, "i", 0),
        "shrink": (4, "i", 0),
    },
    "BATCH_MATMUL": {"transposed_x": (0, "?", 0), "transposed_y": (1, "?", 0)},
}
"""The options of each operator that are of interest: field, type and default."""

for _operator, _like in {
    "MAX_POOL_2D": "AVERAGE_POOL_2D",
    "MUL": "ADD",
    "SUB": "ADD",
    "DIV": "ADD",
    "SUM": "MEAN",
    "REDUCE_MAX": "MEAN",
    "REDUCE_PROD": "MEAN",
}.items():
    SETTINGS[_operator] = SETTINGS[_like]

SIZES = {"RESHAPE": 0, "SQUEEZE": 0}
"""Operators with a list of integers in their options, and its field."""
