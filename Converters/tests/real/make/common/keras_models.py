"""Small models as people write them, for every Keras from 2.1 on. `k` is the module of Keras."""


def bncnn(k, shape=(28, 28, 1)):
    """The usual first network: convolutions, norms, pooling, dropout, two dense layers."""
    layers = k.layers
    decay = k.regularizers.l2(1e-4)
    return k.models.Sequential(
        [
            layers.Conv2D(
                4,
                (3, 3),
                padding="same",
                kernel_initializer="he_normal",
                kernel_regularizer=decay,
                input_shape=shape,
            ),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.1),
            layers.Conv2D(8, (3, 3), activation="relu", kernel_regularizer=decay),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-4),
            layers.MaxPooling2D(3),
            layers.Dropout(0.1),
            layers.Flatten(),
            layers.Dense(12, activation="relu"),
            layers.Dropout(0.1),
            layers.Dense(10, activation="softmax"),
        ]
    )


def residual(k):
    """Branches that add, join, multiply, average; a convolution that is used twice."""
    layers = k.layers
    image = layers.Input(shape=(28, 28, 1), name="image")
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem")(image)
    x = layers.BatchNormalization(name="stem_norm")(x)
    x = layers.Activation("relu", name="stem_relu")(x)
    y = layers.Conv2D(8, 3, padding="same", use_bias=False, name="block_conv1")(x)
    y = layers.BatchNormalization(scale=False, name="block_norm1")(y)
    y = layers.LeakyReLU(name="block_leaky")(y)
    y = layers.Conv2D(8, 3, padding="same", name="block_conv2")(y)
    x = layers.Add(name="block_sum")([x, y])
    gate = layers.GlobalAveragePooling2D(name="squeeze")(x)
    gate = layers.Dense(4, activation="relu", name="squeeze_dense")(gate)
    gate = layers.Dense(8, activation="sigmoid", name="excite_dense")(gate)
    x = layers.Multiply(name="excite")([x, layers.Reshape((1, 1, 8), name="as_image")(gate)])
    shared = layers.Conv2D(8, 3, padding="same", activation="tanh", name="shared")
    a, b = shared(x), shared(layers.AveragePooling2D(3, 1, padding="same", name="blur")(x))
    x = layers.Concatenate(name="join")(
        [
            layers.Average(name="mean")([a, b]),
            layers.Maximum(name="most")([a, x]),
            layers.Subtract(name="difference")([a, b]),
        ]
    )
    x = layers.MaxPooling2D(5, name="pool")(x)
    x = layers.Flatten(name="flatten")(x)
    answer = layers.Dense(10, activation="softmax", name="answer")(x)
    return k.models.Model(image, answer, name="residual")


