"""Encodes each distinct image and each distinct human turn of a dataset once, in PyTorch.

    python towers.py DATA.json IMAGES ENCODER OUTPUT.npz [--batch 64]

Images are read by Pillow in two workers; a batch of turns is padded to its longest.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.utils.data import DataLoader
from transformers import CLIPModel

from encode import CONTEXT, WORKERS, normalized, padded, pixel_values
from outcome import Stopwatch


class Images(torch.utils.data.Dataset):
    """Pixel values of files."""

    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, position):
        return pixel_values(self.paths[position])


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data")
    arguments.add_argument("images", type=Path)
    arguments.add_argument("encoder", type=Path)
    arguments.add_argument("output")
    arguments.add_argument("--batch", type=int, default=64)
    arguments = arguments.parse_args()
    model = CLIPModel.from_pretrained(arguments.encoder, dtype=torch.float32).eval()
    tokenizer = Tokenizer.from_file(str(arguments.encoder / "tokenizer.json"))
    tokenizer.enable_truncation(CONTEXT)
    records = json.loads(Path(arguments.data).read_text("utf-8"))
    # The model is loaded: what is compared begins.
    time = Stopwatch()
    paths = [arguments.images / name for name in dict.fromkeys(one["image"] for one in records)]
    turns = (turn for one in records for turn in one["conversations"] if turn["from"] == "human")
    turns = list(dict.fromkeys(turn["value"].replace("<image>", " ").strip() for turn in turns))
    image_rows, text_rows, tokens, computed = [], [], 0, 0
    with torch.inference_mode():
        for images in DataLoader(Images(paths), arguments.batch, num_workers=WORKERS):
            vision = model.vision_model(pixel_values=images).pooler_output
            image_rows.append(normalized(model.visual_projection(vision)).half().numpy())
        time.step("images")
        for start in range(0, len(turns), arguments.batch):
            encodings = tokenizer.encode_batch(turns[start : start + arguments.batch])
            ids = padded([encoding.ids for encoding in encodings])
            tokens += sum(len(encoding.ids) for encoding in encodings)
            computed += ids.numel()
            text = model.text_model(input_ids=ids).pooler_output
            text_rows.append(normalized(model.text_projection(text)).half().numpy())
        time.step("turns")
    np.savez(arguments.output, image=np.concatenate(image_rows), text=np.concatenate(text_rows))
    time.finish(images=len(paths), turns=len(turns), tokens=tokens, tokens_with_padding=computed)


if __name__ == "__main__":
    main()
