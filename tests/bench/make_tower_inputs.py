"""Makes a dataset that is all work for the image tower, and one for the text tower.

    python make_tower_inputs.py FOLDER RECORDS

`images.json`: half as many records, each with an image of its own, of the model's size, and one question.
`texts.json`: as many records on one image, each with two turns that occur nowhere else; most of 8 to 20
tokens, as in LLaVA-665K, one in ten of several dozens. The same arguments give the same bytes.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np

from make_dataset import WORDS
from whole_folder import whole_folder

sys.path.append(str(Path(__file__).parents[1] / "browser" / "bench" / "models"))

from make_images import picture  # noqa: E402

SIDE = 224


def question(draw, number):
    """Words, of some three tokens each, and a number that no other question has."""
    count = draw.randrange(15, 26) if draw.random() < 0.1 else draw.randrange(2, 6)
    return " ".join([*draw.choices(WORDS, k=count), str(number)])


def record(image, turns):
    conversations = []
    for turn in turns:
        conversations.append({"from": "human", "value": turn})
        conversations.append({"from": "gpt", "value": "Yes."})
    return {"image": image, "conversations": conversations}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("records", type=int)
    arguments = arguments.parse_args()
    with whole_folder(arguments.folder) as growing:
        (growing / "images").mkdir()
        generator = np.random.default_rng(12)
        images = [f"images/{number:06}.jpg" for number in range(max(1, arguments.records // 2))]
        for image in images:
            picture(generator, SIDE, SIDE).save(growing / image, quality=90, subsampling="4:2:0")
        draw = random.Random(2)
        of_images = [record(image, ["<image>\nWhat is it?"]) for image in images]
        of_texts = [
            record(images[0], [question(draw, 2 * number), question(draw, 2 * number + 1)])
            for number in range(arguments.records)
        ]
        (growing / "images.json").write_text(json.dumps(of_images), "utf-8")
        (growing / "texts.json").write_text(json.dumps(of_texts), "utf-8")


if __name__ == "__main__":
    main()
