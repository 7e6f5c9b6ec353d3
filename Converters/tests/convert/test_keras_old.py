"""Files as Keras 1 and 2 wrote them, made by hand, against the same model in today's Keras."""

import io
import json

import h5py
import pytest

from conftest import check_bytes, randomise


def hdf5(config, weights, version="2.1.6", backend="tensorflow"):
    """`weights`: layer name -> list of (array name, array)."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        if version:
            file.attrs["keras_version"] = version.encode()
            file.attrs["backend"] = backend.encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for layer, arrays in weights.items():
            inner = group.create_group(layer)
            inner.attrs["weight_names"] = [name.encode() for name, _ in arrays]
            for name, array in arrays:
                inner.create_dataset(name, data=array)
    return buffer.getvalue()


def arrays(keras, model, names):
    """The weights of today's model under the names of the old file."""
    result = {}
    for layer, keys in names.items():
        values = [keras.ops.convert_to_numpy(w) for w in model.get_layer(layer).weights]
        result[layer] = [(f"{layer}/{k}:0", v) for k, v in zip(keys, values, strict=True)]
    return result


def predict(keras, model):
    return lambda x: keras.ops.convert_to_numpy(model(x, training=False))


def test_sequential_of_keras_2_1(keras):
    """A list as configuration, batch_input_shape in the first layer, old activations."""
    layers = keras.layers
    model = randomise(
        keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                layers.Conv2D(3, 3, name="conv2d_1"),
                layers.BatchNormalization(name="bn"),
                layers.LeakyReLU(negative_slope=0.3),
                layers.Flatten(),
                layers.Dense(6, name="dense_1"),
                layers.Rescaling(0.2, offset=0.5),  # what hard_sigmoid was
                layers.ReLU(max_value=1.0),
            ]
        )
    )
    config = {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "Conv2D",
                "config": {
                    "name": "conv2d_1",
                    "batch_input_shape": [None, 8, 8, 1],
                    "dtype": "float32",
                    "filters": 3,
                    "kernel_size": [3, 3],
                    "strides": [1, 1],
                    "padding": "valid",
                    "data_format": "channels_last",
                    "dilation_rate": [1, 1],
                    "activation": "linear",
                    "use_bias": True,
                },
            },
            {
                "class_name": "BatchNormalization",
                "config": {"name": "bn", "axis": [3], "epsilon": 0.001},
            },
            {
                "class_name": "LeakyReLU",
                "config": {"name": "l", "alpha": {"type": "ndarray", "value": [0.3]}},
            },
            {"class_name": "Dropout", "config": {"name": "d", "rate": 0.25}},
            {"class_name": "Flatten", "config": {"name": "f"}},
            {
                "class_name": "Dense",
                "config": {"name": "dense_1", "units": 6, "activation": "hard_sigmoid"},
            },
        ],
    }
    names = {
        "conv2d_1": ["kernel", "bias"],
        "bn": ["gamma", "beta", "moving_mean", "moving_variance"],
        "dense_1": ["kernel", "bias"],
    }
    file = check_bytes(hdf5(config, arrays(keras, model, names)), predict(keras, model))
    assert file.metadata["framework"] == "keras 2.1.6"


def node(*inputs):
    return [[[name, index, 0, {}] for name, index in inputs]]


