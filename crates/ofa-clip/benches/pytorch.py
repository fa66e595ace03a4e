"""Images and texts per second of CLIP ViT-B/32 with random weights in PyTorch, and Pillow's preprocessing.

The counterpart of vit_b_32.rs. Environment: BATCH (16), SECONDS (10).
"""

import os
import time

import numpy as np
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

BATCH = int(os.environ.get("BATCH", 16))
SECONDS = float(os.environ.get("SECONDS", 10))


def per_second(items, call, seconds=SECONDS):
    call()
    start, calls = time.perf_counter(), 0
    while calls < 3 or time.perf_counter() - start < seconds:
        call()
        calls += 1
    return items * calls / (time.perf_counter() - start)


@torch.no_grad()
def main():
    print("torch", torch.__version__, "threads", torch.get_num_threads())
    processor = CLIPImageProcessorPil()
    for width, height in [(640, 480), (2048, 1536)]:
        image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))
        rate = per_second(1, lambda: processor(image), min(SECONDS, 3))
        print(f"pixel_values of {width}x{height}: {1e3 / rate:.2f} ms")
    model = CLIPModel(CLIPConfig()).eval()
    pixel_values = torch.randn(BATCH, 3, 224, 224)
    rate = per_second(BATCH, lambda: model.get_image_features(pixel_values))
    print(f"images, batch {BATCH}: {rate:.2f}/s")
    for length in [16, 77]:
        input_ids = torch.randint(0, 40000, (BATCH, length))
        input_ids[:, -1] = 49407
        rate = per_second(BATCH, lambda: model.get_text_features(input_ids))
        print(f"texts of {length} tokens, batch {BATCH}: {rate:.2f}/s")


if __name__ == "__main__":
    main()
