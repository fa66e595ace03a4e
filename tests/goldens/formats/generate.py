"""Writes one small dataset in the forms that other people's tools give it.

    python tests/goldens/formats/generate.py

The records and images are the same everywhere, so that features, counts and subsets can be held
against each other. Besides Python's own json, zipfile and tarfile it runs Info-ZIP's `zip` (3.0).
Versions: tests/goldens/requirements.txt.
"""

import base64
import io
import json
import pathlib
import shutil
import subprocess
import tarfile
import zipfile

import pyarrow
import pyarrow.parquet
from PIL import Image

HERE = pathlib.Path(__file__).parent
TEXT = HERE / "text"
ZIP = HERE / "zip"
CAPTIONS = HERE / "captions"
SHARDS = HERE / "shards"
TABLES = HERE / "tables"


def picture(seed, form):
    image = Image.new("RGB", (40, 32))
    image.putdata([((x * 5 + seed * 61) % 256, (y * 7 + seed * 17) % 256, (x * y + seed) % 256) for y in range(32) for x in range(40)])
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


IMAGES = {
    "coco/a.png": picture(1, "PNG"),
    "coco/b.jpg": picture(2, "JPEG"),
    "gqa/图 片.png": picture(3, "PNG"),
    "gqa/d.webp": picture(4, "WEBP"),
}


def turns(question, answer):
    return [{"from": "human", "value": f"<image>\n{question}"}, {"from": "gpt", "value": answer}]


RECORDS = [
    {"id": "a-1", "image": "coco/a.png", "conversations": turns("What is in this picture?", "Stripes.")},
    {"id": 2, "image": "coco/b.jpg", "conversations": turns("Quelle est la couleur dominante ?", "Bleu – 😀.")},
    {"id": "a-1", "image": "gqa/图 片.png", "conversations": turns("这张图片里有什么？", "条纹。")},
    {"id": "t", "conversations": [{"from": "human", "value": "What is 2 + 2?"}, {"from": "gpt", "value": "4"}]},
    {"id": "w", "image": "gqa/d.webp", "conversations": turns("Count the stripes.", "Seven.") + turns("Are you sure?", "Yes."), "score": 1.0, "nested": {"b": [1, 2.50], "a": None}},
    {"id": "m", "image": ["coco/a.png", "coco/b.jpg"], "conversations": turns("<image>\nCompare the two.", "Different.")},
    {"id": "gone", "image": "coco/none.png", "conversations": turns("Is it there?", "No.")},
]


def uri(name):
    kind = {"png": "png", "jpg": "jpeg", "webp": "webp"}[name.rsplit(".")[-1]]
    return f"data:image/{kind};base64,{base64.b64encode(IMAGES[name]).decode()}"


def messages(record, embed):
    """The record as OpenAI's chat format has it."""
    names = record.get("image", [])
    names = [names] if isinstance(names, str) else names
    out, first = [], True
    for turn in record["conversations"]:
        text = turn["value"]
        if turn["from"] == "gpt":
            out.append({"role": "assistant", "content": text})
            continue
        parts = []
        if first:
            for name in names:
                url = uri(name) if embed and name in IMAGES else name
                parts.append({"type": "image_url", "image_url": {"url": url}})
        parts.append({"type": "text", "text": text.replace("<image>\n", "")})
        out.append({"role": "user", "content": parts if names and first else parts[-1]["text"]})
        first = False
    return {"id": record["id"], "messages": out}


