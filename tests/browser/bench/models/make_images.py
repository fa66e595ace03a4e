"""Makes the images of `cargo xtask bench --web`: files as they are on the web, of generated content.

    python make_images.py FOLDER

Beside each file lies what Pillow, the reference, decodes it to, as BMP. `images.json` lists them by kind.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

# Of a photograph's spectrum the amplitude falls with the frequency; of a bit less detail than white noise
# JPEG files get the size that photographs have.
FALL = 1.1
CONTRAST = 55


def picture(generator, width, height):
    """An image with the spectrum of photographs, whose colours mostly vary together."""
    across, down = np.fft.rfftfreq(width), np.fft.fftfreq(height)[:, None]
    frequency = np.hypot(across, down)
    frequency[0, 0] = np.inf

    def layer():
        noise = np.fft.rfft2(generator.standard_normal((height, width)))
        values = np.fft.irfft2(noise / frequency**FALL, s=(height, width))
        return values / values.std()

    light = layer()
    channels = [128 + CONTRAST * (0.9 * light + 0.45 * layer()) for _ in range(3)]
    return Image.fromarray(np.clip(np.stack(channels, axis=-1), 0, 255).astype(np.uint8))


def with_alpha(image):
    """The image fading out to the right."""
    alpha = np.linspace(255, 0, image.width).astype(np.uint8)
    image = image.copy()
    image.putalpha(Image.fromarray(np.broadcast_to(alpha, (image.height, image.width)).copy()))
    return image


def turned(image):
    """The EXIF data of a camera that was held upright."""
    exif = image.getexif()
    exif[0x0112] = 6
    return exif


def kinds(generator):
    """Kind, name of the ending, image and options of Pillow for every file."""

    def one(width=640, height=480):
        return picture(generator, width, height)

    photograph = {"quality": 90, "subsampling": "4:2:0"}
    for _ in range(12):
        yield "JPEG 640x480", "jpg", one(), photograph
    for _ in range(4):
        yield "JPEG 1600x1200", "jpg", one(1600, 1200), photograph
    for _ in range(4):
        yield "PNG 640x480", "png", one(), {}
    # Of these only the drift is of interest.
    for _ in range(2):
        yield "JPEG, progressive", "jpg", one(), {**photograph, "progressive": True}
        yield "JPEG, full colour", "jpg", one(), {"quality": 90, "subsampling": "4:4:4"}
        yield "JPEG, grey", "jpg", one().convert("L"), {"quality": 90}
        yield "JPEG, turned by EXIF", "jpg", (image := one(480, 480)), {**photograph, "exif": turned(image)}
        yield "JPEG, CMYK", "jpg", one().convert("CMYK"), {"quality": 90}
        yield "PNG, palette", "png", one().quantize(64), {}
        yield "PNG, transparent", "png", with_alpha(one()), {}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    folder = arguments.parse_args().folder
    growing = folder.with_suffix(".part")
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir(parents=True)
    listed = []
    for nth, (kind, ending, image, options) in enumerate(kinds(np.random.default_rng(11))):
        name, reference = f"{nth:02}.{ending}", f"{nth:02}.bmp"
        image.save(growing / name, **options)
        with Image.open(growing / name) as decoded:
            # As the reference does it: EXIF is not looked at, what is transparent shows its colour.
            decoded.convert("RGB").save(growing / reference)
        size = (growing / name).stat().st_size
        listed.append({"kind": kind, "name": name, "reference": reference, "size": image.size, "bytes": size})
    (growing / "images.json").write_text(json.dumps(listed, indent=1), "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    growing.rename(folder)


if __name__ == "__main__":
    main()