def mobile(k):
    """Depthwise and separable convolutions, and activations that are layers."""
    layers = k.layers
    return k.models.Sequential(
        [
            layers.ZeroPadding2D(((0, 1), (0, 1)), input_shape=(28, 28, 1)),
            layers.Conv2D(8, 3, strides=2, padding="valid", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.DepthwiseConv2D(3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.PReLU(shared_axes=[1, 2]),
            layers.Conv2D(12, 1),
            layers.ELU(0.5),
            layers.SeparableConv2D(16, 3, strides=2, padding="same", activation="selu"),
            layers.AveragePooling2D(2),
            layers.GlobalMaxPooling2D(),
            layers.Dropout(0.1),
            layers.Dense(10),
            layers.Softmax(),
        ],
        name="mobile",
    )


def channels(k, axis, permuted):
    """Channels on `axis`: 1 or 3. `permuted` flattens channels_last as old channels_first do."""
    layers = k.layers
    image = layers.Input(shape=(1, 28, 28) if axis == 1 else (28, 28, 1))
    x = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu")(image)
    x = layers.BatchNormalization(axis=axis)(x)
    y = layers.ZeroPadding2D(1)(x)
    y = layers.SeparableConv2D(6, 3)(y)
    x = layers.Add()([x, y])
    x = layers.Concatenate(axis=axis)([x, layers.MaxPooling2D(3, 1, padding="same")(x)])
    x = layers.PReLU(shared_axes=[1, 2] if axis == 3 else [2, 3])(x)
    x = layers.MaxPooling2D()(x)
    if permuted:
        x = layers.Permute((3, 1, 2))(x)
    x = layers.Flatten()(x)
    return k.models.Model(image, layers.Dense(10, activation="softmax")(x))


def nested(k):
    """Models within a model, one of them with its first layers frozen."""
    layers = k.layers
    features = k.models.Sequential(name="features")
    for number in range(2):
        block = k.models.Sequential(name=f"block{number}")
        shape = (14 if number else 28, 14 if number else 28, 6 if number else 1)
        block.add(layers.Conv2D(6, 3, padding="same", name=f"conv{number}", input_shape=shape))
        block.add(layers.BatchNormalization(name=f"norm{number}"))
        block.add(layers.Activation("relu", name=f"relu{number}"))
        block.add(layers.MaxPooling2D(name=f"pool{number}"))
        features.add(block)
    features.layers[0].layers[0].trainable = False
    model = k.models.Sequential(name="nested")
    model.add(features)
    model.add(layers.Flatten())
    model.add(k.models.Sequential([layers.Dense(10, input_shape=(294,))], name="head"))
    return model


def augmented(k, tools):
    """Raw pixels through augmentation, then scaling; `tools` is the module of these layers."""
    layers = k.layers
    augmentation = k.models.Sequential(
        [
            tools.RandomFlip("horizontal", input_shape=(28, 28, 1)),
            tools.RandomRotation(0.02),
            tools.RandomZoom(0.05),
            tools.RandomTranslation(0.05, 0.05),
            tools.RandomContrast(0.1),
        ],
        name="augmentation",
    )
    image = k.Input(shape=(28, 28, 1))
    x = augmentation(image)
    x = tools.Rescaling(1.0 / 127.5, offset=-1)(x)
    x = layers.GaussianNoise(0.05)(x)
    x = layers.Conv2D(8, 3, strides=2, activation="relu", padding="same")(x)
    x = layers.Conv2D(8, 3, strides=3, activation="swish", padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(10)(x)
    return k.Model(image, layers.Activation("softmax", dtype="float32")(x))


def resized(k, tools):
    """Layers that change the size of the image, and normalisation that was adapted to data."""
    layers = k.layers
    norm = tools.Normalization(axis=-1)
    model = k.models.Sequential(
        [
            k.Input(shape=(28, 28, 1)),
            norm,
            tools.Resizing(20, 24),
            tools.CenterCrop(18, 17),
            layers.Cropping2D(((1, 2), (0, 1))),
            layers.Conv2D(6, 3, strides=2, activation="relu"),
            layers.UpSampling2D((2, 1)),
            layers.Conv2DTranspose(5, 3, strides=2, padding="same", activation="relu"),
            layers.UpSampling2D(2, interpolation="bilinear"),
            layers.MaxPooling2D(4),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ],
        name="resized",
    )
    return model, norm


def rows(k):
    """The image as a sequence of rows."""
    layers = k.layers
    return k.models.Sequential(
        [
            layers.Reshape((28, 28), input_shape=(28, 28, 1)),
            layers.Conv1D(16, 3, padding="causal", activation="relu"),
            layers.MaxPooling1D(2),
            layers.SeparableConv1D(16, 5, padding="same"),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.AveragePooling1D(2, padding="same"),
            layers.Conv1D(16, 3, dilation_rate=2, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(10, activation="softmax"),
        ],
        name="rows",
    )


def calculated(k, tf):
    """Calculations between the layers, which Keras stores as layers of their own."""
    layers = k.layers
    image = layers.Input(shape=(28, 28, 1))
    x = image / 127.5 - 1.0
    x = layers.Conv2D(8, 3, strides=2, padding="same")(x)
    x = tf.nn.relu(x)
    y = layers.Conv2D(8, 3, padding="same")(x)
    x = tf.nn.relu(x + y) * 0.5
    x = layers.Flatten()(layers.MaxPooling2D(3)(x))
    return k.models.Model(image, layers.Dense(10)(x))