def write_text():
    shutil.rmtree(TEXT, ignore_errors=True)
    for name, data in IMAGES.items():
        path = TEXT / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def write(name, text):
        (TEXT / name).write_bytes(text.encode("utf-8") if isinstance(text, str) else text)

    write("dump.json", json.dumps(RECORDS))
    write("dump_utf8.json", json.dumps(RECORDS, ensure_ascii=False))
    write("dump_indent.json", json.dumps(RECORDS, ensure_ascii=False, indent=2) + "\n")
    write("dump_tabs_bom.json", b"\xef\xbb\xbf" + json.dumps(RECORDS, indent="\t").replace("\n", "\r\n").encode())
    write("compact.json", json.dumps(RECORDS, separators=(",", ":")))
    write("lines.jsonl", "".join(json.dumps(record) + "\n" for record in RECORDS))
    write("lines_crlf_unended.jsonl", "\r\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS))
    write("messages.jsonl", "".join(json.dumps(messages(record, False)) + "\n" for record in RECORDS))
    write("data_uris.json", json.dumps([messages(record, True) for record in RECORDS], indent=1))
    for nth, part in enumerate([RECORDS[:3], RECORDS[3:4], RECORDS[4:]]):
        (TEXT / "shards").mkdir(exist_ok=True)
        write(f"shards/part-{nth}.json", json.dumps(part, indent=nth or None))
        (TEXT / "shards_jsonl").mkdir(exist_ok=True)
        write(f"shards_jsonl/part-{nth}.jsonl", "\n".join(json.dumps(record) for record in part) + ("\n" if nth == 1 else ""))


def write_zips():
    shutil.rmtree(ZIP, ignore_errors=True)
    ZIP.mkdir()

    def with_zipfile(name, method, members, **options):
        with zipfile.ZipFile(ZIP / name, "w", method) as archive:
            for member, data in members.items():
                info = zipfile.ZipInfo(member, (2024, 1, 2, 3, 4, 6))
                info.compress_type = method
                with archive.open(info, "w", **options) as out:
                    out.write(data)

    images = {f"images/{name}": data for name, data in IMAGES.items()}
    dump = {"data/train.json": json.dumps(RECORDS, ensure_ascii=False, indent=2).encode()}
    with_zipfile("python_stored.zip", zipfile.ZIP_STORED, dump | images)
    with_zipfile("python_deflated.zip", zipfile.ZIP_DEFLATED, images | dump | {"README.txt": b"Read me.\n"})
    with_zipfile("python_zip64.zip", zipfile.ZIP_DEFLATED, dump | images, force_zip64=True)
    with_zipfile("python_bzip2.zip", zipfile.ZIP_BZIP2, dump | images)
    captions = {}
    for name, data in IMAGES.items():
        captions[f"set/{name}"] = data
        captions[f"set/{name.rsplit('.', 1)[0]}.txt"] = f"A caption of {name}.\n".encode()
    with_zipfile("python_captions.zip", zipfile.ZIP_DEFLATED, captions)

    def with_infozip(name, *options):
        folder = ZIP / "work"
        shutil.rmtree(folder, ignore_errors=True)
        for member, data in (dump | images).items():
            path = folder / member
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        subprocess.run(["zip", "-q", "-X", "-r", *options, str(ZIP.absolute() / name), "."], cwd=folder, check=True)
        shutil.rmtree(folder)

    with_infozip("infozip.zip")
    with_infozip("infozip_encrypted.zip", "-P", "secret")


def names_of(record):
    names = record.get("image", [])
    return [names] if isinstance(names, str) else names


def write_shards():
    """WebDataset shards by tarfile: a sample holds its record and its images."""
    shutil.rmtree(SHARDS, ignore_errors=True)
    SHARDS.mkdir()
    for nth, part in enumerate([RECORDS[:4], RECORDS[4:]]):
        with tarfile.open(SHARDS / f"shard-{nth}.tar", "w", format=tarfile.USTAR_FORMAT) as archive:
            for at, record in enumerate(part):
                files = {"json": json.dumps(record).encode()}
                for number, name in enumerate(names_of(record)):
                    if name in IMAGES:
                        files[f"{number}.{name.rsplit('.')[-1]}"] = IMAGES[name]
                for extension, data in files.items():
                    info = tarfile.TarInfo(f"{nth}{at:05}.{extension}")
                    info.size, info.mtime = len(data), 1700000000
                    archive.addfile(info, io.BytesIO(data))


def write_tables():
    """The records as Parquet by pyarrow, in row groups of three."""
    shutil.rmtree(TABLES, ignore_errors=True)
    TABLES.mkdir()
    image = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    turn = pyarrow.struct([("from", pyarrow.string()), ("value", pyarrow.string())])
    schema = pyarrow.schema(
        [("id", pyarrow.string()), ("images", pyarrow.list_(image)), ("conversations", pyarrow.list_(turn))]
    )
    rows = [
        {
            "id": str(record["id"]),
            "images": [{"bytes": IMAGES.get(name), "path": name} for name in names_of(record)] or None,
            "conversations": record["conversations"],
        }
        for record in RECORDS
    ]
    table = pyarrow.Table.from_pylist(rows, schema)
    pyarrow.parquet.write_table(table, TABLES / "train.parquet", row_group_size=3)
    for nth, part in enumerate([table.slice(0, 5), table.slice(5)]):
        pyarrow.parquet.write_table(part, TABLES / f"part-{nth}-of-2.parquet", compression="zstd")


def write_captions():
    shutil.rmtree(CAPTIONS, ignore_errors=True)
    for name, data in IMAGES.items():
        path = CAPTIONS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (CAPTIONS / "coco/a.txt").write_text("A caption of a.\n")
    (CAPTIONS / "coco/b.txt").write_bytes(b"\xef\xbb\xbfA caption of b")
    (CAPTIONS / "gqa/图 片.txt").write_text("条纹。\n")
    (CAPTIONS / "README.txt").write_text("No caption of anything.\n")


if __name__ == "__main__":
    write_text()
    write_zips()
    write_shards()
    write_tables()
    write_captions()
