# Python 3.6: tensorflow==1.14.0 protobuf==3.19.6 h5py==2.10.0 (float, aware)
# Python 3.7: tensorflow==1.15.5 protobuf==3.20.3 h5py==2.10.0 (dynamic, int8)
# Python 3.8: tensorflow-cpu==2.3.4 protobuf==3.20.3 (half, int8-io)
# Python 3.10: tensorflow-cpu==2.8.4 protobuf==3.19.6 numpy==1.26.4 (mobile, dynamic)
# Python 3.11: tensorflow-cpu==2.15.1 (residual, mobile-uint8-io, residual-int8)
# Python 3.11: tensorflow-cpu==2.21.0 (residual, half, dynamic, int8)
"""Trains small networks and writes TFLite files in all the ways in which they are quantised."""

import os
import sys

import numpy as np
import tensorflow as tf

import fashion

VERSION = tf.__version__
OLD = VERSION.startswith("1.")
YEARS = {"1.14": 2019, "1.15": 2019, "2.3": 2020, "2.8": 2022, "2.15": 2023, "2.21": 2026}
# TensorFlow 1 starts its converter as a command of its own.
os.environ["PATH"] = os.path.join(sys.prefix, "bin") + os.pathsep + os.environ["PATH"]
YEAR = YEARS[".".join(VERSION.split(".")[:2])]
LAYERS = tf.keras.layers
BYTES = "the interpreter rounds each layer to bytes, halves away from zero"
DYNAMIC = "the interpreter rounds the input of each layer to bytes, the converted model does not"


def pictures(images, mean=0.0, deviation=1.0):
    """Prepared images (n, 28, 28, 1), float32."""
    return ((images[..., None] / 255.0 - mean) / deviation).astype(np.float32)


def bncnn():
    """A row of layers that ends with probabilities."""
    return tf.keras.Sequential(
        [
            LAYERS.Conv2D(8, 3, padding="same", input_shape=(28, 28, 1)),
            LAYERS.BatchNormalization(momentum=0.9),
            LAYERS.Activation("relu"),
            LAYERS.MaxPooling2D(2),
            LAYERS.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            LAYERS.BatchNormalization(momentum=0.9),
            LAYERS.Flatten(),
            LAYERS.Dropout(0.2),
            LAYERS.Dense(24, activation="relu"),
            LAYERS.Dense(10, activation="softmax"),
        ]
    )


def mobile():
    """Depthwise convolutions, ReLU6 and means."""
    layers = [LAYERS.Conv2D(12, 3, strides=2, use_bias=False, input_shape=(28, 28, 1))]
    for filters, stride in [(24, 1), (32, 2)]:
        layers += [
            LAYERS.BatchNormalization(momentum=0.9),
            LAYERS.ReLU(6.0),
            LAYERS.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False),
            LAYERS.BatchNormalization(momentum=0.9),
            LAYERS.ReLU(6.0),
            LAYERS.Conv2D(filters, 1, use_bias=False),
        ]
    layers += [
        LAYERS.BatchNormalization(momentum=0.9),
        LAYERS.AveragePooling2D(3, strides=2, padding="same"),
        LAYERS.GlobalAveragePooling2D(),
        LAYERS.Dense(10, activation="softmax"),
    ]
    return tf.keras.Sequential(layers)


def residual():
    """Branches of all kinds, and logits."""
    source = tf.keras.Input((28, 28, 1))
    x = LAYERS.ZeroPadding2D(((1, 0), (1, 0)))(source)
    x = LAYERS.Conv2D(12, 3, strides=2)(x)
    x = LAYERS.LeakyReLU(0.1)(LAYERS.BatchNormalization(momentum=0.9)(x))
    y = LAYERS.Conv2D(12, 3, padding="same", dilation_rate=2, activation="relu")(x)
    y = LAYERS.BatchNormalization(momentum=0.9)(y)
    y = LAYERS.Conv2D(12, 3, padding="same")(y)
    x = LAYERS.Activation("relu")(LAYERS.add([x, y]))
    gate = LAYERS.GlobalAveragePooling2D()(x)
    gate = LAYERS.Reshape((1, 1, 12))(gate)
    gate = LAYERS.Conv2D(12, 1, activation="sigmoid")(gate)
    x = LAYERS.multiply([x, gate])
    x = LAYERS.concatenate(
        [
            LAYERS.MaxPooling2D(3, strides=2, padding="same")(x),
            LAYERS.Conv2D(12, 3, strides=2, padding="same", activation="tanh")(x),
        ]
    )
    x = LAYERS.Conv2D(16, 1)(x)
    x = LAYERS.PReLU(shared_axes=[1, 2])(x)
    x = LAYERS.GlobalAveragePooling2D()(x)
    return tf.keras.Model(source, LAYERS.Dense(10)(x))


def trained(build, mean=0.0, deviation=1.0):
    """The network after a few minutes on some of the images."""
    np.random.seed(1)
    (tf.compat.v1.set_random_seed if OLD else tf.random.set_seed)(1)
    images, labels = fashion.load("train", 12000)
    model = build()
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=build is residual)
    model.compile(tf.keras.optimizers.Adam(0.003), loss)
    model.fit(pictures(images, mean, deviation), labels, 64, epochs=4, verbose=0)
    return model


