"""Makes the stand-in demo encoder beside this file: an UNTRAINED CLIP with random weights.

    cargo run -p ofa-world --example write_world -- 1 3000 WORLD
    python assets/demo-encoder/generate.py WORLD

WORLD is any folder that the first command has written. Its words train the small tokeniser; a
sample of its images and words sets the last layer norms (see `standardise`). Everything else is
random numbers from a fixed seed. Versions: tests/goldens/requirements.txt.
"""

import json
import pathlib
import sys

import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import CLIPConfig, CLIPModel

HERE = pathlib.Path(__file__).parent
SEED = 20240605
VOCABULARY = 896
START, END = "<|startoftext|>", "<|endoftext|>"
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
IMAGE_SIZE = 64

CONFIG = {
    "architectures": ["CLIPModel"],
    "model_type": "clip",
    "projection_dim": 64,
    "logit_scale_init_value": 2.6592,
    "torch_dtype": "float16",
    "text_config": {
        "model_type": "clip_text_model",
        "vocab_size": VOCABULARY,
        "hidden_size": 128,
        "intermediate_size": 256,
        "projection_dim": 64,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "max_position_embeddings": 77,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-05,
        "bos_token_id": VOCABULARY - 2,
        "eos_token_id": VOCABULARY - 1,
        "pad_token_id": VOCABULARY - 1,
    },
    "vision_config": {
        "model_type": "clip_vision_model",
        "hidden_size": 128,
        "intermediate_size": 256,
        "projection_dim": 64,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_channels": 3,
        "image_size": IMAGE_SIZE,
        "patch_size": 8,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 1e-05,
    },
}

PREPROCESSOR = {
    "image_processor_type": "CLIPImageProcessor",
    "do_convert_rgb": True,
    "do_resize": True,
    "size": {"shortest_edge": IMAGE_SIZE},
    "resample": 3,
    "do_center_crop": True,
    "crop_size": {"height": IMAGE_SIZE, "width": IMAGE_SIZE},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": MEAN,
    "image_std": STD,
}


