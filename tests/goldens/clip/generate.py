"""Makes small CLIP models with random weights, images and texts, and transformers' embeddings of them.

Images are turned to RGB by Pillow's `convert("RGB")` first (alpha is dropped), which is what this
project's datasets are read as. Needs ../tokenizer to be generated before it. Run from any folder:
python generate.py
"""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

HERE = Path(__file__).parent
TOKENIZER = HERE.parent / "tokenizer"

TEXTS = [
    "", "a", "a photo of a cat", "What color is the car in the image?", "it's 3:45 PM, isn't it?",
    "这张图片里有什么？", "👨‍👩‍👧‍👦 🏳️‍🌈", "ماذا يوجد في الصورة؟", "a <|endoftext|> b", "word " * 200,
    "Describe the scene in detail.\nAnswer the question using a single word or phrase.", "é" * 300, "ﬁ &amp; ﬃ",
]

SMALL = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
MODELS = {
    # The shape of OpenAI's own files: quick_gelu and the wrong end token id from before it was put right.
    "quick-gelu": {
        "config": {
            "projection_dim": 32,
            "vision_config": {
                "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4,
                "image_size": 32, "patch_size": 8, "hidden_act": "quick_gelu",
            },
            "text_config": {
                "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 2,
                "max_position_embeddings": 77, "hidden_act": "quick_gelu", "eos_token_id": 2, "bos_token_id": 0,
            },
        },
        "preprocessor": SMALL,
        "saved": {"quick-gelu": torch.float32},
    },
    # What later checkpoints look like, with sizes that divide nothing.
    "gelu": {
        "config": {
            "projection_dim": 24,
            "vision_config": {
                "hidden_size": 60, "intermediate_size": 100, "num_hidden_layers": 2, "num_attention_heads": 5,
                "image_size": 30, "patch_size": 7, "hidden_act": "gelu", "layer_norm_eps": 1e-3,
            },
            "text_config": {
                "hidden_size": 36, "intermediate_size": 50, "num_hidden_layers": 2, "num_attention_heads": 3,
                "max_position_embeddings": 40, "hidden_act": "gelu", "layer_norm_eps": 1e-4,
            },
        },
        "preprocessor": {"size": {"shortest_edge": 27}, "crop_size": {"height": 30, "width": 30}},
        "saved": {"gelu-f16": torch.float16, "gelu-bf16-sharded": torch.bfloat16},
    },
    "one-layer": {
        "config": {
            "projection_dim": 16,
            "vision_config": {
                "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 1,
                "image_size": 16, "patch_size": 16, "hidden_act": "quick_gelu",
            },
            "text_config": {
                "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 1,
                "max_position_embeddings": 77, "hidden_act": "quick_gelu",
            },
        },
        "preprocessor": {"size": 16, "crop_size": 16, "resample": 2},
        "saved": {"one-layer": torch.float32},
    },
}


def rgb(path):
    """Reads an image as RGB, its alpha dropped.

    After `convert("RGB")` a palette image still carries its transparent colour as a remark, by
    which transformers would paint those pixels white; the remark is dropped as well.
    """
    image = Image.open(path).convert("RGB")
    image.info.pop("transparency", None)
    return image


