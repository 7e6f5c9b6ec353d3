"""The runtimes that are compared, each behind the same three calls."""

from .lite_rt import LiteRT
from .ncnn_runtime import Ncnn
from .onnx_runtime import OnnxRuntime
from .openvino_runtime import OpenVino, OpenVinoQdq
from .ours import Ours
from .protocol import Runtime

OURS = "fmnistrt"
RUNTIMES: dict[str, type[Runtime]] = {
    OURS: Ours,
    "ONNX Runtime": OnnxRuntime,
    "OpenVINO": OpenVino,
    "OpenVINO QDQ": OpenVinoQdq,
    "ncnn": Ncnn,
    "LiteRT": LiteRT,
}
FLOAT_ONLY, INT8_ONLY = {"ncnn"}, {"OpenVINO QDQ"}


def of_type(names: list[str], type_: str) -> list[str]:
    """Those that have models of a number type."""
    without = INT8_ONLY if type_ == "float" else FLOAT_ONLY
    return [name for name in names if name not in without]