def functional(calls_of_inner):
    """A residual connection and a nested model, whose calls Keras 2 counts from 1."""
    dense = {"units": 4, "activation": "tanh", "use_bias": True}
    inner = {
        "name": "inner",
        "layers": [
            {
                "class_name": "InputLayer",
                "name": "in2",
                "config": {"name": "in2", "batch_input_shape": [None, 4]},
                "inbound_nodes": [],
            },
            {
                "class_name": "Dense",
                "name": "dense",
                "config": {"name": "dense", **dense},
                "inbound_nodes": node(("in2", 0)),
            },
        ],
        "input_layers": [["in2", 0, 0]],
        "output_layers": [["dense", 0, 0]],
    }
    calls = [node(("first", 0))[0], node(("inner", calls_of_inner))[0]]
    return {
        "class_name": "Model",
        "config": {
            "name": "outer",
            "layers": [
                {
                    "class_name": "InputLayer",
                    "name": "in",
                    "config": {"name": "in", "batch_input_shape": [None, 5], "sparse": False},
                    "inbound_nodes": [],
                },
                {
                    "class_name": "Dense",
                    "name": "first",
                    "config": {"name": "first", **dense},
                    "inbound_nodes": node(("in", 0)),
                },
                {"class_name": "Model", "name": "inner", "config": inner, "inbound_nodes": calls},
                {
                    "class_name": "Add",
                    "name": "sum",
                    "config": {"name": "sum"},
                    "inbound_nodes": node(("first", 0), ("inner", calls_of_inner + 1)),
                },
            ],
            "input_layers": [["in", 0, 0]],
            "output_layers": [["sum", 0, 0]],
        },
    }


@pytest.mark.parametrize("first_call", [0, 1])
def test_functional_of_keras_2(keras, first_call):
    layers = keras.layers
    x = keras.Input((4,))
    inner = keras.Model(x, layers.Dense(4, "tanh", name="dense")(x), name="inner")
    x = keras.Input((5,))
    y = layers.Dense(4, "tanh", name="first")(x)
    model = randomise(keras.Model(x, layers.Add()([y, inner(inner(y))])))
    weights = arrays(keras, model, {"first": ["kernel", "bias"], "inner": ["k", "b"]})
    weights["inner"] = [
        (name, value)
        for name, (_, value) in zip(
            ["dense/kernel:0", "dense/bias:0"], weights["inner"], strict=True
        )
    ]
    content = hdf5(functional(first_call), weights, version="2.4.0")
    check_bytes(content, predict(keras, model))


@pytest.mark.parametrize("backend", ["tensorflow", "theano"])
def test_keras_1(keras, backend):
    """Other names for everything, and no version in the file."""
    layers = keras.layers
    model = randomise(
        keras.Sequential(
            [
                keras.Input((9, 9, 2)),
                layers.Conv2D(3, (3, 2), activation="relu", name="convolution2d_1"),
                layers.MaxPooling2D(2),
                layers.Flatten(),
                layers.Dense(4, activation="softmax", name="dense_1"),
            ]
        )
    )
    config = {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "Convolution2D",
                "config": {
                    "name": "convolution2d_1",
                    "batch_input_shape": [None, 9, 9, 2],
                    "nb_filter": 3,
                    "nb_row": 3,
                    "nb_col": 2,
                    "border_mode": "valid",
                    "subsample": [1, 1],
                    "dim_ordering": "tf",
                    "activation": "relu",
                    "bias": True,
                },
            },
            {
                "class_name": "MaxPooling2D",
                "config": {
                    "name": "m",
                    "pool_size": [2, 2],
                    "strides": [2, 2],
                    "border_mode": "valid",
                    "dim_ordering": "tf",
                },
            },
            {"class_name": "Dropout", "config": {"name": "d", "p": 0.5}},
            {"class_name": "Flatten", "config": {"name": "f"}},
            {
                "class_name": "Dense",
                "config": {
                    "name": "dense_1",
                    "output_dim": 4,
                    "activation": "softmax",
                    "bias": True,
                },
            },
        ],
    }
    weights = arrays(keras, model, {"convolution2d_1": ["W", "b"], "dense_1": ["W", "b"]})
    if backend == "theano":
        name, kernel = weights["convolution2d_1"][0]
        weights["convolution2d_1"][0] = (name, kernel[::-1, ::-1])
    version = "1.2.2" if backend == "theano" else None
    check_bytes(hdf5(config, weights, version, backend), predict(keras, model))


