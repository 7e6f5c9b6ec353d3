"""PyTorch's files that are wrong or hostile, and lines that do not fit: errors, never crashes."""

import pickle
import random
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from fmnistrt.convert.checkpoint import Checkpoint, SourceOptions
from fmnistrt.convert.convert import Options, convert
from fmnistrt.convert.graph import ConvertError
from fmnistrt.convert.torch import machine
from fmnistrt.convert.torch.architecture import Architecture
from test_refusals import quiet_convert
from test_torch import FOLDER, MLP, mlp, npz, numbers, opened, real, safetensors
from torch_files import MAGIC, PROTOCOL, STOP, File, Plain, call, instance, module, named, plain


def refuse(content, words, given=MLP):
    with pytest.raises(ConvertError, match=words) as error:
        opened(content, given)
    return str(error.value)


LINES = {
    "": "--arch is empty",
    "linear relu convv": "unknown layer 'convv'",
    "linear relu) linear": "cannot be read from 'relu\\) linear' on",
    "linear relu linear(bias=1)": "has no option 'bias': it takes none",
    "linear maxpool(kernel=0) linear": "has the kernel 0: a number from 1 to 255",
    "linear maxpool(kernel=2x) linear": "has the kernel '2x'",
    "linear leaky_relu(slope=nan) linear": "slope nan: a number is possible",
    "linear leaky_relu(slope) linear": "write them as key=value, once each",
    "linear elu(alpha=1,alpha=2) linear": "write them as key=value, once each",
    "linear gelu(approximate=odd) linear": "none or tanh is possible",
    "linear relu@0 linear": "a layer that has none",
    "linear@7 relu linear": "'7', of which the file has none: there are 0, 2",
    "linear relu": "leaves tensors over: 2;",
    "linear relu linear linear": "nothing is left for the word 4, 'linear'",
    "linear relu linear prelu": "more prelu layers than the file has tensors for",
    "linear maxpool linear": '"2 maxpool" needs an image, but gets a vector of 3',
    "relu linear relu linear": "needs a vector, but gets 1 channels of 4x2: put flatten before it",
    "conv@0 linear": "is to be a conv, but has the tensors weight 3x8, bias 3",
}


@pytest.mark.parametrize("line", LINES)
def test_lines_that_do_not_fit(line):
    file = File()
    refuse(file.zipped(mlp(file)), LINES[line], Architecture(line, MLP.image))


def image(line, words, sizes=(6, 6, 1), **tensors):
    file = File()
    state = {
        name.replace("__", "."): file.tensor(array, "Float") for name, array in tensors.items()
    }
    refuse(file.zipped(state), words, Architecture(line, sizes))


def test_shapes_that_do_not_fit():
    conv = numbers(2, 3, 3, 3)
    image("conv", "made for 3 channels, but gets 1", c__weight=conv)
    image(
        "conv flatten",
        "a window of 3, larger than its padded input of 2",
        (2, 2, 3),
        c__weight=conv,
    )
    image("conv(padding=same,stride=2)", "padding=same and a stride", (6, 6, 3), c__weight=conv)
    image("conv", "gives 2x4x4 .*, not a score for each class", (6, 6, 3), c__weight=conv)
    image("conv flatten", "has a bias of 3 for 2 outputs", c__weight=conv, c__bias=numbers(3))
    image("conv flatten", "has the tensor running_var", c__weight=conv, c__running_var=numbers(3))
    dense = numbers(2, 36)
    image("maxpool(padding=2) flatten linear", "more than half its kernel", f__weight=dense)
    words = "divides 6x6 into 4x4 windows of different sizes"
    image("adaptive_avgpool(size=4) flatten linear", words, f__weight=dense)
    norm = {"b__running_mean": numbers(2), "b__running_var": np.abs(numbers(2))}
    image("bn flatten", "is for 2 channels, but gets 1", **norm)
    norm["b__running_var"] = -norm["b__running_var"]
    image("bn flatten", "negative running_var", (6, 6, 2), **norm)
    image("bn flatten", "no running_var", b__running_mean=numbers(1))
    image("prelu flatten", "2 slopes for 1 channels", p__weight=numbers(2))
    image("flatten linear", "--input", f__weight=numbers(2, 35))
    image("flatten linear", "leaves tensors over: odd", f__weight=numbers(2, 36), odd=numbers(2))
    image("flatten linear", "NaN", f__weight=np.full((2, 36), np.nan, np.float32))


