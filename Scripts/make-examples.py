#!/usr/bin/env python3
"""Makes the pictures in Examples/.

Two kinds: drawn garments, as large as photos, and the first pictures of some classes in the test
data of Debian's package dataset-fashion-mnist. Needs Pillow and NumPy.
"""

import argparse
import gzip
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 600, 800
SCALE = 2  # drawn larger, then reduced: smooth outlines


def curve(points, steps=12):
    """Runs a closed smooth line (Catmull-Rom) through points; one given twice is a corner."""
    points = np.array(points, float)
    n = len(points)
    line = []
    for i in range(n):
        a, b, c, d = (points[(i + k) % n] for k in (-1, 0, 1, 2))
        if (b == c).all():
            continue
        for t in np.arange(steps) / steps:
            line.append(
                b
                + 0.5 * t * (c - a)
                + t**2 * (a - 2.5 * b + 2 * c - 0.5 * d)
                + t**3 * (1.5 * (b - c) + 0.5 * (d - a))
            )
    return [tuple(p * SCALE) for p in line]


def mirrored(half):
    """Completes the right half of an outline, from top to bottom, with its mirror image."""
    return half + [(WIDTH - x, y) for x, y in reversed(half)]


class Drawing:
    """A garment on an empty picture, part by part."""

    def __init__(self, seed):
        self.size = (WIDTH * SCALE, HEIGHT * SCALE)
        self.color = np.zeros((HEIGHT * SCALE, WIDTH * SCALE, 3))
        self.alpha = np.zeros((HEIGHT * SCALE, WIDTH * SCALE))
        self.random = np.random.default_rng(seed)

    def mask(self, draw_shape, blur=1.5):
        """What a function draws in white, with soft outlines."""
        image = Image.new("L", self.size)
        draw_shape(ImageDraw.Draw(image))
        return np.asarray(image.filter(ImageFilter.GaussianBlur(blur))) / 255

    def cloth(self, stretch):
        """Soft folds around 1: smoothed noise, `stretch` times as high as wide."""
        noise = self.random.normal(size=(40, max(40 * stretch, 1)))
        image = Image.fromarray(noise.astype(np.float32)).resize(self.size, Image.BICUBIC)
        return 1 + 0.05 * np.asarray(image)

    def part(self, points, color, stretch=2, rim=0.35):
        """A piece of cloth: folds inside, darker towards its outline."""
        mask = self.mask(lambda d: d.polygon(curve(points), fill=255))
        inside = Image.fromarray((mask * 255).astype(np.uint8))
        depth = np.asarray(inside.filter(ImageFilter.GaussianBlur(28))) / 255
        light = (1 - rim + rim * np.clip(depth * 1.2, 0, 1)) * self.cloth(stretch)
        self.paint(mask, np.array(color) * light[..., None])

    def paint(self, mask, color):
        """Lays a color over what is there."""
        self.color += (np.clip(color, 0, 255) - self.color) * mask[..., None]
        self.alpha = np.maximum(self.alpha, mask)

    def seam(self, points, color, width=3):
        """A line on the cloth."""
        line = [(x * SCALE, y * SCALE) for x, y in points]
        mask = self.mask(lambda d: d.line(line, fill=255, width=width * SCALE, joint="curve"))
        self.paint(mask, np.array(color, float))

    def dot(self, x, y, radius, color):
        """A button or an eyelet."""
        box = [(x - radius) * SCALE, (y - radius) * SCALE]
        box += [(x + radius) * SCALE, (y + radius) * SCALE]
        self.paint(self.mask(lambda d: d.ellipse(box, fill=255)), np.array(color, float))

    def hole(self, points):
        """Cuts a piece out."""
        self.alpha *= 1 - self.mask(lambda d: d.polygon(curve(points), fill=255))

    def transparent(self):
        """The drawing as RGBA."""
        rgba = np.dstack([self.color, self.alpha * 255]).round().astype(np.uint8)
        return Image.fromarray(rgba, "RGBA").resize((WIDTH, HEIGHT), Image.LANCZOS)

    def photo(self, background):
        """The drawing before a plain background, with the noise of a camera."""
        alpha = self.alpha[..., None]
        rgb = self.color * alpha + np.array(background) * (1 - alpha)
        image = Image.fromarray(rgb.clip(0, 255).astype(np.uint8))
        rgb = np.asarray(image.resize((WIDTH, HEIGHT), Image.LANCZOS), float)
        rgb += self.random.normal(scale=0.7, size=(HEIGHT, WIDTH, 1))
        return Image.fromarray(rgb.clip(0, 255).round().astype(np.uint8))


def shirt():
    """A buttoned shirt with collar and long sleeves."""
    d = Drawing(1)
    blue, dark = (120, 150, 190), (70, 92, 128)
    sleeve = [(408, 128), (452, 160), (486, 300), (520, 520), (528, 640), (528, 640)]
    sleeve += [(470, 652), (470, 652), (446, 500), (412, 340), (400, 220)]
    d.part(sleeve, blue)
    d.part([(WIDTH - x, y) for x, y in sleeve], blue)
    body = [(346, 92), (346, 92), (412, 126), (436, 180), (424, 300), (426, 500), (434, 700)]
    body += [(434, 700), (370, 722), (300, 728)]
    d.part(mirrored(body), blue)
    d.part([(262, 92), (338, 92), (338, 92), (300, 140), (300, 140), (262, 92)], (60, 72, 96))
    for side in (1, -1):
        collar = [(300, 138), (300, 138), (338, 78), (338, 78), (362, 96), (346, 166), (346, 166)]
        d.part([(300 + side * (x - 300), y) for x, y in collar], (140, 168, 205), rim=0.2)
        d.seam([(300 + side * (x - 300), y) for x, y in collar], dark, 2)
        d.seam([(300 + side * 122, 210), (300 + side * 112, 400), (300 + side * 116, 560)], dark)
        d.seam([(300 + side * 166, 606), (300 + side * 227, 596)], dark)
    d.seam([(286, 140), (284, 726)], dark, 2)
    d.seam([(316, 150), (318, 726)], dark, 2)
    for y in range(180, 710, 86):
        d.dot(300, y, 7, (235, 238, 242))
    d.seam([(346, 262), (404, 262), (404, 330), (375, 346), (346, 330), (346, 262)], dark, 2)
    return d.photo((250, 250, 250))


