"""Makes records about JPEG files of 640x480, with the repeats of LLaVA-665K.

    python make_photographs.py FOLDER RECORDS

1.9 records an image, and conversations as in `make_dataset.py`; a third of the records ask one of a few
stock questions alone. The same arguments give the same bytes.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np

from make_dataset import record
from whole_folder import whole_folder

sys.path.append(str(Path(__file__).parents[1] / "browser" / "bench" / "models"))

from make_images import picture  # noqa: E402

RECORDS_AN_IMAGE = 1.9
STOCK = ["Describe the image concisely.", "What is in the photo?", "Write a detailed description."]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("records", type=int)
    arguments = arguments.parse_args()
    with whole_folder(arguments.folder) as growing:
        (growing / "images").mkdir()
        images = max(1, round(arguments.records / RECORDS_AN_IMAGE))
        generator = np.random.default_rng(11)
        for number in range(images):
            name = growing / "images" / f"{number:06}.jpg"
            picture(generator, 640, 480).save(name, quality=90, subsampling="4:2:0")
        draw = random.Random(1)
        records = []
        for number in range(arguments.records):
            one = record(draw, number)
            one["image"] = f"images/{draw.randrange(images):06}.jpg"
            if draw.random() < 1 / 3:
                one["conversations"] = one["conversations"][:2]
                one["conversations"][0]["value"] = f"<image>\n{draw.choice(STOCK)}"
            records.append(one)
        (growing / "data.json").write_text(json.dumps(records), "utf-8")


if __name__ == "__main__":
    main()
