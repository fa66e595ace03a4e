"""Makes PyTorch checkpoints and the safetensors file that each must become.

Run from anywhere: python generate.py. Versions: ../requirements.txt. Weights are random with a
fixed seed; no model is downloaded. A second run gives the same tensors; only zip time stamps and
the storage keys of legacy.bin (memory addresses) differ.

clip/       a tiny CLIP in Hugging Face layout that has only pytorch_model.bin, with the int64
            position_ids buffers that checkpoints of 2021 carry; expected.safetensors beside it
layouts/    state dicts with strides, shared storages, parameters, every dtype, a scalar and an
            empty tensor: zip format, older format, pickle protocol 4; shards with an index
refused/    files that must be refused
"""

import io
import json
import pathlib
import pickle
import shutil
import zipfile

import torch
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel

HERE = pathlib.Path(__file__).resolve().parent
torch.set_num_threads(1)
torch.manual_seed(20)


def fresh(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def expected(tensors, path):
    # clone(): safetensors refuses tensors that share memory.
    save_file({k: v.detach().clone().contiguous() for k, v in tensors.items()}, path)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def clip():
    folder = fresh("clip")
    config = CLIPConfig(
        text_config=dict(
            vocab_size=600, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
            num_attention_heads=2, max_position_embeddings=77, bos_token_id=598,
            eos_token_id=599, pad_token_id=599,
        ),
        vision_config=dict(
            hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
            image_size=16, patch_size=8,
        ),
        projection_dim=8,
        architectures=["CLIPModel"],
    )
    model = CLIPModel(config).eval()
    config.save_pretrained(folder)
    state = model.state_dict()
    state["text_model.embeddings.position_ids"] = torch.arange(77)[None]
    state["vision_model.embeddings.position_ids"] = torch.arange(5)[None]
    torch.save(state, folder / "pytorch_model.bin")
    expected(state, folder / "expected.safetensors")

    write_json(folder / "preprocessor_config.json", {
        "crop_size": 16, "do_center_crop": True, "do_normalize": True, "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor", "resample": 3, "size": 16,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
    })
    # Byte-level alphabet and its end-of-word twins, then merges: CLIP's own layout.
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet = {b: chr(b) for b in printable}
    alphabet |= {b: chr(256 + i) for i, b in enumerate(b for b in range(256) if b not in alphabet)}
    units = [alphabet[b] for b in sorted(alphabet, key=lambda b: (b not in printable, b))]
    merges = ["t h", "th e</w>", "a n", "c a", "d o", "do g</w>", "ca t</w>"]
    tokens = units + [u + "</w>" for u in units] + [m.replace(" ", "") for m in merges]
    tokens += [f"<|unused{i}|>" for i in range(598 - len(tokens))]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    write_json(folder / "vocab.json", {t: i for i, t in enumerate(tokens)})
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    write_json(folder / "tokenizer_config.json", {"model_max_length": 77, "do_lower_case": True})
    write_json(folder / "special_tokens_map.json", {
        "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
    })


def layout():
    base = torch.randn(6, 10)
    block = torch.randn(3, 4, 5)
    return {
        "contiguous": base,
        "transposed": base.t(),
        "columns": base[:, 2:7],
        "rows": base[2:5],
        "every_other": base[::2, ::3],
        "permuted": block.permute(2, 0, 1),
        "permuted_slice": block.permute(2, 0, 1)[1:4, :, 1::2],
        "one_row": base[3:4].t(),
        "parameter": torch.nn.Parameter(torch.randn(4, 3)),
        "scalar": torch.tensor(2.6592),
        "empty": torch.zeros(0, 7),
        "f64": torch.randn(3, dtype=torch.float64),
        "f16": torch.randn(5, 3).half().t(),
        "bf16": torch.randn(7).bfloat16(),
        "i64": torch.arange(77)[None],
        "i32": torch.arange(-4, 4, dtype=torch.int32),
        "i16": torch.arange(-4, 4, dtype=torch.int16).view(2, 4).t(),
        "i8": torch.arange(-4, 4, dtype=torch.int8),
        "u8": torch.arange(250, 256, dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "naïve 名": torch.randn(2),
    }


def layouts():
    folder = fresh("layouts")
    tensors = layout()
    expected(tensors, folder / "expected.safetensors")
    torch.save(tensors, folder / "zip.bin")
    torch.save(tensors, folder / "protocol4.bin", pickle_protocol=4)
    torch.save(tensors, folder / "legacy.bin", _use_new_zipfile_serialization=False)
    names = list(tensors)
    shards = {
        "pytorch_model-00001-of-00002.bin": names[: len(names) // 2],
        "pytorch_model-00002-of-00002.bin": names[len(names) // 2:],
    }
    sharded = folder / "sharded"
    sharded.mkdir()
    for shard, keys in shards.items():
        torch.save({k: tensors[k] for k in keys}, sharded / shard)
    write_json(sharded / "pytorch_model.bin.index.json", {
        "metadata": {"total_size": sum(t.numel() * t.element_size() for t in tensors.values())},
        "weight_map": {k: shard for shard, keys in shards.items() for k in keys},
    })


class Runs:
    """What an attacker's pickle looks like: reading it in Python calls os.system."""

    def __reduce__(self):
        import os
        return os.system, ("echo this must never run",)


def refused():
    folder = fresh("refused")
    torch.save({"weight": torch.zeros(2), "more": Runs()}, folder / "code.bin")
    torch.save(torch.nn.Linear(2, 2), folder / "whole_model.bin")
    torch.save({"epoch": 3, "weight": torch.zeros(2)}, folder / "not_a_tensor.bin")
    torch.save({"weight": torch.zeros(1).expand(1000, 1000)}, folder / "repeats.bin")
    torch.save([torch.zeros(2)], folder / "list.bin")
    torch.save({"weight": torch.zeros(2).to_sparse()}, folder / "sparse.bin")
    (folder / "plain.bin").write_bytes(pickle.dumps({"weight": [1.0, 2.0]}, protocol=2))

    # A tensor that claims more elements than its storage has.
    buffer = io.BytesIO()
    torch.save({"weight": torch.zeros(4, 4)}, buffer)
    source = zipfile.ZipFile(buffer)
    with zipfile.ZipFile(folder / "out_of_bounds.bin", "w") as target:
        for member in source.namelist():
            data = source.read(member)
            if member.endswith("data.pkl"):
                # The shape (4, 4) becomes (4, 9); the strides (4, 1) stay.
                assert data.count(b"K\x04K\x04\x86") == 1
                data = data.replace(b"K\x04K\x04\x86", b"K\x04K\x09\x86")
            target.writestr(member, data)
    with zipfile.ZipFile(folder / "compressed.bin", "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            stored = not member.endswith("/data/0")
            kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(member), kind)
    with zipfile.ZipFile(folder / "no_pickle.bin", "w") as target:
        target.writestr("archive/readme", "nothing here")


clip()
layouts()
refused()
