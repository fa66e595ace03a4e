"""A tokenizer.json of CLIP's kind with a vocabulary of a given size.

Its merges join two bytes each. They are no language's, but the file is as large as a real one and is read
and checked like it. Everything around the vocabulary is CLIP's own, taken from the goldens.
"""

import json
from itertools import islice
from pathlib import Path

GOLDEN = Path(__file__).parents[3] / "goldens" / "tokenizer" / "tokenizer.json"


def tokenizer(size):
    """The content of the file."""
    content = json.loads(GOLDEN.read_text("utf-8"))
    known = list(content["model"]["vocab"])
    # The 256 bytes, then the same at the end of a word.
    single = known[:512]
    pairs = ((first, second) for first in single[:256] for second in single)
    merges = list(islice(pairs, size - len(single) - 2))
    special = [token["content"] for token in content["added_tokens"]]
    tokens = single + [first + second for first, second in merges] + special
    if not len(tokens) == len(set(tokens)) == size:
        raise ValueError(f"no vocabulary of {size} tokens can be made of two bytes each")
    numbers = {token: number for number, token in enumerate(tokens)}
    content["model"]["vocab"] = numbers
    content["model"]["merges"] = [f"{first} {second}" for first, second in merges]
    for token in content["added_tokens"]:
        token["id"] = numbers[token["content"]]
    for part in ("sep", "cls"):
        token = content["post_processor"][part][0]
        content["post_processor"][part] = [token, numbers[token]]
    return content