def scene(width, height, seed):
    """A smooth picture with edges and a little noise, [height, width, 3]."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    u, v = x / max(width - 1, 1), y / max(height - 1, 1)
    planes = []
    for _ in range(3):
        a, b, c, d = generator.uniform(0.5, 4, 4)
        planes.append(0.5 + 0.25 * np.sin(a * 2 * u + b) + 0.25 * np.cos(c * 2 * v + d * u))
    image = np.stack(planes, axis=-1)
    inside = (u - generator.uniform(0.3, 0.7)) ** 2 + (v - generator.uniform(0.3, 0.7)) ** 2 < 0.06
    image[inside] = generator.uniform(0, 1, 3)
    image += generator.normal(0, 0.01, image.shape)
    return (np.clip(image, 0, 1) * 255).astype(np.uint8)


def write_images(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    picture = lambda seed, width=60, height=44: Image.fromarray(scene(width, height, seed))
    picture(0).save(folder / "rgb.png")
    rgba = picture(1).convert("RGBA")
    rgba.putalpha(picture(2).convert("L"))
    rgba.save(folder / "rgba.png")
    picture(3).convert("L").save(folder / "grey.png")
    grey_alpha = picture(4).convert("LA")
    grey_alpha.putalpha(picture(5).convert("L"))
    grey_alpha.save(folder / "grey-alpha.png")
    palette = picture(6).quantize(32)
    palette.save(folder / "palette.png")
    palette.save(folder / "palette-transparent.png", transparency=3)
    picture(7).convert("1").save(folder / "bilevel.png")
    picture(8, 1, 1).save(folder / "1x1.png")
    picture(9, 1200, 11).save(folder / "1200x11.png")
    picture(10, 9, 300).save(folder / "9x300.png")
    picture(11, 20, 20).save(folder / "smaller-than-crop.png")
    picture(12, 32, 32).save(folder / "as-large-as-crop.png")
    picture(13, 33, 31).save(folder / "nearly-as-large.png")
    picture(14, 96, 70).save(folder / "444.jpg", quality=90, subsampling=0)
    picture(15, 96, 70).save(folder / "420.jpg", quality=85, subsampling=2)
    picture(16, 70, 96).save(folder / "progressive.jpg", quality=80, progressive=True)
    picture(17, 96, 70).convert("L").save(folder / "grey.jpg", quality=90)
    picture(18, 96, 70).save(folder / "lossy.webp", quality=80)
    picture(19, 96, 70).save(folder / "lossless.webp", lossless=True)


def randomise(model):
    """Weights of a size that lets embeddings of different inputs differ clearly."""
    generator = torch.Generator().manual_seed(7)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if name == "logit_scale":
            continue
        if "norm" in name and name.endswith("weight"):
            parameter.data = 1 + 0.2 * noise
        elif parameter.dim() == 1:
            parameter.data = 0.2 * noise
        elif "embedding.weight" in name and "patch" not in name:
            parameter.data = 0.5 * noise
        else:
            parameter.data = 1.2 * noise / math.sqrt(parameter[0].numel())


@torch.no_grad()
def embed(model, processor, tokenizer, images):
    normalise = lambda rows: rows / rows.norm(dim=-1, keepdim=True)
    values = [processor(rgb(path))["pixel_values"][0] for path in images]
    values = torch.from_numpy(np.stack([np.asarray(value) for value in values]))
    context = model.config.text_config.max_position_embeddings
    batch = tokenizer(TEXTS, padding=True, truncation=True, max_length=context, return_tensors="pt")
    layers = model.vision_model(values, output_hidden_states=True).hidden_states
    return {
        "image_embeddings": normalise(model.get_image_features(values).pooler_output),
        "text_embeddings": normalise(model.get_text_features(**batch).pooler_output),
    }, {
        # The layer before the last without the class token: what LLaVA reads.
        "patch_features": layers[-2][:, 1:].contiguous(),
    }


def save_weights(folder, tensors, dtype, sharded):
    tensors = {name: tensor.to(dtype).contiguous() for name, tensor in tensors.items()}
    # Checkpoints of former years carry this; it must not be in the way.
    tensors["vision_model.embeddings.position_ids"] = torch.arange(3).unsqueeze(0)
    if not sharded:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names = sorted(tensors)
    cut = len(names) // 3
    parts = [names[:cut], names[cut : 2 * cut], names[2 * cut :]]
    weight_map = {}
    for number, part in enumerate(parts, 1):
        file = f"model-{number:05}-of-{len(parts):05}.safetensors"
        save_file({name: tensors[name] for name in part}, folder / file, metadata={"format": "pt"})
        weight_map |= {name: file for name in part}
    index = {"metadata": {}, "weight_map": dict(sorted(weight_map.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


def main():
    torch.set_num_threads(1)
    write_images(HERE / "images")
    images = sorted((HERE / "images").iterdir(), key=lambda path: path.name)
    vocab = json.loads((TOKENIZER / "vocab.json").read_text(encoding="utf-8"))
    merges = [tuple(line.split(" ")) for line in (TOKENIZER / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]]
    tokenizer = CLIPTokenizer(vocab=vocab, merges=merges)
    for name, spec in MODELS.items():
        config = spec["config"]
        config["text_config"] |= {"vocab_size": len(vocab)}
        if "eos_token_id" not in config["text_config"]:
            config["text_config"] |= {"bos_token_id": len(vocab) - 2, "eos_token_id": len(vocab) - 1}
        model = CLIPModel(CLIPConfig(**config, attn_implementation="eager")).eval()
        randomise(model)
        processor = CLIPImageProcessorPil(**spec["preprocessor"])
        tensors = {key: value.clone() for key, value in model.state_dict().items()}
        for saved, dtype in spec["saved"].items():
            folder = HERE / saved
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            written = {"architectures": ["CLIPModel"], "model_type": "clip", **config}
            (folder / "config.json").write_text(json.dumps(written, indent=1) + "\n")
            preprocessor = {"image_processor_type": "CLIPImageProcessor", **spec["preprocessor"]}
            (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=1) + "\n")
            save_weights(folder, tensors, dtype, sharded=saved.endswith("sharded"))
            model.load_state_dict({key: value.to(dtype).float() for key, value in tensors.items()})
            expected, patches = embed(model, processor, tokenizer, images)
            save_file(expected, folder / "expected.safetensors")
            save_file(patches, folder / "patches.safetensors")
            for kind, rows in expected.items():
                cosines = rows @ rows.T - 2 * torch.eye(len(rows))
                print(f"{saved} {kind} {tuple(rows.shape)}: cosines of different rows up to {cosines.max():.4f}, mean {cosines[cosines > -1].mean():.3f}")
    inputs = {"images": [path.name for path in images], "texts": TEXTS}
    (HERE / "inputs.json").write_text(json.dumps(inputs, indent=1) + "\n")


if __name__ == "__main__":
    main()
