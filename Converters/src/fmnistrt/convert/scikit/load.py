"""Loads a classifier with the scikit-learn that is installed, whichever version wrote it."""

from __future__ import annotations

import importlib.util
import io
import warnings
from dataclasses import dataclass, field
from typing import Any

from ..graph import ConvertError
from .scan import Contents, scan
from .unpack import looks_like_skops, unpack

WAYS_OUT = (
    "where it was made, save it with skops.io.dump(model, 'model.skops'), which needs no trust"
)
PACKAGES = ("collections", "copy_reg", "copyreg", "joblib", "numpy", "scipy", "sklearn")
"""Whose classes and functions are in the pickles of scikit-learn's own classifiers."""
PLAIN = ("bytearray", "bytes", "complex", "frozenset", "object", "range", "set", "slice")
"""Builtin classes in them. Python 2 has them in another module."""
TREES = (
    "sklearn.neighbors.ball_tree",
    "sklearn.neighbors.kd_tree",
    "sklearn.neighbors.dist_metrics",
    "sklearn.metrics.dist_metrics",
)
"""What speeds up the search for neighbours, of a layout that changes between versions."""
UNUSED = (*TREES, "sklearn.neural_network.stochastic_optimizers")
"""Modules with private parts of classifiers, which no answer needs; skops does not know them."""


@dataclass
class Loaded:
    """A loaded object, the version of scikit-learn that wrote it, and remarks for the user."""

    model: Any
    version: str = ""
    notes: list[str] = field(default_factory=list)


def load(content: bytes, trust_pickle: bool) -> Loaded:
    """The object in a file of skops, joblib or pickle; the latter two are executed if trusted."""
    skops = looks_like_skops(content)
    pickled = b"" if skops else unpack(content)
    contents = scan(pickled)
    if not skops:
        _check(contents, trust_pickle)
    _need("sklearn", "scikit-learn")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = _read_skops(content) if skops else _read_pickle(pickled, contents)
    if not skops:
        loaded.notes.append(
            "the pickle in this file was executed, as --trust-pickle says; a file of skops needs "
            "no trust"
        )
    import sklearn

    versions = [getattr(one.message, "original_sklearn_version", "") for one in caught]
    loaded.version = loaded.version or next(filter(None, versions), sklearn.__version__)
    if loaded.version != sklearn.__version__:
        loaded.notes.append(
            f"scikit-learn {loaded.version} wrote this file and {sklearn.__version__} reads it"
        )
    return loaded


def _check(contents: Contents, trust_pickle: bool) -> None:
    written = f" {contents.version}" if contents.version else ""
    foreign = [name for name in contents.names if not _is_known(name)]
    if not trust_pickle:
        names = foreign + [name for name in contents.names if name.startswith("sklearn.")]
        raise ConvertError(
            f"is a pickle of scikit-learn{written}, which can run any code when it is loaded, and "
            f"was not loaded; it names {_listed(names)}. If it comes from someone you trust, give "
            f"--trust-pickle; otherwise, {WAYS_OUT}"
        )
    if foreign:
        raise ConvertError(
            f"names {_listed(foreign)}, not a part of scikit-learn, and was not loaded: "
            "only scikit-learn's own classes can be converted"
        )


def _listed(names: list[str], most: int = 6) -> str:
    shown = ", ".join(name[:80] for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _is_known(name: str) -> bool:
    module, _, last = name.rpartition(".")
    if module in ("builtins", "__builtin__"):
        return last in PLAIN
    return name.partition(".")[0] in PACKAGES or name == "_codecs.encode"


def _need(module: str, package: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise ConvertError(
            f"can be read with {package} only, which is not installed: pip install {package}"
        )


def _read_skops(content: bytes) -> Loaded:
    _need("skops", "skops")
    import skops.io

    try:
        unknown = skops.io.get_untrusted_types(data=content)
        foreign = [name for name in unknown if _public(name.rpartition(".")[0]) not in UNUSED]
        if foreign:
            raise ConvertError(
                f"holds {_listed(foreign)}, which skops does not trust: only scikit-learn's own "
                "classes can be converted"
            )
        return Loaded(skops.io.loads(content, trusted=unknown))
    except ConvertError:
        raise
    except Exception as error:
        raise _unreadable("skops file", "", error) from None


def _read_pickle(pickled: bytes, contents: Contents) -> Loaded:
    try:
        return Loaded(_unpickler(pickled).load(), contents.version)
    except ConvertError:
        raise
    except Exception as error:
        raise _unreadable("pickle", contents.version, error) from None


def _unreadable(what: str, version: str, error: Exception) -> ConvertError:
    import sklearn

    reason = " ".join(str(error).split())[:160]
    wrote = f"written by scikit-learn {version}, " if version else ""
    again = f"scikit-learn {version}" if version else "the version that wrote it"
    return ConvertError(
        f"is a {what}, {wrote}which scikit-learn {sklearn.__version__} cannot load "
        f"({type(error).__name__}: {reason}): if it is not damaged, convert it with {again} "
        "installed"
    )


def _unpickler(pickled: bytes) -> Any:
    from joblib.numpy_pickle import NumpyUnpickler

    class Unpickler(NumpyUnpickler):
        """Finds classes where today's version has them, and does without those that it lacks."""

        def find_class(self, module: str, name: str) -> Any:
            if not _is_known(f"{module}.{name}"):
                raise ConvertError(f"names {module}.{name}, not a part of scikit-learn")
            module = _today(module)
            if _public(module) in TREES:
                return _placeholder(module, name)
            try:
                return super().find_class(module, name)
            except (AttributeError, ImportError):
                if not module.startswith("sklearn."):
                    raise
                return _placeholder(module, name)

    unpickler = Unpickler("", io.BytesIO(pickled), ensure_native_byte_order=True)
    # Texts of Python 2 hold the bytes of arrays; other pickles have none.
    unpickler.encoding = "latin1"
    return unpickler


class Placeholder:
    """In place of an object that is not needed, or whose class the installed version lacks."""

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass


def _placeholder(module: str, name: str) -> type:
    return type(name, (Placeholder,), {"__module__": module})


def _public(module: str) -> str:
    """The module's name before scikit-learn 0.22 put an underscore before its last part."""
    parent, _, last = module.rpartition(".")
    return f"{parent}.{last.removeprefix('_')}"


def _today(module: str) -> str:
    """Where the classes of an older version's module are now."""
    if module.startswith("sklearn.externals.joblib"):
        return module.removeprefix("sklearn.externals.")
    if module.startswith("sklearn.") and not _exists(module):
        parent, _, last = module.rpartition(".")
        return f"{parent}._{last}"
    return module


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
