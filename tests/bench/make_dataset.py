"""Makes a dataset in the shape of LLaVA-665K: about 1,550 bytes a record, as `json.dump` writes them.

    python make_dataset.py FILE RECORDS

The same arguments give the same bytes.
"""

import argparse
import json
import random
from pathlib import Path

WORDS = (
    'the image shows a person "standing" near table with two café cups and bright colors.\n window'
).split(" ")


def record(generator, number):
    """A conversation of one to ten rounds about an image."""

    def words(fewest, most):
        return " ".join(generator.choices(WORDS, k=generator.randrange(fewest, most)))

    turns = []
    for turn in range(generator.randrange(1, 11)):
        question = words(5, 15)
        turns.append({"from": "human", "value": question if turn else f"<image>\n{question}"})
        turns.append({"from": "gpt", "value": words(10, 50)})
    name = f"{number:012}"
    return {"id": name, "image": f"coco/train2017/{name}.jpg", "conversations": turns}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("file", type=Path)
    arguments.add_argument("records", type=int)
    arguments = arguments.parse_args()
    generator = random.Random(1)
    # What was begun and not finished has another name, and is made again.
    growing = arguments.file.with_name(arguments.file.name + ".part")
    with growing.open("w", encoding="utf-8") as out:
        for number in range(arguments.records):
            out.write(", " if number else "[")
            out.write(json.dumps(record(generator, number)))
        out.write("]")
    growing.replace(arguments.file)


if __name__ == "__main__":
    main()
