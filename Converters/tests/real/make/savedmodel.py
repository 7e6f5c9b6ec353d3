# Python 3.7: tensorflow==1.15.5 protobuf==3.20.3 h5py==2.10.0 (simple)
# Python 3.8: tensorflow-cpu==2.4.4 protobuf==3.20.3 (keras, weights, checkpoint)
# Python 3.10: tensorflow-cpu==2.10.1 protobuf==3.19.6 numpy==1.26.4 (module, weights)
# Python 3.11: tensorflow-cpu==2.15.1 (weights, checkpoint)
# Python 3.11: tensorflow-cpu==2.21.0 (export)
"""Trains small networks and writes SavedModels and checkpoints as each year's programs do."""

import os
import shutil
import sys
import zipfile

import numpy as np
import tensorflow as tf

import fashion

VERSION = tf.__version__
YEARS = {"1.15": 2019, "2.4": 2020, "2.10": 2022, "2.15": 2024, "2.21": 2026}
YEAR = YEARS[".".join(VERSION.split(".")[:2])]
MEAN, DEVIATION = 0.2860, 0.3530
COUNT, BATCH = 12000, 60


def pictures(images):
    """Prepared images (n, 28, 28, 1), float32."""
    return ((images[..., None] / 255.0 - MEAN) / DEVIATION).astype(np.float32)


def store(name, answers, zipped):
    """Writes the answers, and one file or a folder."""
    if zipped:
        with zipfile.ZipFile(name + ".zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for place, _, files in sorted(os.walk(name)):
                for file in sorted(files):
                    path = os.path.join(place, file)
                    stamp = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
                    stamp.compress_type = zipfile.ZIP_DEFLATED
                    with open(path, "rb") as stream:
                        archive.writestr(stamp, stream.read())
        shutil.rmtree(name)
    described(name, answers)


def described(name, answers):
    """Writes the answers."""
    labels = fashion.load("t10k", len(answers))[1]
    print(name, np.mean(np.argmax(answers, 1) == labels))
    options = ["--mean", str(MEAN), "--std", str(DEVIATION)]
    fashion.describe(name, answers, "tensorflow " + VERSION, YEAR, options)


def name_of(kind):
    """The folder to write, which must not be there yet."""
    name = "tensorflow-{}-{}".format(VERSION, kind)
    shutil.rmtree(name, ignore_errors=True)
    return name


def simple():
    """A graph of TensorFlow 1 in its own layers, saved with simple_save."""
    images, labels = fashion.load("train", COUNT)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        x = tf.placeholder(tf.float32, (None, 28, 28, 1), "images")
        training = tf.placeholder_with_default(False, (), "training")
        y = tf.layers.conv2d(x, 8, 5, 2, "same", use_bias=False)
        y = tf.nn.relu(tf.layers.batch_normalization(y, momentum=0.9, training=training))
        y = tf.layers.conv2d(y, 12, 3, padding="same", dilation_rate=2, activation=tf.nn.elu)
        y = tf.layers.max_pooling2d(y, 3, 2, "same")
        y = tf.reshape(y, (-1, 7 * 7 * 12))
        y = tf.layers.dropout(y, 0.2, training=training)
        logits = tf.layers.dense(tf.layers.dense(y, 12, tf.nn.relu), 10)
        targets = tf.placeholder(tf.int64, (None,))
        loss = tf.losses.sparse_softmax_cross_entropy(targets, logits)
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            step = tf.train.AdamOptimizer(0.003).minimize(loss)
        session.run(tf.global_variables_initializer())
        for number in range(600):
            chosen = np.arange(BATCH) + number * BATCH % COUNT
            feed = {x: pictures(images[chosen]), targets: labels[chosen], training: True}
            session.run(step, feed)
        name = name_of("simple")
        tf.saved_model.simple_save(session, name, {"images": x}, {"logits": logits})
        answers = session.run(logits, {x: pictures(fashion.test_images())})
        frozen = tf.graph_util.convert_variables_to_constants(
            session, session.graph_def, [logits.op.name]
        )
    store(name, answers, zipped=True)
    name = name_of("frozen")
    with open(name + ".pb", "wb") as stream:
        stream.write(frozen.SerializeToString())
    described(name, answers)


def trained(model, *callbacks):
    """A model of Keras after some training."""
    images, labels = fashion.load("train", COUNT)
    model.compile(tf.keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    model.fit(pictures(images), labels, BATCH, epochs=3, verbose=0, callbacks=list(callbacks))
    return model


def network():
    """Convolutions with batch normalisation, a shortcut, and probabilities."""
    tf.random.set_seed(1)
    np.random.seed(1)
    layers = tf.keras.layers
    source = tf.keras.Input((28, 28, 1))
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(source)
    x = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9)(x))
    y = layers.SeparableConv2D(8, 3, padding="same", activation="relu")(x)
    x = layers.BatchNormalization(momentum=0.9)(layers.add([x, y]))
    x = layers.AveragePooling2D(2)(x)
    x = layers.Dropout(0.1)(layers.Flatten()(x))
    return tf.keras.Model(source, layers.Dense(10, activation="softmax")(x))