HOSTILE = ["os.system", "builtins.eval", "builtins.getattr", "torch.load"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("layout", ["zipped", "old"])
def test_functions_are_never_executed(layout, name, tmp_path):
    made = tmp_path / "made"
    hostile = call(name, f"touch {made}")

    def written(value, file=None, **options):
        return getattr(file or File(), layout)(value, **options)

    file = File()
    result = opened(written({"state_dict": mlp(file), "x": hostile}, file), MLP)
    notes = [note for note in result.notes if "which was not done" in note]
    # PyTorch's own have their place beside the weights.
    assert [name in note for note in notes] == ([] if name.startswith("torch") else [True])
    for value, words in [
        (hostile, f'tensor "0.weight" comes from {name}, which is never executed'),
        (call("torch._utils._rebuild_tensor_v2", hostile, 0, (3, 8), (8, 1)), "that cannot be"),
    ]:
        file = File()
        state = {**mlp(file), "0.weight": value}
        refuse(written(state, file, without=("0",)), words)
    parameter = call("torch._utils._rebuild_parameter", hostile)
    for root in (hostile, {"state_dict": hostile}, parameter):
        refuse(written(root), f"calls {name}, and nothing is ever executed")
    whole = Architecture(None, MLP.image)
    layer = module("linear.Linear", tensors={"weight": parameter})
    row = module("container.Sequential", {"0": layer})
    refuse(written(row), f'tensor "0.weight" comes from {name}', whole)
    file = File()
    odd = module("activation.LeakyReLU", negative_slope=hostile)
    layer = module("linear.Linear", tensors={"weight": file.tensor(numbers(2, 8))})
    row = module("container.Sequential", {"0": layer, "1": odd})
    refuse(written(row, file), "a number is possible", whole)
    assert not made.exists()


REFUSED = {
    "complex": 'tensor "weight" holds ComplexFloat',
    "dynamic": "a tensor is quantised: save the float model",
    "dynamic-module": 'layer "1" .*dynamic.modules.linear.Linear.* is quantised',
    "float8": 'tensor "weight" is of a type that cannot be converted',
    "graph": "calls torch.fx.graph_module.reduce_graph_module",
    "meta": "on the device meta, without numbers",
    "optimizer": "without weights",
    "sparse": 'tensor "weight" is sparse',
    "static": 'tensor "1.weight" is quantised',
}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("refused/*.pt")), ids=lambda path: path.stem)
def test_weights_of_other_kinds(path):
    line = Architecture("flatten linear", (1, 3, 1))
    refuse(path.read_bytes(), REFUSED[path.stem.partition("-")[2]], line)


def test_plain_pickles_that_are_wrong():
    file = Plain()
    good = file.pickled(mlp(file))
    assert opened(good, MLP).output_kind == "logits"
    refuse(file.pickled({"x": file.nested(b"")}) + b"torch._utils", "not in the old layout")
    refuse(file.pickled({"x": file.nested(good)}), "not in the old layout")
    refuse(file.pickled({"x": file.nested(File().old({}))}) + b"torch._utils", "must be")
    refuse(file.pickled({"x": File().tensor(numbers(2))}), "storage that it does not hold")
    refuse(file.pickled({"x": call("torch._utils.x", 1)}), "calls torch._utils.x")
    for size in range(2, len(good), 97):
        if b"torch._utils" in good[:size]:
            refuse(good[:size], "damaged|ends within|missing")