def tshirt():
    """A dark T-shirt."""
    d = Drawing(2)
    body = [(356, 112), (356, 112), (430, 140), (500, 210), (560, 306), (560, 306), (480, 356)]
    body += [(480, 356), (446, 300), (440, 420), (446, 690), (446, 690), (370, 700), (300, 702)]
    d.part(mirrored(body), (52, 56, 66))
    d.hole([(244, 100), (244, 108), (262, 150), (300, 166), (338, 150), (356, 108), (356, 100)])
    d.seam([(240, 112), (258, 158), (300, 178), (342, 158), (360, 112)], (84, 88, 100), 4)
    return d.photo((244, 243, 240))


def trousers():
    """Jeans, cut out: the background is transparent."""
    d = Drawing(3)
    denim, dark = (86, 108, 148), (46, 60, 92)
    half = [(392, 40), (392, 40), (404, 110), (420, 240), (414, 480), (398, 764), (398, 764)]
    half += [(320, 766), (320, 766), (316, 520), (306, 270), (302, 240)]
    d.part(mirrored(half), denim, stretch=4)
    d.seam([(206, 72), (394, 72)], dark, 4)
    d.seam([(300, 74), (300, 236)], dark, 3)
    d.seam([(228, 76), (216, 130), (196, 140)], dark)
    d.seam([(372, 76), (384, 130), (404, 140)], dark)
    d.dot(300, 56, 7, (190, 160, 96))
    return d.transparent()


def dress():
    """A sleeveless red dress before a dark background."""
    d = Drawing(4)
    half = [(356, 40), (356, 40), (384, 44), (384, 44), (374, 120), (388, 180), (372, 290)]
    half += [(372, 300), (410, 460), (452, 736), (452, 736), (380, 756), (300, 762)]
    d.part(mirrored(half), (196, 60, 76), stretch=5)
    d.hole([(244, 30), (244, 40), (256, 108), (300, 138), (344, 108), (356, 40), (356, 30)])
    d.seam([(228, 296), (300, 304), (372, 296)], (120, 28, 44), 5)
    return d.photo((26, 27, 30))


def bag():
    """A leather handbag with two handles."""
    d = Drawing(5)
    brown, dark = (140, 92, 58), (78, 48, 28)
    for lift, color in ((0, dark), (24, brown)):
        line = [(200, 380), (206, 250 + lift), (250, 180 + lift), (300, 164 + lift)]
        line += [(350, 180 + lift), (394, 250 + lift), (400, 380)]
        d.seam(line, color, 20)
    half = [(470, 350), (470, 350), (500, 480), (520, 640), (520, 640), (420, 664), (300, 668)]
    d.part(mirrored([(300, 344), *half]), brown, stretch=1)
    d.seam([(132, 400), (300, 408), (468, 400)], dark, 4)
    d.part(mirrored([(300, 396), (330, 398), (336, 470), (300, 484)]), dark)
    d.dot(300, 456, 11, (214, 186, 120))
    return d.photo((236, 238, 240))


def boot():
    """An ankle boot from the side, toe to the left as in the data set."""
    d = Drawing(6)
    leather, dark = (92, 66, 52), (36, 28, 24)
    shaft = [(300, 180), (300, 180), (410, 170), (520, 182), (520, 182), (516, 330), (530, 470)]
    shaft += [(540, 600), (540, 600), (300, 612), (60, 606), (60, 606), (56, 540), (110, 480)]
    shaft += [(220, 430), (290, 370), (312, 280)]
    d.part(shaft, leather, stretch=1)
    sole = [(52, 600), (52, 600), (300, 606), (546, 596), (546, 596), (548, 676), (548, 676)]
    sole += [(430, 678), (430, 678), (422, 636), (330, 630), (60, 634), (60, 634)]
    d.part(sole, dark)
    d.part([(392, 176), (440, 176), (434, 320), (440, 420), (400, 420), (390, 300)], (62, 44, 36))
    for i in range(5):
        d.seam([(306 - 12 * i, 250 + 40 * i), (352 - 14 * i, 262 + 42 * i)], dark, 5)
    d.seam([(70, 560), (150, 520), (240, 500), (300, 540)], dark, 3)
    return d.photo((248, 248, 248))


def data_set_pictures(folder):
    """The first picture of some classes in the test data."""

    def read(name, header):
        with gzip.open(folder / name) as file:
            return np.frombuffer(file.read(), np.uint8, offset=header)

    images = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = read("t10k-labels-idx1-ubyte.gz", 8)
    for number, name in ((2, "pullover"), (5, "sandal"), (7, "sneaker")):
        yield f"28x28-{name}", Image.fromarray(images[np.argmax(labels == number)])


def main():
    """Writes all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("folder", type=Path, nargs="?", default=Path("Examples"))
    arguments = parser.parse_args()
    pictures = [(f.__name__, f()) for f in (shirt, tshirt, trousers, dress, bag, boot)]
    pictures += data_set_pictures(arguments.data)
    for name, image in pictures:
        image.save(arguments.folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
