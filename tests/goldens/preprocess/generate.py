"""Makes hashes of what Pillow and transformers' Pillow image processor make of generated pixels.

Pixels come from a formula that the test computes too (`pixels` below), so only hashes are stored.
Run from any folder: python generate.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np
from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

HERE = Path(__file__).parent
MASK = np.uint64(0xFFFFFFFF)


def pixels(seed, width, height):
    """[height, width, 3]: noise, with every fourth block of 64 values black and white only.

    Black and white make the filter overshoot, which clipping must catch.
    """
    index = np.arange(3 * width * height, dtype=np.uint64)
    x = (index * np.uint64(2654435761) + np.uint64(seed) * np.uint64(40503)) & MASK
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(2246822519)) & MASK
    x ^= x >> np.uint64(13)
    noise = (x >> np.uint64(8)) & np.uint64(255)
    harsh = (index // np.uint64(64)) % np.uint64(4) == 3
    values = np.where(harsh, np.where(noise < 128, 0, 255), noise)
    return values.astype(np.uint8).reshape(height, width, 3)


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


RESIZES = [
    (1, 1, 1, 1), (1, 1, 224, 224), (1, 1, 7, 3), (2, 2, 5, 5), (3, 1, 2, 9), (1, 50, 1, 20), (1, 50, 30, 50),
    (17, 13, 17, 13), (17, 13, 18, 13), (17, 13, 17, 12), (17, 13, 34, 26), (17, 13, 8, 6), (17, 13, 1, 1),
    (100, 100, 99, 99), (100, 100, 101, 101), (100, 75, 33, 224), (64, 64, 224, 224), (640, 480, 298, 224),
    (480, 640, 224, 298), (1200, 11, 1000, 9), (11, 1200, 20, 333), (333, 217, 224, 146), (257, 129, 21, 43),
    (500, 375, 448, 336), (1023, 767, 298, 224), (2000, 3, 5, 224), (223, 225, 224, 224), (5, 5, 1, 300),
    # Around the sizes where Pillow 13 turns the order of its passes.
    (40, 40, 30, 19), (40, 40, 30, 20), (40, 40, 39, 37), (40, 40, 39, 38), (40, 60, 25, 29), (40, 60, 25, 30),
    (60, 40, 59, 37), (60, 40, 59, 38), (40, 40, 80, 39), (40, 40, 80, 41), (480, 960, 224, 448), (480, 961, 224, 448),
    (480, 970, 224, 452), (300, 1000, 224, 746),
]

CONFIGS = {
    "default": {},
    "small": {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}},
    "numbers": {"size": 336, "crop_size": 336, "resample": 3},
    "padded": {"size": {"shortest_edge": 21}, "crop_size": {"height": 40, "width": 31}},
    "bilinear": {"size": {"shortest_edge": 64}, "crop_size": {"height": 60, "width": 50}, "resample": 2},
    "exact": {"size": {"height": 30, "width": 50}, "do_center_crop": False},
    "crop-only": {"do_resize": False, "crop_size": {"height": 33, "width": 40}},
    "no-rescale": {"size": {"shortest_edge": 16}, "crop_size": 16, "do_rescale": False},
    "no-normalize": {"size": {"shortest_edge": 16}, "crop_size": 16, "do_normalize": False, "rescale_factor": 0.01},
    "square": {"use_square_size": True, "size": {"shortest_edge": 99}, "crop_size": 200},
    "lists": {"size": [30, 50], "crop_size": [28, 33], "do_pad": True},
    "lanczos": {"size": {"shortest_edge": 64}, "crop_size": {"height": 60, "width": 50}, "resample": 1},
    "half": {"size": 20, "crop_size": 20, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.25, 0.125]},
}

IMAGES = [
    (1, 1), (2, 1), (1, 3), (1200, 11), (11, 1200), (20, 20), (31, 40), (40, 31), (224, 224), (225, 224),
    (223, 224), (299, 224), (640, 480), (333, 500), (97, 101), (101, 97), (300, 640),
]


def main():
    resizes = []
    for seed, (width, height, new_width, new_height) in enumerate(RESIZES):
        image = Image.fromarray(pixels(seed, width, height))
        for resample in (1, 2, 3, 4, 5):
            result = np.array(image.resize((new_width, new_height), resample=resample))
            resizes.append(
                {
                    "seed": seed, "width": width, "height": height, "new_width": new_width,
                    "new_height": new_height, "resample": resample, "sha256": sha(result),
                }
            )
    processed = []
    for name, config in CONFIGS.items():
        processor = CLIPImageProcessorPil(**config)
        raw = CLIPImageProcessorPil(**{**config, "do_rescale": False, "do_normalize": False})
        for seed, (width, height) in enumerate(IMAGES):
            array = pixels(100 + seed, width, height)
            values = np.asarray(processor(Image.fromarray(array))["pixel_values"][0])
            levels = np.asarray(raw(Image.fromarray(array))["pixel_values"][0])
            assert values.dtype == np.float32 and levels.dtype == np.uint8, (values.dtype, levels.dtype)
            processed.append(
                {
                    "config": name, "seed": 100 + seed, "width": width, "height": height,
                    "shape": list(values.shape),
                    "pixels_sha256": sha(levels.transpose(1, 2, 0)), "pixel_values_sha256": sha(values),
                }
            )
    rows = lambda items: ",\n".join(json.dumps(item, separators=(",", ":")) for item in items)
    (HERE / "cases.json").write_text(
        f'{{"configs":{json.dumps(CONFIGS)},\n"resizes":[\n{rows(resizes)}\n],\n"processed":[\n{rows(processed)}\n]}}\n'
    )
    print(len(resizes), "resizes,", len(processed), "images")


if __name__ == "__main__":
    main()
