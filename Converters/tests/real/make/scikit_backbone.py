# Python versions and requirements: scikit.sh.
"""Support vectors of scikit-learn on what a layer of a network of Keras gives."""

import joblib
import keras
import numpy as np
import sklearn
from keras import layers
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from fashion import describe, load, test_images

NAME = f"scikit-{sklearn.__version__}-backbone"
NETWORK = f"{NAME}-network.keras"


def pixels(images):
    return images[..., None].astype(np.float32) / 255


keras.utils.set_random_seed(1)
network = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(8, 3, strides=2, activation="relu"),
        layers.BatchNormalization(),
        layers.Conv2D(12, 3, activation="relu"),
        layers.MaxPooling2D(3),
        layers.Flatten(name="flatten"),
        layers.Dense(10, activation="softmax"),
    ]
)
network.compile("adam", "sparse_categorical_crossentropy")
images, labels = load("train", 4000)
network.fit(pixels(images), labels, epochs=3, verbose=0)
network.save(NETWORK)
features = keras.Model(network.inputs, network.get_layer("flatten").output)
pipeline = make_pipeline(StandardScaler(), SVC(break_ties=True))
pipeline.fit(features.predict(pixels(images[:80]), verbose=0), labels[:80])
joblib.dump(pipeline, f"{NAME}.joblib")
answers = pipeline.decision_function(features.predict(pixels(test_images()), verbose=0))
describe(
    NAME,
    answers,
    f"scikit-learn {sklearn.__version__}, keras {keras.__version__}",
    2026,
    ["--trust-pickle", "--backbone", NETWORK, "--layer", "flatten"],
    beside=[NETWORK],
)