def clip_pipeline(model):
    """A tokeniser with CLIP's normaliser, split and byte level around a BPE model."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def train_tokenizer(texts):
    """BPE with CLIP's layout of ids: bytes, bytes that end a word, merges, start, end.

    The trainer alone would leave out the byte tokens that its texts do not hold, and then a text in
    another script could not be written in tokens.
    """
    learner = clip_pipeline(models.BPE(continuing_subword_prefix="", end_of_word_suffix="</w>"))
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=4 * VOCABULARY,
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]
    merges = merges[: VOCABULARY - 2 - 2 * len(alphabet)]
    tokens = alphabet + [letter + "</w>" for letter in alphabet]
    tokens += [first + second for first, second in merges] + [START, END]
    assert len(tokens) == len(set(tokens)) == VOCABULARY, len(tokens)
    vocabulary = {token: index for index, token in enumerate(tokens)}
    model = models.BPE(
        vocab=vocabulary,
        merges=merges,
        unk_token=END,
        continuing_subword_prefix="",
        end_of_word_suffix="</w>",
    )
    tokenizer = clip_pipeline(model)
    tokenizer.add_special_tokens([START, END])
    tokenizer.post_processor = processors.RobertaProcessing(
        (END, vocabulary[END]), (START, vocabulary[START]), trim_offsets=False, add_prefix_space=False
    )
    return tokenizer


def initialise(model):
    """Random weights at which what goes in still shows in what comes out.

    CLIP's own initialisation keeps the blocks near to doing nothing, because training follows: the
    class token and the end token then hardly see the rest. Here attention is made sharper and the
    blocks' outputs as large as their inputs.
    """
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name or "layrnorm" in name:
                parameter.fill_(1.0 if name.endswith("weight") else 0.0)
            elif name.endswith("bias"):
                parameter.zero_()
            elif name == "logit_scale":
                parameter.fill_(2.6592)
            elif "embedding" in name:
                scale = {"patch": 0.1, "position": 0.5, "class": 0.5, "token": 1.0}
                (kind,) = (kind for kind in scale if kind in name.rsplit("embeddings.", 1)[-1])
                parameter.normal_(0.0, scale[kind])
            else:
                torch.nn.init.orthogonal_(parameter)
                if "q_proj" in name or "k_proj" in name:
                    parameter.mul_(1.4)
                elif "v_proj" in name or "fc1" in name:
                    parameter.mul_(1.5)


def standardise(norm, projection, states):
    """Sets a last layer norm so that its output has mean 0 and variance 1 in each channel over the sample.

    Random towers put all inputs into a narrow cone. What all embeddings share is taken off here;
    no gradient and no label is involved.
    """
    with torch.no_grad():
        plain = torch.nn.functional.layer_norm(states, states.shape[-1:], eps=norm.eps)
        mean, deviation = plain.mean(0), plain.std(0).clamp(min=0.05)
        norm.weight.copy_(1 / deviation)
        norm.bias.copy_(-mean / deviation)
        assert projection.bias is None


def last_states(norm, run):
    """What goes into a layer norm while `run` is called, one tensor for each call of the norm."""
    seen = []
    hook = norm.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    with torch.no_grad():
        run()
    hook.remove()
    return seen


def pixel_values(path):
    image = Image.open(path).convert("RGB")
    width, height = image.size
    short = min(width, height)
    image = image.resize((IMAGE_SIZE * width // short, IMAGE_SIZE * height // short), Image.BICUBIC)
    left, top = (image.width - IMAGE_SIZE) // 2, (image.height - IMAGE_SIZE) // 2
    image = image.crop((left, top, left + IMAGE_SIZE, top + IMAGE_SIZE))
    values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    values = values.reshape(IMAGE_SIZE, IMAGE_SIZE, 3).permute(2, 0, 1) / 255
    return (values - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def read_world(folder):
    """All turns, and of each record with a readable image its picture and first question."""
    texts, images, questions = [], [], []
    seen = set()
    for record in json.loads((folder / "annotations.json").read_text()):
        turns = [turn["value"].replace("<image>", " ").strip() for turn in record["conversations"]]
        texts += turns
        image = record.get("image")
        if not image or image in seen or len(images) >= 1000:
            continue
        seen.add(image)
        try:
            images.append(pixel_values(folder / "images" / image))
        except OSError:
            continue  # broken on purpose
        questions.append(turns[0])
    return texts, torch.stack(images), questions


def mean_cosine(rows):
    rows = torch.nn.functional.normalize(rows.float(), dim=-1)
    cosines = rows @ rows.T
    others = cosines[~torch.eye(len(rows), dtype=torch.bool)]
    return others.mean().item(), others.quantile(0.99).item()


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    texts, images, questions = read_world(pathlib.Path(sys.argv[1]))
    tokenizer = train_tokenizer(texts)
    tokenizer.save(str(HERE / "tokenizer.json"), pretty=False)

    model = CLIPModel(CLIPConfig(**{key: value for key, value in CONFIG.items() if key != "torch_dtype"})).eval()
    initialise(model)
    distinct = sorted(set(questions))
    ids = [torch.tensor([tokenizer.encode(text).ids]) for text in distinct]
    assert max(row.shape[1] for row in ids) <= 77

    vision, text = model.vision_model, model.text_model
    states = last_states(vision.post_layernorm, lambda: vision(images))
    standardise(vision.post_layernorm, model.visual_projection, states[-1])
    # One text a call, so that the last position is the end token.
    states = last_states(text.final_layer_norm, lambda: [text(row) for row in ids])
    standardise(text.final_layer_norm, model.text_projection, torch.stack([state[0, -1] for state in states]))

    weights = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    weights = {name: tensor for name, tensor in weights.items() if not name.endswith("position_ids")}
    save_file(weights, HERE / "model.safetensors", metadata={"format": "pt"})
    (HERE / "model.safetensors").chmod(0o644)
    (HERE / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    (HERE / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR, indent=2) + "\n")

    # What was written is read back and measured, as a user of the folder would.
    model, loading = CLIPModel.from_pretrained(HERE, dtype=torch.float32, output_loading_info=True)
    assert not any(loading.values()), loading
    with torch.no_grad():
        image_rows = model.visual_projection(model.vision_model(images).pooler_output)
        text_rows = torch.cat([model.text_projection(model.text_model(row).pooler_output) for row in ids])
    parameters = sum(tensor.numel() for tensor in weights.values())
    print(f"{parameters} parameters, {len(images)} images, {len(distinct)} texts")
    print("cosine between images: mean %.3f, 99th percentile %.3f" % mean_cosine(image_rows))
    print("cosine between texts:  mean %.3f, 99th percentile %.3f" % mean_cosine(text_rows))


if __name__ == "__main__":
    main()
