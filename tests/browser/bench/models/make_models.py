"""Makes the models of `cargo xtask bench --web`: for each size a Hugging Face folder for this project and
two ONNX graphs for onnxruntime, of the same random weights.

    python make_models.py FOLDER SIZE

`FOLDER/SIZE` then has config.json, preprocessor_config.json, tokenizer.json and model.safetensors (f16),
and vision.onnx and text.onnx (f32). The small size is checked against numpy in the passing.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import save_file

from bpe_vocabulary import tokenizer
from clip_sizes import CONFIGS, preprocessor_config
from numpy_clip import Clip
from onnx_towers import text_tower, vision_tower
from random_weights import random_weights

# Above what f32 has of errors in two layers, and far below what any wrong operator makes.
MOST_ERROR = 1e-4


def make(folder, config):
    """Writes a size's files."""
    folder.mkdir(parents=True)
    weights = random_weights(config)
    side = config["vision_config"]["image_size"]
    for name, content in [
        ("config.json", config),
        ("preprocessor_config.json", preprocessor_config(side)),
        ("tokenizer.json", tokenizer(config["text_config"]["vocab_size"])),
    ]:
        (folder / name).write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    onnx.save(vision_tower(config, weights), folder / "vision.onnx")
    onnx.save(text_tower(config, weights), folder / "text.onnx")
    return weights


def check(folder, config, weights):
    """Fails unless the graphs compute what numpy does."""
    generator = np.random.default_rng(7)
    side, text = config["vision_config"]["image_size"], config["text_config"]
    pixel_values = generator.standard_normal((3, 3, side, side), dtype=np.float32)
    input_ids = generator.integers(0, text["vocab_size"] - 2, (3, 20))
    # Ends at different places, and what is padded with the end token too.
    for row, end in enumerate([19, 7, 12]):
        input_ids[row, end:] = text["eos_token_id"]
    clip = Clip(config, weights)
    for name, given, expected in [
        ("vision", {"pixel_values": pixel_values}, clip.image_embeds(pixel_values)),
        ("text", {"input_ids": input_ids}, clip.text_embeds(input_ids)),
    ]:
        session = onnxruntime.InferenceSession(folder / f"{name}.onnx", providers=["CPUExecutionProvider"])
        found = session.run(None, given)[0]
        error = np.abs(found - expected).max() / np.abs(expected).max()
        print(f"{folder / name}.onnx: largest error against numpy {error:.1e} of the largest value")
        if not error < MOST_ERROR:
            raise SystemExit(f"{name}.onnx is not CLIP: expected an error below {MOST_ERROR}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("size", choices=CONFIGS)
    arguments = arguments.parse_args()
    config = CONFIGS[arguments.size]
    folder = arguments.folder / arguments.size
    # What was begun and not finished has another name, and is made again.
    growing = folder.with_suffix(".part")
    shutil.rmtree(growing, ignore_errors=True)
    weights = make(growing, config)
    if arguments.size == "small":
        check(growing, config, weights)
    shutil.rmtree(folder, ignore_errors=True)
    growing.rename(folder)


if __name__ == "__main__":
    main()