def test_objects_of_other_classes_are_only_names():
    file = File()
    value = {"state_dict": mlp(file), "args": instance("os.system", {"a": 1})}
    assert opened(file.zipped(value), MLP).output_kind == "logits"


BOMBS = {
    "no end": b"",
    "unknown opcode": b"\xff.",
    "huge claim": b"\x8e" + struct.pack("<Q", 1 << 60) + b".",
    "negative length": b"\x8b" + struct.pack("<i", -5) + b".",
    "huge memo": b"Nr\xff\xff\xff\xff" + b"h\x07.",
    "empty stack": b"0.",
    "mark": b"(.",
    "no mark": b"NNt.",
    "append": b"}Na.",
    "items": b"](NNu.",
    "odd items": b"}(Nu.",
    "extension": b"\x82\x01.",
    "next buffer": b"\x97.",
    "text number": b"I" + b"9" * 5000 + b"\n.",
    "call of a text": plain("x") + plain(()) + b"R.",
    "object of a text": plain("x") + plain(()) + b"\x81.",
    "stack global": plain(1) + plain(2) + b"\x93.",
    "persistent": plain(("storage", "x")) + b"Q.",
    "persistent text": b"Pabc\n.",
    "storage class": plain(("storage", named("os.System"), "0", "cpu", 4)) + b"Q.",
    "negative storage": plain(("storage", named("torch.FloatStorage"), "0", "cpu", -4)) + b"Q.",
    "arguments": call("torch._utils._rebuild_tensor_v2"),
    "tensor": call("torch._utils._rebuild_tensor_v2", 1, 2, 3, 4),
    "size": call("torch.Size", 1),
    "pairs": call("collections.OrderedDict", [1, 2]),
    "type": call("torch._tensor._rebuild_from_type_v2", named("os.system"), 1, ("x",), 1),
    "no weights": b"}.",
    "number": b"K\x01.",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_damaged_pickles(bomb):
    file = File()
    content = BOMBS[bomb]
    for whole in (file.zipped(content), file.old(content)):
        refuse(whole, "damaged|ever executed|without weights")
    assert quiet_convert(MAGIC + content) is None


def test_bombs_cost_nothing(monkeypatch):
    file = File()
    deep = b"N" + b"\x85" * 200_000
    doubled = b"N" + b"2\x86" * 50_000
    shared = b"]q\x00" + b"".join(b"]q\x01(h\x00h\x00eq\x00" for _ in range(200))
    for value in (deep, doubled, shared, b"](" + b"]" * 100_000 + b"e"):
        # As a value, as a key, and as a setting of a layer.
        refuse(file.zipped({"a": value}), "without weights")
        refuse(file.zipped(b"}(" + value + b"Nu"), "without weights")
        odd = module("container.Sequential", {"0": module("dropout.Dropout", dim=value)})
        refuse(file.zipped(odd), "no weights|cannot be converted", Architecture())
    monkeypatch.setattr(machine, "MAX_STEPS", 1000)
    refuse(file.zipped(b"(" + b"N" * 1000 + b"t"), "more than 1000 steps")
    # What stands once and is copied often.
    listed = b"](" + b"N" * 100 + b"eq\x01"
    copied = b"".join(call("torch.Size", b"h\x01") for _ in range(12))
    refuse(file.zipped(b"](" + listed + copied + b"e"), "more than 1000 steps")
    state = plain({str(number): None for number in range(100)}) + b"q\x01"
    built = b"".join(named("a.b") + b")\x81h\x01b" for _ in range(12))
    refuse(file.zipped(b"](" + state + built + b"e"), "more than 1000 steps")


def test_storages_that_are_read_often():
    """The same content is opened once, and the memory that it takes is taken once."""
    file = Plain()
    array = np.zeros(1 << 18, np.float32)
    content = file.storage(array)
    loader, _, argument = content.partition(b"B")
    argument = argument[:-2]
    stored = b"B" + argument + b"q\x01"
    calls = b"".join(loader + b"h\x01\x85R" for _ in range(200))
    tracemalloc.start()
    refuse(file.pickled(b"](" + plain("torch._utils") + stored + calls + b"e"), "without weights")
    assert tracemalloc.get_traced_memory()[1] < 40 * array.nbytes
    tracemalloc.stop()


def test_modules_within_themselves():
    file = File()
    inner = plain(
        {"_parameters": {}, "_buffers": {}, "_modules": b"}q\x05(" + plain("0") + b"h\x04u"}
    )
    loop = named("torch.nn.modules.container.Sequential") + b")\x81q\x04" + inner + b"b"
    refuse(file.zipped(loop), "nested beyond measure")
    many = plain({"_parameters": {str(number): None for number in range(2000)}})[:-1]
    many += plain("_modules") + b"}" + b"u"
    one = named("a.B") + b")\x81" + many + b"bq\x09"
    inner = (
        b"}(" + plain("first") + one + b"".join(plain(str(n)) + b"h\x09" for n in range(60)) + b"u"
    )
    both = (
        named("a.B") + b")\x81}(" + plain("_parameters") + b"}" + plain("_modules") + inner + b"ub"
    )
    refuse(file.zipped(both), "more than 100000 tensors")


WRONG = {
    "beyond": ({"strides": (9, 1)}, "reaches beyond its storage of 24 numbers"),
    "offset": ({"offset": 1}, "reaches beyond its storage"),
    "repeated": ({"shape": (3, 80), "strides": (0, 0)}, "reaches beyond its storage"),
    "negative": ({"strides": (-8, 1)}, "a tensor that cannot be"),
    "ranks": ({"strides": (1,)}, "a tensor that cannot be"),
    "huge": ({"shape": (1 << 40, 1 << 40), "strides": (0, 0)}, "cannot be a weight"),
    "many axes": ({"shape": (1,) * 9, "strides": (1,) * 9}, "a tensor that cannot be"),
    "claimed": (
        {"count": 1 << 50, "strides": (1 << 40, 1)},
        "1125899906842624 numbers in 96 bytes",
    ),
    "complex": ({"kind": "ComplexFloat"}, "holds ComplexFloat, which cannot be converted"),
    "unknown": ({"kind": "Odd"}, "Odd, which cannot be converted"),
}


@pytest.mark.parametrize("case", WRONG)
def test_tensors_out_of_their_storages(case):
    options, words = WRONG[case]
    file = File()
    state = mlp(file)
    state["0.weight"] = file.tensor(numbers(3, 8), **options)
    refuse(file.zipped(state), words)


@pytest.mark.parametrize("layout", ["zipped", "old"])
def test_missing_storages(layout):
    file = File()
    content = getattr(file, layout)(mlp(file), without=("2",))
    refuse(content, 'tensor "2.weight" is (in a storage that is missing|damaged)')


def test_archives_that_unpack_to_too_much():
    file = File()
    state = mlp(file)
    content = file.zipped(state, compression=zipfile.ZIP_DEFLATED)
    size = struct.pack("<I", file.storages["0"].nbytes)
    at = content.index(
        b"PK\x01\x02", content.index(b"archive/data/0", content.index(b"PK\x01\x02")) - 60
    )
    damaged = content[:at] + content[at:].replace(size, struct.pack("<I", 0xFFFFFF00), 1)
    refuse(damaged, "more than 1 GiB|damaged")


def test_archives_that_lie_before_the_file():
    damaged = bytearray(real("training"))
    # The last byte of the directory's place, in the record of large archives.
    damaged[damaged.rindex(b"PK\x06\x06") + 55] = 177
    refuse(bytes(damaged), "is damaged")


def test_several_sets_of_weights(refused):
    file = File()
    refused(file.zipped({"generator": mlp(file), "critic": mlp(file)}), "several sets", "critic")
    refused(file.zipped({"epoch": 1}), "without weights", "torch.save()")


def test_modules_that_are_not_plain():
    file = File()
    weights = {"weight": file.tensor(numbers(2, 8))}
    linear = module("linear.Linear", tensors=weights)
    for inner, words in [
        (module("normalization.LayerNorm"), "LayerNorm.*--arch"),
        (module("activation.Softmax", dim=3), "dim=3"),
        (module("flatten.Flatten", start_dim=0), "start_dim=0"),
        (module("activation.ReLU", _forward_hooks={1: "x"}), "has hooks"),
        (module("pooling.MaxPool2d", kernel_size=2, stride=2, dilation=2), "dilated windows"),
        (module("conv.Conv2d", padding_mode="circular"), "padding_mode='circular'"),
        (module("pooling.MaxPool2d", kernel_size=[1, 2, 3]), "kernel \\(1, 2, 3\\)"),
        (module("linear.Linear"), "is to be a linear, but has the tensors of none"),
    ]:
        both = module("container.Sequential", {"0": linear, "1": inner})
        refuse(file.zipped(both), words, Architecture(None, MLP.image))


def test_options_are_for_weights_only(refused):
    for arguments in (["--arch", "linear"], ["--input", "2x2x1"], ["--probabilities"]):
        refused(
            b"\x89HDF\r\n\x1a\n",
            "is a Keras file: --arch, --input and --probabilities are for PyTorch, NumPy .npz, ",
            arguments=arguments,
        )


def test_damaged_tables():
    good = safetensors({"0.weight": numbers(2, 8)})
    for old, new in [
        (b'"F32"', b'"C64"'),
        (b"[2, 8]", b"[2, 9]"),
        (b"[2, 8]", b"[2,-8]"),
        (b"[0, 64]", b"[0, 99]"),
        (b"[0, 64]", b"[9, 64]"),
        (b'"shape"', b'"shope"'),
        (b"{", b"["),
    ]:
        assert old in good
        refuse(
            good.replace(old, new, 1),
            "damaged|cannot be converted|is not",
            Architecture("linear", MLP.image),
        )
    objects = np.array([[{}, None]])
    refuse(npz({"0.weight": objects}), "object, which cannot be converted", Architecture("linear"))


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
@pytest.mark.parametrize("name", ["state", "state-old", "activations", "module"])
def test_damage_never_crashes(name):
    content = real(name)
    given = Options(golden=0, source=SourceOptions(Architecture(None, (12, 12, 1))))
    generator = random.Random(3)

    def attempt(damaged):
        try:
            convert(Checkpoint("x", bytes(damaged)), given)
        except ConvertError as error:
            assert str(error).strip()

    for size in range(0, len(content), max(1, len(content) // 150)):
        attempt(content[:size])
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(generator.randrange(1, 4)):
            damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        attempt(damaged)


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
def test_damaged_pickles_never_crash():
    """Checksums of the archive are made again, so that the damage reaches the pickle."""
    source = zipfile.ZipFile(FOLDER / "2.13-activations.pt")
    members = {name: source.read(name) for name in source.namelist()}
    pickled = next(name for name in members if name.endswith("data.pkl"))
    generator = random.Random(4)
    file = File()
    given = Options(golden=0, source=SourceOptions(Architecture(None, (12, 12, 1))))
    for _ in range(400):
        damaged = bytearray(members[pickled])
        for _ in range(generator.randrange(1, 4)):
            damaged[generator.randrange(2, len(damaged))] = generator.randrange(256)
        content = file.zipped(bytes(damaged[2:]))
        try:
            convert(Checkpoint("x", content), given)
        except ConvertError as error:
            assert str(error).strip()


def test_our_own_pickles_are_pickles():
    """The writer of these tests and Python agree on the opcodes."""
    value = {"a": [1, -2.5, (True, None)], "b": "text"}
    assert pickle.loads(PROTOCOL + plain(value) + STOP) == value
