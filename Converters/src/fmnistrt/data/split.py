"""The validation split: part of the training data that no network is trained on."""

from __future__ import annotations

import numpy as np

from .idx import Split

VALIDATION_SHARE = 0.15


def hold_out(full: Split, seed: int) -> tuple[Split, Split]:
    """Divides training data at random, every class alike, into what is trained on and the rest."""
    from sklearn.model_selection import train_test_split

    chosen, held_out = train_test_split(
        np.arange(len(full.labels)),
        test_size=VALIDATION_SHARE,
        random_state=seed,
        stratify=full.labels,
    )
    return tuple(
        Split(full.images[part], full.labels[part], full.canonical) for part in (chosen, held_out)
    )
