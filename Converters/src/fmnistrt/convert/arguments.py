"""The command line of `fmnist-convert`, and its help."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from .quantize import command

EXAMPLES = """examples:
  fmnist-convert runs/bncnn/best.ckpt bncnn.fmg
      Keras or ONNX, recognised by content. The model was trained on pixels / 255, the default.
  fmnist-convert model.onnx model.fmg --mean 0.2860 --std 0.3530
      It was trained on (pixels / 255 - mean) / std, as PyTorch's Normalize does.
  fmnist-convert model.h5 model.fmg --scale 1
      It was trained on pixels from 0 to 255 as they are.
  fmnist-convert model.h5 --check /usr/share/datasets/fashion-mnist
      What was it trained on? The accuracy under the usual preparations tells; nothing is written.
  fmnist-convert cats.keras cats.fmg --labels cat,dog --accuracy 0.97 --name "cats and dogs"
      Other classes; --labels also takes a file with one name a line.
  fmnist-convert best.keras small.fmg --weights f16
      Half the file, and faster where dense layers are large; probabilities move by some 1e-3.
  fmnist-convert best.keras int8.fmg --quantize int8 --calibrate /usr/share/datasets/fashion-mnist
      A quarter of the file, computed in bytes: ranges are measured on 1,000 training pictures.
  fmnist-convert qdq.onnx int8.fmg
      It is quantised already (by onnxruntime's quantize_static, say): its bytes are taken over.
  fmnist-convert mobile.tflite mobile.fmg
      TensorFlow Lite, float or quantised. A folder is a SavedModel, which needs TensorFlow.
  fmnist-convert lenet.pt lenet.fmg --arch "conv(padding=2) relu maxpool flatten linear"
      PyTorch, safetensors or .npz: weights without a model, whose layers --arch names in order.
      Without --arch the message lists the tensors and proposes a line; docs/converting.md explains.
  fmnist-convert resnet.ckpt resnet.fmg --module "train.py:ResNet(10, width=16)"
      The same, with the class whose weights these are: runs train.py, and needs PyTorch.
  fmnist-convert pipeline.skops pipeline.fmg
      scikit-learn: neighbours, support vectors, linear ones, networks; behind scalers and PCA.

Programs always pass plain pixels from 0 to 255 to the finished model: what --scale, --mean, --std
and --invert say is stored in it and applied by the library. The finished file is run through the
library and compared with the source model before it is put in place.

Keras layers: Activation, Add, Average, AveragePooling2D, BatchNormalization, CenterCrop,
Concatenate, Conv2D, Conv2DTranspose, Cropping2D, Dense, DepthwiseConv2D, ELU, Flatten,
GlobalAveragePooling2D, GlobalMaxPooling2D, LeakyReLU, MaxPooling2D, Maximum, Minimum, Multiply,
Normalization, PReLU, Permute, ReLU, Rescaling, Reshape, Resizing, SeparableConv2D, Softmax,
Subtract, UpSampling2D, ZeroPadding2D, the same for sequences (Conv1D ...), models within models,
and calculations such as x / 255, x + y or tf.nn.relu(x); dropout, noise and augmentation are left
out.
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="fmnist-convert",
        description="Freezes a trained classifier (Keras, ONNX, TensorFlow, PyTorch, safetensors, "
        ".npz, scikit-learn) into an .fmg file for libfmnistrt.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("checkpoint", type=Path, help="the trained model")
    result.add_argument(
        "output", type=Path, nargs="?", help="the .fmg file to write; may be left out with --check"
    )
    pixels = result.add_argument_group(
        "what the model was trained on (value = (p / scale - M) / S)"
    )
    pixels.add_argument(
        "--scale", type=_scale, help="default: 255; 1 if the model begins with its own rescaling"
    )
    pixels.add_argument("--mean", type=_numbers, metavar="M[,M,M]", help="default: 0")
    pixels.add_argument("--std", type=_deviations, metavar="S[,S,S]", help="default: 1")
    pixels.add_argument("--invert", action="store_true", help="it takes 255 - p instead of p")
    pixels.add_argument(
        "--check",
        type=Path,
        metavar="DATA",
        help="find out what it was trained on: accuracy under the usual preparations, on pictures "
        "with labels (a folder of IDX files, whose test set is taken, a .csv or an .npz)",
    )
    pixels.add_argument(
        "--check-pictures",
        type=command.count,
        metavar="N",
        help="how many of them, chosen at random, every class alike (default: 1000)",
    )
    weights = result.add_argument_group("for weights without a model")
    weights.add_argument(
        "--arch",
        metavar="LAYERS",
        help="PyTorch, safetensors, .npz: the layers in order, such as 'conv(padding=1) bn relu "
        "maxpool flatten linear'",
    )
    weights.add_argument(
        "--module",
        metavar="FILE.py:CLASS",
        help="the class whose weights these are, with arguments as in 'net.py:Net(10, width=2)': "
        "runs that file, and needs PyTorch",
    )
    weights.add_argument(
        "--input", type=_image, metavar="HxWxC", help="size of the pictures (default: 28x28x1)"
    )
    weights.add_argument(
        "--probabilities",
        action="store_true",
        help="put a softmax behind the last layer, which is otherwise taken to give logits",
    )
    weights.add_argument(
        "--config",
        type=Path,
        metavar="JSON",
        help="Keras: what model.to_json() gave (default: a file beside the weights)",
    )
    scikit = result.add_argument_group("for classifiers of scikit-learn")
    scikit.add_argument(
        "--trust-pickle",
        action="store_true",
        help="load the file, of joblib or pickle, which can run any code: only if you trust it",
    )
    scikit.add_argument(
        "--backbone", type=Path, metavar="FILE", help="the network that makes the features"
    )
    scikit.add_argument("--layer", metavar="NAME", help="the layer of it that gives the features")
    result.add_argument(
        "--signature",
        metavar="NAME",
        help="the function of a SavedModel to convert (default: serving_default), or the node that "
        "gives the answers in a graph of TensorFlow",
    )
    about = result.add_argument_group("what the file says about the model")
    about.add_argument(
        "--labels", metavar="FILE|A,B,C", help="names of the classes (default: Fashion-MNIST's)"
    )
    about.add_argument("--name", help="default: the name in the checkpoint")
    about.add_argument("--accuracy", type=command.share, help="measured accuracy, such as 0.94")
    about.add_argument(
        "--golden",
        type=_golden,
        default=4,
        metavar="N",
        help="inputs stored with their answers for the self-test, 0 to 64 (default: 4)",
    )
    result.add_argument(
        "--weights",
        choices=("f32", "f16"),
        default="f32",
        help="f16 rounds the weights of convolutions and dense layers to half precision: half the "
        "file, and large dense layers run up to twice as fast",
    )
    command.add_arguments(result)
    result.add_argument("--force", action="store_true", help="replace an existing output")
    result.add_argument(
        "--explain",
        action="store_true",
        help="print the model as it was read, and what each step of the conversion changes",
    )
    result.add_argument("--json", action="store_true", help="print the report as JSON")
    result.add_argument(
        "--no-verify", action="store_true", help="do not run the finished file through the library"
    )
    return result


def _numbers(text: str) -> tuple[float, ...]:
    values = tuple(float(part) for part in text.split(","))
    if len(values) not in (1, 3) or not all(map(math.isfinite, values)):
        raise argparse.ArgumentTypeError(f"{text} is not one number or three")
    return values


def _deviations(text: str) -> tuple[float, ...]:
    values = _numbers(text)
    if min(values) <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return values


def _scale(text: str) -> float:
    value = float(text)
    if value == 0 or not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text} is not a finite number other than 0")
    return value


def _image(text: str) -> tuple[int, ...]:
    sizes = tuple(int(size) for size in text.split("x"))
    if len(sizes) != 3 or min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not height x width x channels, as 28x28x1")
    return sizes


def _golden(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 64:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 64")
    return value
