"""Makes files of Keras: keras.py MODULE NAME MODEL... (MODULE is keras, tf.keras or tf_keras).

Each file is called NAME-MODEL, as an archive .keras for zip-MODEL. Calls and versions for make.sh:

3.6   keras==2.1.6 tensorflow==1.8.0 h5py==2.10.0 numpy==1.16.6 protobuf==3.19.6
      keras.py keras keras-2.1.6 checkpoint old-channels rows
3.6   keras==2.2.4 tensorflow==1.12.0 h5py==2.10.0 numpy==1.16.6 protobuf==3.19.6
      keras.py keras keras-2.2.4 channels
3.7   keras==2.3.1 tensorflow-cpu==1.15.0 h5py==2.10.0 numpy==1.18.5 protobuf==3.19.6
      keras.py keras keras-2.3.1 weights nested
      keras.py tf.keras tf-1.15 mobile
3.7   tensorflow==2.0.0 h5py==2.10.0 numpy==1.18.5 protobuf==3.19.6
      keras.py tf.keras tf-2.0 calculated
3.8   tensorflow-cpu==2.4.1 h5py==2.10.0 protobuf==3.19.6
      keras.py tf.keras tf-2.4 augmented calculated
3.9   tensorflow-cpu==2.10.0 numpy==1.23.5 protobuf==3.19.6
      keras.py tf.keras tf-2.10 resized
3.10  tensorflow-cpu==2.13.0
      keras.py tf.keras tf-2.13 zip-nested weights-h5
3.10  tensorflow==2.16.2 tf_keras==2.16.0 keras==3.0.5
      keras.py tf_keras tf_keras-2.16 zip-residual
      keras.py keras keras-3.0 zip-channels
3.11  tensorflow==2.16.2 keras==3.3.3
      keras.py keras keras-3.3 weights-h5
3.11  tensorflow-cpu==2.21.0 keras==3.15.1
      keras.py keras keras-3.15 zip-resized zip-augmented
"""

import importlib
import sys

import numpy as np

import fashion
import keras_models as models

YEARS = {
    "keras-2.1.6": 2018,
    "keras-2.2.4": 2018,
    "keras-2.3.1": 2019,
    "tf-1.15": 2019,
    "tf-2.0": 2019,
    "tf-2.4": 2021,
    "tf-2.10": 2022,
    "tf-2.13": 2023,
    "keras-3.0": 2024,
    "keras-3.3": 2024,
    "tf_keras-2.16": 2024,
    "keras-3.15": 2026,
}


def fitted(k, model, raw=False, callbacks=(), epochs=5):
    """Trains a model for a moment."""
    images, labels = pixels(*fashion.load("train", 6000), raw)
    logits = not any(word in str(model.layers[-1].get_config()) for word in ("softmax", "Softmax"))
    loss = "sparse_categorical_crossentropy"
    if logits:
        loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    held_out = (images[:500], labels[:500])
    model.fit(
        *(images, labels),
        batch_size=32,
        epochs=epochs,
        verbose=0,
        validation_data=held_out,
        callbacks=list(callbacks),
    )
    return model


def pixels(images, labels, raw):
    """Images as the models take them."""
    images = images.reshape(-1, 28, 28, 1).astype("float32")
    return (images if raw else images / 255), labels


def answers(model, raw=False):
    """What a model says of the test images."""
    return model.predict(pixels(fashion.test_images(), None, raw)[0], verbose=0)


