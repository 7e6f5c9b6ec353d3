"""Makes a file of Keras 1 on Theano, whose images and kernels lie otherwise. For make.sh:

3.6   keras==1.2.2 theano==1.0.5 numpy==1.16.6 h5py==2.10.0 scipy==1.5.4 pyyaml==5.4.1
"""

import os

os.environ["KERAS_BACKEND"] = "theano"
os.environ["THEANO_FLAGS"] = "floatX=float32,device=cpu"

import keras
import numpy as np
import theano
import theano.ifelse  # Keras 1 uses it, but does not import it.
from keras import layers
from keras.models import Sequential

import fashion

NAME = "keras-1.2.2-theano"


def pixels(images):
    """Images as channels first."""
    return images.reshape(-1, 1, 28, 28).astype("float32") / 255


def main():
    """Trains the model for a moment and saves it."""
    keras.backend.set_image_dim_ordering("th")
    np.random.seed(1)
    model = Sequential()
    model.add(layers.Convolution2D(5, 3, 3, border_mode="same", input_shape=(1, 28, 28)))
    model.add(layers.BatchNormalization(axis=1))
    model.add(layers.Activation("relu"))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Convolution2D(6, 4, 3, subsample=(2, 2), activation="hard_sigmoid"))
    model.add(layers.Dropout(0.1))
    model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    images, labels = fashion.load("train", 6000)
    model.fit(pixels(images), labels.reshape(-1, 1), batch_size=32, nb_epoch=5, verbose=0)
    model.save(NAME + ".h5")
    tools = f"keras {keras.__version__}, theano {theano.__version__}"
    fashion.describe(NAME, model.predict(pixels(fashion.test_images())), tools, 2017)


if __name__ == "__main__":
    main()
