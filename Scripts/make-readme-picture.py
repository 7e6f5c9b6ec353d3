"""Draws docs/examples.png: pictures, what the model saw of them, and its answers.

Needs `make lib`, `pip install ./Converters matplotlib pillow`. Run it when the model changes.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from fmnistrt import Model

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ["shirt", "trousers", "boot", "bag", "dress", "28x28-sandal"]


def main() -> None:
    """One column a picture: the file, the fitted 28x28 pixels, the three best classes."""
    model = Model(ROOT / "Models" / "default.fmg")
    figure, axes = plt.subplots(
        3, len(PICTURES), figsize=(11, 5.2), height_ratios=[1.5, 1.5, 0.8], layout="constrained"
    )
    for column, name in zip(axes.T, PICTURES, strict=True):
        picture = Image.open(ROOT / "Examples" / f"{name}.png")
        mode = "L" if picture.mode == "L" else "RGBA"
        fitted = model.fit(np.asarray(picture.convert(mode)))
        best = model.classify(fitted.pixels, top_k=3).top[0]
        column[0].imshow(picture.convert("RGBA"))
        column[0].set_title(f"{name}.png\n{picture.width}x{picture.height}", fontsize=9)
        column[1].imshow(np.squeeze(fitted.pixels), cmap="gray", vmin=0, vmax=255)
        column[2].barh([0, 2, 4], [score for _, score in best], height=0.6, color="#1f77b4")
        for row, (label, score) in enumerate(best):
            column[2].text(0, 2 * row - 0.9, f"{label} {score:.1%}", fontsize=8, va="center")
        column[2].set(xlim=(0, 1), ylim=(4.5, -1.6))
        for axis in column:
            axis.set_axis_off()
    figure.savefig(ROOT / "docs" / "examples.png", dpi=100)


if __name__ == "__main__":
    main()
