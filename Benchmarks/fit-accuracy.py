#!/usr/bin/env python3
"""How many images fmnist-classify gets right once they have been made into photos.

Takes images of the validation split, so that fitting may be tuned by it: the test set stays for the
model's own figure. Writes each tenfold, with a margin, before several backgrounds and lets the tool
fit it. Needs `make tools` and the Python environment of the tests.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from fmnistrt.data import hold_out, load

ROOT = Path(__file__).resolve().parents[1]


def enlarged(image, method):
    """Ten times as large, with a margin, light on black."""
    return np.pad(np.array(Image.fromarray(image).resize((280, 280), method)), 40).astype(float)


def noisy(image, random):
    """Dark on light gray with the noise of a camera."""
    light = 255 - enlarged(image, Image.BICUBIC)
    return light * 0.9 + random.normal(0, 3, light.shape)


PICTURES = {
    "as they are, raw": ("raw", lambda image, _: image),
    "as they are, photo": ("photo", lambda image, _: image),
    "on white, repeated pixels": ("auto", lambda i, _: 255 - enlarged(i, Image.NEAREST)),
    "on white, smooth": ("auto", lambda image, _: 255 - enlarged(image, Image.BICUBIC)),
    "on black, smooth": ("auto", lambda image, _: enlarged(image, Image.BICUBIC)),
    "on gray 230, smooth, noise of deviation 3": ("auto", noisy),
}


def main():
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    count = parser.parse_args().count
    held_out = hold_out(load("train"), seed=1)[1]
    images, labels = held_out.images[:count], held_out.labels[:count]
    random = np.random.default_rng(1)
    for name, (mode, draw) in PICTURES.items():
        with tempfile.TemporaryDirectory() as folder:
            for i, image in enumerate(images):
                picture = draw(image, random).clip(0, 255).astype(np.uint8)
                Image.fromarray(picture).save(f"{folder}/{i:05}.png", compress_level=1)
            tool = [ROOT / "build/bin/fmnist-classify", "--json", "--fit", mode, folder]
            done = subprocess.run(tool, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        answers = [p.get("matches", [{"class": -1}])[0]["class"] for p in json.loads(done.stdout)]
        print(f"{name:45} {100 * np.mean(np.array(answers) == labels):5.1f} %", flush=True)


if __name__ == "__main__":
    main()
