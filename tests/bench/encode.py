"""Encodes every record of a dataset in PyTorch, its images read by Pillow in two workers.

    python encode.py DATA.json IMAGES ENCODER OUTPUT.npz

Each batch of records has its images and all its human turns encoded, the turns padded to the longest.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from torch.utils.data import DataLoader, Dataset
from transformers import CLIPModel

from outcome import Stopwatch

WORKERS = 2
CONTEXT = 77
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


def pixel_values(path, side=224):
    """An image as CLIP's preprocessor prepares it, f32 `[3, side, side]`."""
    with Image.open(path) as image:
        image = image.convert("RGB")
    width, height = image.size
    short = min(width, height)
    size = side * width // short, side * height // short
    image = image.resize(size, Image.Resampling.BICUBIC)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    image = image.crop((left, top, left + side, top + side))
    values = (np.asarray(image, np.float32) / 255 - MEAN) / STD
    return torch.from_numpy(values.transpose(2, 0, 1))


class Records(Dataset):
    """Pixel values and the tokens of each human turn."""

    def __init__(self, data, images, encoder):
        self.records = json.loads(Path(data).read_text("utf-8"))
        self.images = Path(images)
        self.tokenizer = Tokenizer.from_file(str(Path(encoder) / "tokenizer.json"))
        self.tokenizer.enable_truncation(CONTEXT)

    def __len__(self):
        return len(self.records)

    def __getitem__(self, position):
        record = self.records[position]
        turns = [turn["value"] for turn in record["conversations"] if turn["from"] == "human"]
        turns = [turn.replace("<image>", " ").strip() for turn in turns]
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(turns)]
        return pixel_values(self.images / record["image"]), tokens


def padded(turns):
    """Tokens `[turns, longest]`, filled up with the end token."""
    longest = max(map(len, turns))
    return torch.tensor([turn + turn[-1:] * (longest - len(turn)) for turn in turns])


def collate(records):
    """Images `[b, 3, side, side]`, tokens `[turns, longest]` and how many turns each record has."""
    images = torch.stack([image for image, _ in records])
    tokens = padded([turn for _, turns in records for turn in turns])
    return images, tokens, torch.tensor([len(turns) for _, turns in records])


def normalized(rows):
    return torch.nn.functional.normalize(rows, dim=1)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data")
    arguments.add_argument("images")
    arguments.add_argument("encoder")
    arguments.add_argument("output")
    arguments.add_argument("--batch", type=int, default=64)
    arguments = arguments.parse_args()
    time = Stopwatch()
    model = CLIPModel.from_pretrained(arguments.encoder, dtype=torch.float32).eval()
    records = Records(arguments.data, arguments.images, arguments.encoder)
    time.step("loading")
    loader = DataLoader(records, arguments.batch, num_workers=WORKERS, collate_fn=collate)
    image_rows, text_rows = [], []
    with torch.inference_mode():
        for images, tokens, counts in loader:
            vision = model.vision_model(pixel_values=images).pooler_output
            image_rows.append(normalized(model.visual_projection(vision)).half().numpy())
            text = model.text_model(input_ids=tokens).pooler_output
            turns = normalized(model.text_projection(text))
            owners = torch.repeat_interleave(torch.arange(len(counts)), counts)
            sums = torch.zeros(len(counts), turns.shape[1]).index_add_(0, owners, turns)
            text_rows.append(normalized(sums / counts[:, None]).half().numpy())
    time.step("encoding")
    np.savez(arguments.output, image=np.concatenate(image_rows), text=np.concatenate(text_rows))
    time.finish(records=len(records))


if __name__ == "__main__":
    main()