class Maker:
    """Makes one file after the other."""

    def __init__(self, module, name):
        self.tf = importlib.import_module("tensorflow")
        self.k = self.tf.keras if module == "tf.keras" else importlib.import_module(module)
        self.name = name
        tools = f"tensorflow {self.tf.__version__}"
        if module != "tf.keras":
            tools = f"{module} {self.k.__version__}, {tools}"
        self.tools = tools
        layers = self.k.layers
        # Until TensorFlow 2.5 they were experimental.
        self.images = layers if hasattr(layers, "RandomFlip") else None
        if self.images is None and hasattr(layers, "experimental"):
            self.images = layers.experimental.preprocessing

    def describe(self, name, found, options=(), **more):
        """Writes the answers beside a file."""
        fashion.describe(name, found, self.tools, YEARS[self.name], options, **more)

    def save(self, model, what, raw=False, found=None):
        """Saves a whole model, as an archive if its name says so, mostly without the optimiser."""
        name = f"{self.name}-{what.replace('zip-', '')}"
        if found is None:
            found = answers(model, raw)
        if not what.startswith("zip-"):
            model.save(name + ".h5", include_optimizer=False)
        else:
            if what != "zip-nested":
                trained, model = model, self.k.models.clone_model(model)
                model.set_weights(trained.get_weights())
            model.save(name + ".keras")
        self.describe(name, found)

    def make(self, what):
        """Makes the file called `what`."""
        self.k.backend.clear_session()
        base = what.replace("zip-", "")
        special = getattr(self, base.replace("-", "_"), None)
        if special:
            special(what)
        else:
            self.save(fitted(self.k, getattr(models, base)(self.k)), what)

    def checkpoint(self, what):
        """The best epoch, as the callback saves it, with the optimiser's state."""
        name = f"{self.name}-{what}"
        callback = self.k.callbacks.ModelCheckpoint(name + ".h5", save_best_only=True)
        fitted(self.k, models.bncnn(self.k), callbacks=[callback])
        self.describe(name, answers(self.k.models.load_model(name + ".h5")))

    def channels(self, what, permuted=False):
        """TensorFlow does not run channels_first on a CPU: channels_last answers for it."""
        last = fitted(self.k, models.channels(self.k, 3, permuted))
        found = answers(last)
        self.k.backend.set_image_data_format("channels_first")
        first = models.channels(self.k, 1, False)
        values = last.get_weights()
        first.set_weights([v.reshape(w.shape) for v, w in pairs(values, first.get_weights())])
        self.k.backend.set_image_data_format("channels_last")
        self.save(first, what, found=found)

    def old_channels(self, what):
        """Before Keras 2.2 Flatten did not know of channels_first."""
        self.channels(what, permuted=True)

    def weights(self, what):
        """Weights alone, and the layers as JSON."""
        name = f"{self.name}-{what}"
        model = fitted(self.k, models.residual(self.k))
        self.alone(model, name, name + ".h5")

    def weights_h5(self, what):
        """Weights alone under the name that Keras 3 wants."""
        name = f"{self.name}-{what}"
        model = fitted(self.k, models.residual(self.k))
        self.alone(model, name, name + ".weights.h5")

    def alone(self, model, name, file):
        """Saves the weights in `file` and the layers beside it."""
        model.save_weights(file)
        with open(name + ".config.json", "w") as stream:
            stream.write(model.to_json())
        config = name + ".config.json"
        self.describe(name, answers(model), ["--config", config], beside=[config])

    def augmented(self, what):
        """Takes raw pixels."""
        model = fitted(self.k, models.augmented(self.k, self.images), raw=True, epochs=8)
        self.save(model, what, raw=True)

    def calculated(self, what):
        """Takes raw pixels."""
        model = fitted(self.k, models.calculated(self.k, self.tf), raw=True)
        self.save(model, what, raw=True)

    def resized(self, what):
        """Takes raw pixels, which a Normalization layer scales as it found them."""
        model, norm = models.resized(self.k, self.images)
        norm.adapt(pixels(*fashion.load("train", 2000), raw=True)[0])
        self.save(fitted(self.k, model, raw=True), what, raw=True)


def pairs(first, second):
    """Two lists of arrays side by side."""
    if [np.size(array) for array in first] != [np.size(array) for array in second]:
        raise ValueError("the arrays do not fit each other")
    return [(array, second[number]) for number, array in enumerate(first)]


if __name__ == "__main__":
    np.random.seed(1)
    maker = Maker(*sys.argv[1:3])
    for argument in sys.argv[3:]:
        maker.make(argument)
