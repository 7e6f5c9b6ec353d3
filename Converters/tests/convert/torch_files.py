"""Writes files like those of torch.save, opcode by opcode, so that they can also be wrong."""

import io
import struct
import zipfile

import numpy as np

PROTOCOL, STOP = b"\x80\x02", b"."
MAGIC = b"\x8a\n" + (0x1950A86A20F9469CFC6C).to_bytes(10, "little")


def text(value):
    encoded = value.encode()
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def plain(value):
    """Opcodes of a plain value; bytes are opcodes already."""
    match value:
        case bytes():
            return value
        case None:
            return b"N"
        case bool():
            return b"\x88" if value else b"\x89"
        case int():
            return b"\x8a\x0a" + value.to_bytes(10, "little", signed=True)
        case float():
            return b"G" + struct.pack(">d", value)
        case str():
            return text(value)
        case tuple():
            return b"(" + b"".join(map(plain, value)) + b"t"
        case list():
            return b"](" + b"".join(map(plain, value)) + b"e"
        case dict():
            items = b"".join(plain(key) + plain(part) for key, part in value.items())
            return b"}(" + items + b"u"
    raise TypeError(value)


def named(name):
    module, _, last = name.rpartition(".")
    return f"c{module}\n{last}\n".encode()


def call(name, *arguments):
    return named(name) + plain(arguments) + b"R"


def instance(name, state):
    return named(name) + b")\x81" + plain(state) + b"b"


def module(kind, inner=None, tensors=None, **attributes):
    """An nn.Module."""
    state = {"_parameters": tensors or {}, "_buffers": {}, "_modules": inner or {}, **attributes}
    return instance(f"torch.nn.modules.{kind}", state)


class File:
    """Collects storages; `tensor` gives the opcodes of one, `zipped` and `old` the whole file."""

    def __init__(self, order="<"):
        self.order = order
        self.storages = {}

    def storage(self, array, kind="Float", location="cpu", count=None, view=()):
        key = str(len(self.storages))
        self.storages[key] = array.astype(array.dtype.newbyteorder(self.order))
        size = array.size if count is None else count
        return self.persistent("storage", named(f"torch.{kind}Storage"), key, location, size, *view)

    def persistent(self, *parts):
        return plain(parts) + b"Q"

    def tensor(self, array, kind="Float", shape=None, strides=None, offset=0, **options):
        array = np.ascontiguousarray(array)
        shape = array.shape if shape is None else shape
        if strides is None:
            strides = tuple(int(np.prod(shape[axis + 1 :])) for axis in range(len(shape)))
        storage = self.storage(array.reshape(-1), kind, **options)
        hooks = call("collections.OrderedDict")
        arguments = (storage, offset, shape, strides, False, hooks)
        return call("torch._utils._rebuild_tensor_v2", *arguments)

    def zipped(self, value, folder="archive", compression=zipfile.ZIP_STORED, without=()):
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w", compression) as archive:
            archive.writestr(f"{folder}/data.pkl", PROTOCOL + plain(value) + STOP)
            archive.writestr(f"{folder}/byteorder", "little" if self.order == "<" else "big")
            for key, array in self.storages.items():
                if key not in without:
                    archive.writestr(f"{folder}/data/{key}", array.tobytes())
        return output.getvalue()

    def old(self, value, without=()):
        system = {"protocol_version": 1001, "little_endian": self.order == "<", "type_sizes": {}}
        kept = {key: array for key, array in self.storages.items() if key not in without}
        parts = [MAGIC, plain(1001), plain(system), plain(value), plain(list(kept))]
        content = b"".join(PROTOCOL + part + STOP for part in parts)
        for array in kept.values():
            content += struct.pack(f"{self.order}q", array.size) + array.tobytes()
        return content


class Plain(File):
    """Files as of pickle.dump, whose storages are files of the old layout within."""

    def persistent(self, *parts):
        """The call that reads a storage again."""
        inner = File(self.order)
        storage = File.persistent(inner, *parts)
        inner.storages = {parts[2]: self.storages[parts[2]]}
        return self.nested(inner.old(storage))

    def nested(self, content):
        encoded = b"B" + struct.pack("<I", len(content)) + content
        return named("torch.storage._load_from_bytes") + encoded + b"\x85R"

    def pickled(self, value):
        return b"\x80\x03" + plain(value) + STOP