def test_split_weight_names(keras):
    """Long lists of names are stored in several attributes."""
    model = randomise(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")]))
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "s",
            "layers": [
                {
                    "class_name": "Dense",
                    "config": {"name": "dense", "units": 2, "batch_input_shape": [None, 3]},
                }
            ],
        },
    }
    content = hdf5(config, arrays(keras, model, {"dense": ["kernel", "bias"]}))
    buffer = io.BytesIO(content)
    with h5py.File(buffer, "r+") as file:
        attributes = file["model_weights/dense"].attrs
        for number, name in enumerate(attributes.pop("weight_names")):
            attributes[f"weight_names{number}"] = [name]
    check_bytes(buffer.getvalue(), predict(keras, model))


@pytest.mark.parametrize(("size", "strides"), [(3, 2), (2, 1)])
@pytest.mark.parametrize("backend", ["theano", "cntk"])
def test_padding_of_other_backends(refused, size, strides, backend):
    """Theano pads both sides alike, TensorFlow the end first."""
    settings = {"kernel_size": [size, size], "strides": [strides, strides], "padding": "same"}
    layer = {"name": "odd", "filters": 2, "batch_input_shape": [None, 6, 6, 1], **settings}
    config = {"class_name": "Sequential", "config": [{"class_name": "Conv2D", "config": layer}]}
    content = hdf5(config, {"odd": []}, "2.0.8", backend)
    refused(content, f'the Conv2D layer "odd" has the padding "same", which {backend} applies')


@pytest.mark.parametrize(
    ("version", "known"),
    [("2.3.1", False), ("2.2.4-tf", False), ("2.3.0-tf", True), ("2.4.3", True)],
)
def test_interpolation_of_old_versions(refused, version, known):
    """Until TensorFlow 2.2 its versions differed in where a pixel is."""
    start = {"name": "odd", "batch_input_shape": [None, 4, 4, 1], "interpolation": "bilinear"}
    layers = [
        {"class_name": "UpSampling2D", "config": {**start, "size": [2, 2]}},
        {"class_name": "Flatten", "config": {"name": "flat"}},
    ]
    content = hdf5({"class_name": "Sequential", "config": layers}, {}, version)
    if known:
        check_bytes(content, None)
    else:
        refused(content, 'the UpSampling2D layer "odd" interpolates', f"Keras {version}")


MALFORMED = {
    "strides": ("Conv2D", {"strides": {}}, 'layer "odd" has settings that make no sense'),
    "padding": ("Conv2D", {"padding": "causal"}, 'has the padding "causal"'),
    "axis": ("BatchNormalization", {"axis": 7}, "works along axis 7"),
    "no axis": ("Softmax", {"axis": [1, 2]}, "has settings that make no sense"),
    "scale": ("Rescaling", {"offset": 1.0, "scale": [1, 2]}, "which do not fit"),
    "all cut": ("Cropping2D", {"cropping": 3}, "makes 0 rows or columns of 6"),
    "cut": ("Cropping2D", {"cropping": -1}, "crops -1 and -1"),
    "huge": ("Resizing", {"height": 10**9, "width": 5}, "makes 1000000000 rows"),
    "nothing": ("UpSampling2D", {"size": 0}, "makes 0 rows or columns of 6"),
    "no image": ("Conv1D", {"kernel_size": [3]}, "needs a sequence (steps, channels)"),
    "permuted": ("Permute", {"dims": [1, 2]}, "permutes an input of (6, 6, 1) by [1, 2]"),
    "input": ("Flatten", {"batch_input_shape": [None, 10**9, 6, 1]}, "1 to 65535 elements"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_settings(refused, case):
    kind, settings, message = MALFORMED[case]
    start = {"name": "odd", "batch_input_shape": [None, 6, 6, 1], "filters": 2, "kernel_size": 3}
    layer = {"class_name": kind, "config": {**start, **settings}}
    content = hdf5({"class_name": "Sequential", "config": [layer]}, {}, "2.9.0")
    refused(content, message)
