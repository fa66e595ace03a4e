"""Makes a small CLIP tokenizer and what transformers' fast CLIPTokenizer says to many texts.

CLIP's own vocabulary is not in this repository, so a byte-level BPE of the same pipeline and
layout (256 bytes, 256 word-ending bytes, merges, start, end) is trained on Unicode's character
names and a few sentences. Run from any folder: python generate.py
"""

import json
import random
import unicodedata
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

HERE = Path(__file__).parent
MERGES = 1000
CONTEXT = 77
START, END = "<|startoftext|>", "<|endoftext|>"

SENTENCES = """
a photo of a cat sitting on the window sill. What color is the car in the image?
Describe the scene in detail. How many people are there? Answer the question using a single word or phrase.
Provide a one-sentence caption for the provided image. The man is wearing a blue shirt and isn't looking at
the camera; they're standing in front of a large red bus. It's 3:45 PM on the 21st of June 2024.
Was ist auf dem Bild zu sehen? Ein großer Hund läuft über die Straße. Où est le garçon ? À côté de l'école.
¿Qué está haciendo la niña? Está comiendo una manzana. Что изображено на картинке? Большая чёрная собака.
Τι βλέπεις στην εικόνα; Μια γάτα. 这张图片里有什么？一只猫坐在窗台上。この写真には何が写っていますか。
이 사진에 무엇이 있나요? ماذا يوجد في الصورة؟ قطة على النافذة. מה יש בתמונה? चित्र में क्या है? ในภาพมีอะไร
""".split("\n")