def keras():
    """A folder of model.save(), which holds the training's functions too."""
    model, name = trained(network()), name_of("keras")
    model.save(name)
    store(name, model.predict(pictures(fashion.test_images())), zipped=True)


def weights():
    """What ModelCheckpoint keeps of weights alone, and the layers in JSON."""
    name = name_of("weights")
    keep = tf.keras.callbacks.ModelCheckpoint(name, save_weights_only=True)
    alone(name, trained(network(), keep), name)


def checkpoint():
    """What save_weights("best.ckpt") stores of a row of layers, and the layers in JSON."""
    tf.random.set_seed(1)
    np.random.seed(1)
    layers, name = tf.keras.layers, name_of("checkpoint")
    model = tf.keras.Sequential(
        [
            layers.Conv2D(8, 3, padding="same", input_shape=(28, 28, 1)),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.Conv2D(12, 1, activation="relu"),
            layers.MaxPooling2D(3),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(16, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    trained(model).save_weights(name + ".ckpt")
    alone(name, model, name + ".ckpt")


def alone(name, model, weights):
    """Writes the layers and the answers beside the weights, without the list of checkpoints."""
    os.remove("checkpoint")
    layers = name + ".layers.json"
    with open(layers, "w") as stream:
        stream.write(model.to_json())
    answers = model.predict(pictures(fashion.test_images()), verbose=0)
    beside = [layers, weights + ".data-00000-of-00001"]
    options = ["--config", layers, "--mean", str(MEAN), "--std", str(DEVIATION)]
    fashion.describe(name, answers, "tensorflow " + VERSION, YEAR, options, beside=beside)


def export():
    """A folder of Keras 3's model.export()."""
    model, name = trained(network()), name_of("export")
    model.export(name, verbose=False)
    store(name, model.predict(pictures(fashion.test_images()), verbose=0), zipped=True)


def module():
    """A tf.Module of its own with a tf.function, two signatures, and rows of 784 numbers."""

    class Classifier(tf.Module):
        """Weights of a trained model, in operators of TensorFlow."""

        def __init__(self, weights):
            super().__init__()
            self.weights = [tf.Variable(weight) for weight in weights]

        @tf.function(input_signature=[tf.TensorSpec((None, 784), tf.float32)])
        def logits(self, rows):
            """Rows to (n, 10)."""
            kernel, bias, slope, matrix, offset = self.weights
            x = tf.reshape(rows, (tf.shape(rows)[0], 28, 28, 1))
            x = tf.nn.bias_add(tf.nn.conv2d(x, kernel, 2, "SAME"), bias)
            x = tf.maximum(x, 0) + slope * tf.minimum(x, 0)
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
            x = tf.reshape(x, (tf.shape(x)[0], -1))
            return {"logits": tf.matmul(x, matrix) + offset}

        @tf.function(input_signature=[tf.TensorSpec((None, 784), tf.float32)])
        def classify(self, rows):
            """Rows to (n, 10)."""
            return {"probabilities": tf.nn.softmax(self.logits(rows)["logits"])}

    tf.random.set_seed(1)
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Conv2D(8, 5, strides=2, padding="same", input_shape=(28, 28, 1)),
            layers.PReLU(shared_axes=[1, 2]),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    classifier, name = Classifier(trained(model).get_weights()), name_of("module")
    signatures = {"serving_default": classifier.classify, "logits": classifier.logits}
    tf.saved_model.save(classifier, name, signatures)
    rows = pictures(fashion.test_images()).reshape(-1, 784)
    store(name, classifier.classify(tf.constant(rows))["probabilities"].numpy(), zipped=False)


for argument in sys.argv[1:]:
    globals()[argument]()