def converter_of(model):
    """A converter, by the version's usual way."""
    if OLD:
        model.save("model.h5", include_optimizer=False)
        return tf.compat.v1.lite.TFLiteConverter.from_keras_model_file("model.h5")
    return tf.lite.TFLiteConverter.from_keras_model(model)


def calibrate(converter, mean=0.0, deviation=1.0):
    """Makes the converter quantise everything."""
    images, _ = fashion.load("train", 200)

    def samples():
        for image in images:
            yield [pictures(image[None], mean, deviation)]

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    if OLD:
        converter.target_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]


def store(kind, content, mean=0.0, deviation=1.0, tolerance=1e-4, **more):
    """Writes the file and what the interpreter answers."""
    name = "tflite-{}-{}".format(VERSION, kind)
    with open(name + ".tflite", "wb") as stream:
        stream.write(content)
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    answers = []
    for picture in pictures(fashion.test_images(), mean, deviation):
        if source["dtype"] != np.float32:
            scale, zero = source["quantization"]
            limits = np.iinfo(source["dtype"])
            picture = np.clip(np.rint(picture / scale) + zero, limits.min, limits.max)
        interpreter.set_tensor(source["index"], picture[None].astype(source["dtype"]))
        interpreter.invoke()
        answer = interpreter.get_tensor(target["index"])[0].astype(np.float32)
        if target["dtype"] != np.float32:
            scale, zero = target["quantization"]
            answer = (answer - zero) * np.float32(scale)
        answers.append(answer)
    options = []
    if (mean, deviation) != (0.0, 1.0):
        options = ["--mean", str(mean), "--std", str(deviation)]
    labels = fashion.load("t10k", len(answers))[1]
    print(name, len(content), np.mean(np.argmax(answers, 1) == labels))
    fashion.describe(name, answers, "tensorflow " + VERSION, YEAR, options, tolerance, **more)


def aware():
    """Quantisation-aware training of TensorFlow 1, and bytes without signs."""
    images, labels = fashion.load("train", 12000)

    def network(training):
        x = tf.placeholder(tf.float32, (64 if training else 1, 28, 28, 1), "input")
        y = tf.contrib.layers.conv2d(
            x,
            8,
            3,
            2,
            normalizer_fn=tf.contrib.layers.batch_norm,
            normalizer_params={"is_training": training, "decay": 0.9},
            activation_fn=tf.nn.relu6,
        )
        y = tf.contrib.layers.conv2d(y, 16, 3, activation_fn=tf.nn.relu6)
        y = tf.contrib.layers.max_pool2d(y, 2)
        y = tf.contrib.layers.flatten(y)
        y = tf.contrib.layers.fully_connected(y, 24, activation_fn=tf.nn.relu6)
        y = tf.contrib.layers.fully_connected(y, 10, activation_fn=None)
        return x, y

    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.set_random_seed(1)
        x, logits = network(True)
        targets = tf.placeholder(tf.int64, (64,))
        loss = tf.losses.sparse_softmax_cross_entropy(targets, logits)
        tf.contrib.quantize.create_training_graph(graph, quant_delay=200)
        updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        with tf.control_dependencies(updates):
            step = tf.train.AdamOptimizer(0.003).minimize(loss)
        session.run(tf.global_variables_initializer())
        for number in range(800):
            chosen = np.arange(64) + number * 64 % 11904
            feed = {x: pictures(images[chosen]), targets: labels[chosen]}
            session.run(step, feed)
        tf.train.Saver().save(session, "./aware")
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x, logits = network(False)
        output = tf.nn.softmax(logits)
        tf.contrib.quantize.create_eval_graph(graph)
        tf.train.Saver().restore(session, "./aware")
        converter = tf.lite.TFLiteConverter.from_session(session, [x], [output])
        converter.inference_type = tf.lite.constants.QUANTIZED_UINT8
        converter.quantized_input_stats = {"input": (0.0, 255.0)}
        store("aware-uint8", converter.convert(), tolerance=0.05, reason=BYTES)


def write(kind):
    """One file."""
    if kind == "aware":
        aware()
        return
    name = kind.split("-")[0]
    normalised = name in ("half", "mobile") or kind == "residual-int8"
    normal = (0.2860, 0.3530) if normalised else (0.0, 1.0)
    build = {"mobile": mobile, "residual": residual}.get(name, bncnn)
    converter = converter_of(trained(build, *normal))
    tolerance, more = 1e-4, {}
    if kind == "half":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    elif kind == "dynamic":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        tolerance, more = 0.05, {"reason": DYNAMIC}
    elif "int8" in kind:
        calibrate(converter, *normal)
        tolerance, more = 0.06 if build is residual else 0.08, {"reason": BYTES}
        if kind.endswith("io"):
            bytes_ = tf.uint8 if "uint8" in kind else tf.int8
            converter.inference_input_type = converter.inference_output_type = bytes_
    store(kind, converter.convert(), *normal, tolerance=tolerance, **more)


for argument in sys.argv[1:]:
    write(argument)
for left in ["model.h5", "checkpoint", "aware.meta", "aware.index", "aware.data-00000-of-00001"]:
    if os.path.exists(left):
        os.remove(left)
