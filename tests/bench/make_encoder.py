"""Makes a CLIP ViT-B/32 of random weights, f16, as a Hugging Face folder.

    python make_encoder.py FOLDER

The weights are those of the benchmark in the browser.
"""

import argparse
import json
import sys
from pathlib import Path

from safetensors.numpy import save_file

from whole_folder import whole_folder

sys.path.append(str(Path(__file__).parents[1] / "browser" / "bench" / "models"))

from bpe_vocabulary import tokenizer  # noqa: E402
from clip_sizes import CONFIGS, preprocessor_config  # noqa: E402
from random_weights import random_weights  # noqa: E402


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    folder = arguments.parse_args().folder
    config = CONFIGS["vit_b_32"]
    with whole_folder(folder) as growing:
        for name, content in [
            ("config.json", config),
            ("preprocessor_config.json", preprocessor_config(config["vision_config"]["image_size"])),
            ("tokenizer.json", tokenizer(config["text_config"]["vocab_size"])),
        ]:
            (growing / name).write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        save_file(random_weights(config), growing / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main()
