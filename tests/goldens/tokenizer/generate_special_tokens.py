"""Makes what transformers' fast CLIPTokenizer says where a folder names its special tokens.

The folders hold vocab.json and merges.txt of this folder (made by generate.py, which need not be
run again) and one or both of tokenizer_config.json and special_tokens_map.json. Run from any
folder: python generate_special_tokens.py
"""

import json
import shutil
import tempfile
from pathlib import Path

from transformers import CLIPTokenizer

HERE = Path(__file__).parent


def token(content, **attributes):
    plain = {"content": content, "lstrip": False, "rstrip": False, "single_word": False, "normalized": False}
    return plain | attributes


START, END = "<|startoftext|>", "<|endoftext|>"
SPECIAL_TEXTS = [
    "", "a photo of a cat!", f"a {START} b", f"a {START.upper()} b", f"x {END} y", f"x {END.title()} y", "! hi!", "a<b>c",
    "hi ! there", "dog <extra> cat", "<EXTRA>", "A  cat",
]
# What folders with vocab.json and merges.txt have in tokenizer_config.json and special_tokens_map.json.
SPECIAL = [
    (None, None),
    # OpenAI's own: the tokens are found in normalised text, but the last of a text decides.
    (None, {"bos_token": token(START, normalized=True), "eos_token": token(END, normalized=True),
            "unk_token": token(END, normalized=True), "pad_token": END}),
    (None, {"bos_token": token(START, normalized=True), "eos_token": token(END, normalized=True),
            "unk_token": token(END, normalized=True), "pad_token": token(END, normalized=True)}),
    (None, {"bos_token": token(START), "eos_token": token(END, normalized=True), "unk_token": END, "pad_token": token(END, normalized=True)}),
    # Stable Diffusion 2's padding.
    (None, {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": "!"}),
    (None, {"unk_token": "!"}),
    (None, {"pad_token": token("!", lstrip=True, rstrip=True)}),
    (None, {"pad_token": token("cat</w>")}),
    ({"pad_token": "!"}, {"pad_token": END}),
    ({"pad_token": "!"}, {"bos_token": START}),
    ({"pad_token": "!", "do_lower_case": True, "model_max_length": 77}, None),
    ({"bos_token": token(START, normalized=True, __type="AddedToken"), "add_prefix_space": False}, None),
    ({"bos_token": {"content": START, "__type": "AddedToken"}}, None),
    (None, {"bos_token": {"content": START}}),
    ({"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END, "added_tokens_decoder": {
        "1512": token(START, normalized=True, special=True), "1513": token(END, special=True)}}, {"pad_token": "!"}),
    ({"pad_token": "!", "added_tokens_decoder": {
        "1513": token(END, normalized=True, special=True), "0": token("!", special=True), "1512": token(START, special=True),
        "1514": token("<extra>", normalized=True)}}, None),
    ({"added_tokens_decoder": {}}, {"pad_token": "!"}),
    ({"added_tokens_decoder": {"1512": {"content": START}, "1513": token(END)}}, None),
]


def main():
    folders = []
    for config, special_map in SPECIAL:
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for name in ("vocab.json", "merges.txt"):
                shutil.copy(HERE / name, folder)
            for name, content in (("tokenizer_config.json", config), ("special_tokens_map.json", special_map)):
                if content is not None:
                    (folder / name).write_text(json.dumps(content))
            tokenizer = CLIPTokenizer.from_pretrained(folder)
            ids = [tokenizer(text)["input_ids"] for text in SPECIAL_TEXTS]
        folders.append({"tokenizer_config": config, "special_tokens_map": special_map, "ids": ids})
    rows = ",\n".join(json.dumps(folder, separators=(",", ":")) for folder in folders)
    (HERE / "special_tokens.json").write_text(f'{{"texts":{json.dumps(SPECIAL_TEXTS)},"folders":[\n{rows}\n]}}\n')
    print(len(folders), "folders with special tokens")


if __name__ == "__main__":
    main()
