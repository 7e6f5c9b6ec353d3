# Python 3.7: tensorflow-cpu==1.15.0 keras==2.2.5 tf2onnx==1.5.6 keras2onnx==1.6.0 onnx==1.6.0
#     protobuf==3.20.1 h5py==2.10.0 numpy==1.18.5
# Python 3.8: tensorflow-cpu==2.5.0 tf2onnx==1.9.3 onnx==1.10.2 protobuf==3.17.3
# Python 3.11: tensorflow-cpu==2.15.0 tf2onnx==1.16.1 onnx==1.16.1 numpy<2
"""Trains small classifiers in Keras and exports them to ONNX.

onnx_tf.py EXPORTER MODEL OPSET, where EXPORTER is tf2onnx or keras2onnx.
"""

import os
import sys

os.environ["TF_KERAS"] = "1"  # For keras2onnx: the models are those of tensorflow.keras.

import numpy as np
import onnx
import tensorflow as tf
from tensorflow.keras import layers

import fashion

YEARS = {"1.15": 2019, "2.5": 2021, "2.15": 2023}


def bncnn():
    return [
        layers.Conv2D(8, 3, padding="same", input_shape=(28, 28, 1)),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(12, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(padding="same"),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ]


def mobile():
    return [
        layers.Reshape((28, 28, 1), input_shape=(784,)),
        layers.ZeroPadding2D(((0, 1), (0, 1))),
        layers.Conv2D(8, 3, strides=2, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(6.0),
        layers.DepthwiseConv2D(3, padding="same"),
        layers.PReLU(shared_axes=[1, 2]),
        layers.SeparableConv2D(16, 3, strides=2, padding="same", activation="elu"),
        layers.UpSampling2D(),
        layers.AveragePooling2D(3, strides=2, padding="same"),
        layers.LeakyReLU(0.2),
        layers.GlobalAveragePooling2D(),
        layers.Dense(10),
        layers.Activation("softmax"),
    ]


def lstm():
    return [
        layers.LSTM(12, return_sequences=True, input_shape=(28, 28)),
        layers.LSTM(12),
        layers.Dense(10, activation="softmax"),
    ]


def train(model, shape):
    images, labels = fashion.load("train", 12000)
    inputs = (images / 255).astype(np.float32).reshape(-1, *shape)
    loss = tf.keras.losses.SparseCategoricalCrossentropy()
    model.compile(tf.keras.optimizers.Adam(3e-3), loss)
    model.fit(inputs, labels, epochs=2, batch_size=64, verbose=0)


def by_keras2onnx(model, opset):
    import keras2onnx

    return keras2onnx.convert_keras(model, model.name, target_opset=opset), keras2onnx


def by_tf2onnx(model, opset):
    import tf2onnx

    if hasattr(getattr(tf2onnx, "convert", None), "from_keras"):
        spec = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="input")]
        return tf2onnx.convert.from_keras(model, spec, opset=opset)[0], tf2onnx
    # Before 1.8: a frozen graph.
    session = tf.keras.backend.get_session()
    names = [model.inputs[0].name], [model.outputs[0].name]
    frozen = tf.graph_util.convert_variables_to_constants(
        session, session.graph_def, [names[1][0].split(":")[0]]
    )
    with tf.Graph().as_default() as graph:
        frozen = tf2onnx.tfonnx.tf_optimize(names[0], names[1], frozen, True)
        tf.import_graph_def(frozen, name="")
        with tf.compat.v1.Session(graph=graph):
            converted = tf2onnx.tfonnx.process_tf_graph(
                graph, opset=opset, input_names=names[0], output_names=names[1]
            )
    return tf2onnx.optimizer.optimize_graph(converted).make_model("classifier"), tf2onnx


def main():
    exporter, kind, opset = sys.argv[1], sys.argv[2], int(sys.argv[3])
    (tf.random.set_seed if hasattr(tf.random, "set_seed") else tf.compat.v1.set_random_seed)(1)
    np.random.seed(1)
    make = {"bncnn": bncnn, "mobile": mobile, "lstm": lstm}[kind]
    model = tf.keras.Sequential(make())
    train(model, model.input_shape[1:])
    if tf.__version__.startswith("1."):
        # Built again, so that no choice between training and inference is in the graph.
        weights = model.get_weights()
        tf.keras.backend.clear_session()
        tf.keras.backend.set_learning_phase(0)
        model = tf.keras.Sequential(make())
        model.set_weights(weights)
    inputs = (fashion.test_images() / 255).astype(np.float32)
    answers = model.predict(inputs.reshape(-1, *model.input_shape[1:]), verbose=0)
    by = {"tf2onnx": by_tf2onnx, "keras2onnx": by_keras2onnx}[exporter]
    exported, package = by(model, opset)
    name = "onnx-{}-{}-{}-opset{}".format(exporter, package.__version__, kind, opset)
    onnx.save(exported, name + ".onnx")
    tools = "{} {}, tensorflow {}".format(exporter, package.__version__, tf.__version__)
    fashion.describe(name, answers, tools, YEARS[".".join(tf.__version__.split(".")[:2])])


main()