def train():
    """A BPE with CLIP's pipeline; returns vocabulary and merges in CLIP's layout."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(
                Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"),
                behavior="removed",
                invert=True,
            ),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=512 + MERGES,
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    names = (unicodedata.name(chr(code), "") for code in range(0x3000))
    tokenizer.train_from_iterator([*SENTENCES * 20, *names], trainer)
    merges = [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]][:MERGES]
    tokens = [*alphabet, *(byte + "</w>" for byte in alphabet), *(a + b for a, b in merges)]
    tokens = list(dict.fromkeys([*tokens, START, END]))
    return {token: index for index, token in enumerate(tokens)}, merges


def texts():
    """Texts that have broken tokenizers before, then random mixtures of everything."""
    fixed = [
        "", " ", "\n", "\t \r\n", "a", "A", "a photo of a cat", "A Photo Of A CAT.",
        "  leading and trailing  ", "many    spaces\tand\ttabs\nand\n\nlines",
        "It's they're I've I'm you'll he'd isn't don't", "IT'S THEY'RE I'VE I'M YOU'LL HE'D ISN'T",
        "it’s they’re", "'s 't 're 've 'm 'll 'd", "'x ''s s's", "rock'n'roll", "'tis 'dozen 'many",
        "0 1 2 12 123 1234567890", "3.14 1,000,000 1e-5 0x1F", "٣ ३ ๓ Ⅷ ⅷ ² ½ ① ㊿ 一二三 〇",
        "a1b2c3 abc123def v1.0.0-beta+2", "...!!!???", "a.b,c;d:e!f?g", "#hashtag @name $5 50% a&b a|b",
        "&amp; &lt;b&gt; &quot;x&quot; &#39; &nbsp; &eacute; &amp;amp;", "<b>bold</b> <br/> <image>",
        "https://example.com/a/b?c=d&e=f#g", "user@example.com", r"C:\dir\file.txt", "a\\b\\\\c",
        "<|startoftext|>", "<|endoftext|>", "a <|endoftext|> b", "a<|endoftext|>b", "<|ENDOFTEXT|>",
        "<|startoftext|>a<|startoftext|>", "<|endoftext|><|endoftext|>", " <|endoftext|> ", "<|endoftext|",
        "x" * 500, "ab" * 250, "é" * 500, "the" * 200, "a " * 200, "1" * 100, "." * 300, "a." * 100,
        "word " * 74, "word " * 75, "word " * 76, "word " * 77, "猫" * 100, "🙂" * 100, "antidisestablishment" * 25,
        "😀", "😀😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "❤️", "❤", "☺️ ☹", "1️⃣", "🫠🪿🫨", "a😀b", "🧑🏿‍🚀 in space",
        "猫", "这是一只猫。", "日本語のテキスト、ひらがなとカタカナ。", "ｆｕｌｌｗｉｄｔｈ　ＴＥＸＴ１２３", "ﾊﾝｶｸ", "한국어 텍스트",
        "\u1112\u1161\u11ab\u1100\u1173\u11af", "𠀀𪛖", "々〆ヵヶ", "قطة على النافذة", "السَّلَامُ عَلَيْكُمْ", "كـــتاب", "لا", "ﷺ",
        "שָׁלוֹם", "नमस्ते दुनिया", "ภาษาไทยไม่มีช่องว่าง", "ქართული ᲥᲐᲠᲗᲣᲚᲘ", "հայերեն և", "Ελληνικά ΟΔΟΣ ΣΑΣ Σ", "Привет МИР",
        "ﬁ ﬂ ﬃ ﬀ ĳ ǆ", "oﬃce", "Straße STRASSE ẞ", "İstanbul ısı I i", "ÀÉÎÕÜ àéîõü", "e\u0301 a\u030a n\u0303 o\u0308\u0304",
        "\u0041\u030a \u00c5 \u212b", "z\u0351\u0323\u0324\u0325a\u0316\u0317l\u0318\u0319g\u031ao\u031b", "\u0301", "\u0301a", "a\u0327\u0301 a\u0301\u0327",
        "\u1e9b\u0323", "ŉ ǰ ΐ", "K Å Ω", "a\u200bb", "a\u200db", "a\u200cb", "a\u00adb", "\ufeffa", "a\u2060b", "a\u00a0b", "a\u2009b", "a\u3000b",
        "a\u2028b\u2029c", "a\u0085b", "a\u180eb", "a\u1680b", "a\x00b", "\x00", "\x01\x02\x03", "\x1b[0m", "a\x1cb\x1db\x1eb\x1f", "a\x7fb", "\x80\x9f",
        "a\x0bb\x0cc", "\ufffd", "\ufffe\uffff", "\U0010ffff", "\ue000", "\U000e0001", "\u202eabc\u202c", "‘single’ “double” „low‟ «guillemets»",
        "— – ‐ ‑ − …", "€ £ ¥ ₹ ₿", "± × ÷ ≠ ≤ ∞ ∑ √", "∀x∈ℝ: x²≥0", "H₂O E=mc²", "ªº µ", "ℌ𝔢𝔩𝔩𝔬 𝓦𝓸𝓻𝓵𝓭 𝟙𝟚𝟛", "🅰🅱", "Ⓐⓑ", "ʰʷ ˈ ˌ", "ǅ ǈ",
        "ꙮ Ꙁ", "Ꞛꞛ", "𐐀𐐨", "Ⰰⰰ", "ᏣᎳᎩ ꮳꮃꭹ", "𞤀𞤢", "ߊߋ", "ⴰⵎ", "ᚠᚢ", "𒀀", "𓀀", "𝄞", "\u0378", "\U0001fae8\U0001fac8", "\u1c89\u1c8a\ua7cb\ua7dc",
        "line one\r\nline two\rline three", "tab\tseparated\tvalues", "trailing newline\n", "\n\nWhat is this?\n\n", "Q: what?\nA: that.",
        "def f(x):\n    return x**2  # square", '{"key": [1, 2.5, null]}', "SELECT * FROM t WHERE a <> 'b';", "| a | b |\n|---|---|", "- [ ] todo\n- [x] done",
        "What is the man in the blue shirt holding in his left hand, and why isn't he looking at the camera?",
        "Answer the question using a single word or phrase.", "Provide a one-sentence caption for the provided image.\nReference OCR token: A, B, C",
    ]
    random.seed(20240621)
    pieces = [piece for text in fixed for piece in text.split(" ") if 0 < len(piece) < 30]
    ranges = [(0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0xE80),
              (0x1100, 0x1200), (0x1E00, 0x2000), (0x2000, 0x2C00), (0x3000, 0x3400), (0x4E00, 0x5000),
              (0xA640, 0xA800), (0xAC00, 0xAD00), (0xF900, 0xFB50), (0xFB50, 0xFF00), (0xFF00, 0xFFFE),
              (0x10000, 0x10400), (0x1D400, 0x1D7FF), (0x1F300, 0x1FB00)]

    def character():
        low, high = random.choice(ranges)
        return chr(random.randrange(low, high))

    mixed = []
    for _ in range(150):
        mixed.append("".join(random.choice(["", " ", " ", "\n"]) + random.choice(pieces) for _ in range(random.randint(1, 14))))
    for _ in range(150):
        mixed.append("".join(character() for _ in range(random.randint(1, 25))))
    for _ in range(50):
        mixed.append("".join(random.choice([character(), "a", " ", "\u0301", "\u200d", "'s", "7"]) for _ in range(random.randint(5, 60))))
    return fixed + mixed


def main():
    vocab, merges = train()
    (HERE / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (HERE / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    tokenizer = CLIPTokenizer(vocab=vocab, merges=merges)
    tokenizer.backend_tokenizer.save(str(HERE / "tokenizer.json"), pretty=False)
    cases = []
    for text in texts():
        whole = tokenizer(text)["input_ids"]
        cut = tokenizer(text, truncation=True, max_length=CONTEXT)["input_ids"]
        case = {"text": text, "ids": cut}
        if len(whole) > len(cut):
            case["tokens_before_cut"] = len(whole)
        cases.append(case)
    rows = ",\n".join(json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in cases)
    (HERE / "cases.json").write_text(f'{{"context":{CONTEXT},"cases":[\n{rows}\n]}}\n')
    print(len(cases), "texts,", len(vocab), "tokens,", sum("tokens_before_cut" in c for c in cases), "cut")


if __name__ == "__main__":
    main()
