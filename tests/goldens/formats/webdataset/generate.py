"""Makes shards with awkward names, and writes down how the package `webdataset` groups them.

    python tests/goldens/formats/webdataset/generate.py

Keys are written without a leading `./`, which `ofa` strips. Hidden files in folders are left out:
`webdataset` takes `a/._b.jpg` for a sample with the key `a/`. Versions: webdataset 1.0.2, and
tests/goldens/requirements.txt.
"""

import hashlib
import io
import json
import pathlib
import tarfile

from PIL import Image
from webdataset.tariterators import group_by_keys, tar_file_expander

HERE = pathlib.Path(__file__).parent
OWN = ("__key__", "__url__", "__local_path__")


def image(kind, red):
    """A picture of four pixels."""
    out = io.BytesIO()
    Image.new("RGB", (2, 2), (red, 100, 200)).save(out, kind)
    return out.getvalue()


def plain():
    """What a careful writer makes."""
    for nth in range(4):
        key = f"{nth:06}"
        record = {
            "id": f"id-{nth}",
            "conversations": [
                {"from": "human", "value": f"<image>\nQuestion {nth}?"},
                {"from": "gpt", "value": "An answer."},
            ],
        }
        yield f"{key}.png", image("PNG", nth)
        yield f"{key}.json", json.dumps(record, indent=1).encode()


def captions():
    """Images with captions, as img2dataset writes them."""
    for nth in range(3):
        key = f"{nth:09}"
        yield f"{key}.jpg", image("JPEG", nth)
        yield f"{key}.json", json.dumps({"key": key, "width": 2, "caption": "Blüte"}).encode()
        yield f"{key}.txt", f"Eine Blüte {nth}\n".encode()


def awkward():
    """Every rule for names, and keys that do not stand together."""
    for name in [
        "README",
        "__meta__",
        "__meta__.json/part.json",
        "__info__/a.json",
        "____/b.json",
        ".hidden.jpg",
        "0001.jpg",
        "0001.seg.PNG",
        "0001.Cls",
        "a/0001.jpg",
        "a/no extension",
        "a/0001.txt",
        "a/b/0001.jpg",
        "v1.0/0001.jpg",
        "v1.0/.hidden",
        "v1.0/0001.txt",
        "./dot/0001.jpg",
        "./dot/0001.txt",
        "/absolute/0001.jpg",
        "../up/0001.jpg",
        "two  spaces.and dots.jpg",
        "two  spaces.txt",
        "trailing.",
        "double..jpg",
        "ümläut/花.jpg",
        "ümläut/花.txt",
        "__a__.jpg",
        "__a__.b__/c.jpg",
        "x/__a__/c.jpg",
        "___.jpg",
        "__.txt",
        "0001.json",
        "again.jpg",
        "between.jpg",
        "again.txt",
        "l/" * 80 + "n" * 90 + ".jpg",
        "l/" * 80 + "n" * 90 + ".txt",
        "n" * 150 + ".jpg",
        "n" * 150 + ".txt",
        "\U0001f600" * 40 + ".jpg",
        "last.jpg",
    ]:
        yield name, name.encode()


def write(members, form):
    """A shard in which some members are no files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8") as tar:
        for nth, (name, data) in enumerate(members):
            if nth == 2:
                folder = tarfile.TarInfo("folder.d")
                folder.type = tarfile.DIRTYPE
                tar.addfile(folder)
                link = tarfile.TarInfo("link.jpg")
                link.type = tarfile.SYMTYPE
                link.linkname = "0001.jpg"
                tar.addfile(link)
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mtime = 1_700_000_000
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def grouped(shard):
    """Keys with their extensions and the SHA-256 of each file."""
    source = [{"url": "shard", "stream": io.BytesIO(shard)}]
    return [
        {
            "key": sample["__key__"].removeprefix("./"),
            "files": {
                name: hashlib.sha256(data).hexdigest()
                for name, data in sample.items()
                if name not in OWN
            },
        }
        for sample in group_by_keys(tar_file_expander(source))
    ]


def main():
    shards = {
        "plain.tar": write(plain(), tarfile.USTAR_FORMAT),
        "captions.tar": write(captions(), tarfile.GNU_FORMAT),
        "awkward-gnu.tar": write(awkward(), tarfile.GNU_FORMAT),
        "awkward-pax.tar": write(awkward(), tarfile.PAX_FORMAT),
    }
    expected = {}
    for name, shard in shards.items():
        (HERE / name).write_bytes(shard)
        expected[name] = grouped(shard)
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
