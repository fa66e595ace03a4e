"""Makes the images of the quirk dataset, and checks that `expected.json` says what Python reads.

    python tests/goldens/quirks/generate.py

`annotations.json` and `expected.json` are written by hand and are not touched. Versions:
tests/goldens/requirements.txt.
"""

import base64
import io
import json
import pathlib
import struct
import warnings
import zlib

import PIL.Image
from PIL import Image

HERE = pathlib.Path(__file__).parent
IMAGES = HERE / "images"
# The one record that is no JSON, and what Python reads in its place.
NOT_JSON = ("conversations: [", '"conversations": [')


def gradient(width, height, shift=0):
    """An RGB picture in which every corner is different."""
    image = Image.new("RGB", (width, height))
    image.putdata(
        [
            ((x * 255 // max(1, width - 1) + shift) % 256, y * 255 // max(1, height - 1), (x * 7 + y * 13) % 256)
            for y in range(height)
            for x in range(width)
        ]
    )
    return image


def coded(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width, height):
    """A PNG that promises more pixels than anyone should make room for."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def make_images():
    rgb = gradient(48, 40)
    alpha = rgb.convert("L").point(lambda value: 255 - value)
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    grey_alpha = rgb.convert("L")
    grey_alpha.putalpha(alpha)
    sixteen = Image.new("I;16", (48, 40))
    sixteen.putdata([x * 1300 + y for y in range(40) for x in range(48)])
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter to show
    jpeg = coded(gradient(64, 64), "JPEG", quality=90)
    png = coded(gradient(64, 64), "PNG")
    files = {
        "photos/rgb.jpg": coded(rgb, "JPEG", quality=90),
        "photos/rgb.png": coded(rgb, "PNG"),
        "photos/rgba.png": coded(rgba, "PNG"),
        "photos/palette.png": coded(rgb.quantize(16), "PNG", transparency=3),
        "photos/grey.png": coded(rgb.convert("L"), "PNG"),
        "photos/grey_alpha.png": coded(grey_alpha, "PNG"),
        "photos/one_bit.png": coded(rgb.convert("1"), "PNG"),
        "photos/sixteen_bit.png": coded(sixteen, "PNG"),
        "photos/cmyk.jpg": coded(rgb.convert("CMYK"), "JPEG", quality=90),
        "photos/rotated.jpg": coded(rgb, "JPEG", quality=90, exif=exif),
        "photos/\u56fe \u7247.png": coded(gradient(24, 24, 90), "PNG"),
        "sizes/1x1.png": coded(gradient(1, 1, 200), "PNG"),
        "sizes/1200x11.png": coded(gradient(1200, 11), "PNG"),
        "mislabelled/gif_bytes.jpg": coded(
            gradient(40, 48).quantize(64), "GIF", save_all=True, append_images=[gradient(40, 48, 128).quantize(64)]
        ),
        "mislabelled/png_bytes.jpg": coded(gradient(40, 40, 30), "PNG"),
        "mislabelled/webp_bytes": coded(gradient(40, 40, 60), "WEBP", quality=90),
        "broken/truncated.jpg": jpeg[: len(jpeg) * 2 // 3],
        "broken/truncated.png": png[: len(png) * 2 // 3],
        "broken/empty.jpg": b"",
        "broken/not_found.jpg": b"<!DOCTYPE html><title>404 Not Found</title>\n",
        "broken/bomb.png": bomb(60000, 60000),
        # Beside the images root, where a record must not reach it.
        "../outside.png": coded(gradient(8, 8), "PNG"),
    }
    for name, data in files.items():
        path = IMAGES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def image_fate(reference):
    """Why an image cannot be had, or None."""
    if "://" in reference:
        return "image_url"
    if reference.startswith("data:"):
        Image.open(io.BytesIO(base64.b64decode(reference.split(",")[1]))).convert("RGB")
        return None
    path = (IMAGES / reference).resolve()
    if IMAGES.resolve() not in path.parents:
        return "image_outside"
    if not path.is_file():
        path = (IMAGES / reference.replace("\\", "/")).resolve()
    if not path.is_file():
        return "image_missing"
    try:
        Image.open(path).convert("RGB")
    except PIL.Image.DecompressionBombError:
        return "image_too_large"
    except (OSError, SyntaxError):
        return "image_unreadable"
    return None


def wording(text):
    """The text of a turn, which may be a list of parts."""
    if isinstance(text, list):
        return "\n".join(part["text"] for part in text if part.get("text"))
    return text


def human_texts(record):
    """The texts for the encoder; None where the turns are no list of turns."""
    turns = record.get("conversations")
    if turns is None or turns == []:
        turns = record.get("messages") or []
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        return None
    texts = []
    for turn in turns:
        names = {str(turn.get(key)).lower() for key in ("from", "role")}
        if names & {"human", "user"}:
            wordings = [wording(turn.get(key) or "") for key in ("value", "content")]
            texts += [text for text in wordings if text.strip()][:1]
    if not texts:
        keys = ("instruction", "question", "query", "prompt", "text", "input")
        texts = [record[key] for key in keys if isinstance(record.get(key), str) and record[key].strip()][:1]
    return [text.replace("<image>", " ").strip() for text in texts]


def read(record):
    """The fate of a record and its texts, as METHOD says."""
    if not isinstance(record, dict):
        return "not_an_object", None
    texts = human_texts(record)
    if texts is None:
        return "invalid_conversations", None
    images = record.get("image") or []
    images = [images] if isinstance(images, str) else images
    if not isinstance(images, list):
        return "invalid_image", None
    if not texts:
        return "no_human_turn", []
    if not images:
        return "text_only", texts
    fates = list(map(image_fate, images))
    # One image that can be used is enough.
    return ("scored" if None in fates else fates[0]), texts


def check():
    expected = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))["records"]
    source = (HERE / "annotations.json").read_bytes().decode("utf-8")
    assert source.count(NOT_JSON[0]) == 1
    records = json.loads(source.replace(*NOT_JSON))
    assert len(records) == len(expected), (len(records), len(expected))
    for position, (record, row) in enumerate(zip(records, expected)):
        fate, texts = read(record)
        if row["fate"] == "invalid_json":
            fate, texts = "invalid_json", None
        # Half of a surrogate pair is no text; it is read as the replacement character.
        halves = {code: 0xFFFD for code in range(0xD800, 0xE000)}
        texts = texts and [text.translate(halves) for text in texts]
        found = {"position": position, "fate": fate} | ({"texts": texts} if texts else {})
        stated = {key: value for key, value in row.items() if key != "quirk"}
        assert found == stated, f"found {found}, stated {stated}"
    print(f"{len(records)} records are as expected.json says")


if __name__ == "__main__":
    warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
    make_images()
    check()
