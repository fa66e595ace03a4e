"""Small Parquet datasets written by `datasets` and pyarrow, and what is in them.

Made with Python 3.11, datasets==5.2.0, pyarrow==26.0.1, pillow==13.0.0, numpy==2.4.6:

    python generate.py                     writes the files and expected.json beside this script
    python generate.py --check OUT IN...   checks that OUT, written by this project from rows of
                                           the files IN, is read by pyarrow as a selection of their
                                           rows with the same schema

`expected.json` has for every file, row by row: the id as text, the human turns, and the images,
each as the SHA-256 of its bytes or as its path. It follows from what pyarrow reads back, by the rules in
`record` and `images_of`, which know nothing of how a column is stored.
"""

import base64
import hashlib
import io
import json
import pathlib
import sys
import urllib.parse

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

HERE = pathlib.Path(__file__).parent
FALLBACK = ["instruction", "question", "query", "prompt", "text", "input", "caption"]


def png(seed, size=6):
    image = Image.new("RGB", (size, size))
    image.putdata([((x * 7 + seed * 31) % 256, (x * 13) % 256, seed % 256) for x in range(size * size)])
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def turns(n, human="human", machine="gpt", who="from", what="value"):
    return [
        {who: human if t % 2 == 0 else machine, what: f"<image>\nTurn {t} of {n}: ä 漢 😀" if t == 0 else f"turn {t}"}
        for t in range(n % 4 + 1)
    ]


def with_datasets():
    list_of = datasets.List
    image = datasets.Image()
    ids = [f"id-{n}" for n in range(12)]
    pictures = [None if n % 5 == 4 else {"bytes": png(n), "path": f"dir/{n}.png" if n % 2 else None} for n in range(12)]
    yield "image.parquet", datasets.Dataset.from_dict(
        {"id": ids, "image": pictures, "conversations": [turns(n) for n in range(12)]},
        features=datasets.Features(
            {
                "id": datasets.Value("string"),
                "image": image,
                "conversations": list_of({"from": datasets.Value("string"), "value": datasets.Value("string")}),
            }
        ),
    ), 5
    several = [None if n == 3 else [{"bytes": png(n * 10 + k), "path": None} for k in range(n % 4)] for n in range(9)]
    yield "images.parquet", datasets.Dataset.from_dict(
        {
            "id": list(range(9)),
            "images": several,
            "messages": [turns(n, "user", "assistant", "role", "content") for n in range(9)],
        },
        features=datasets.Features(
            {
                "id": datasets.Value("int64"),
                "images": list_of(image),
                "messages": list_of({"role": datasets.Value("string"), "content": datasets.Value("string")}),
            }
        ),
    ), 4
    yield "sequence.parquet", datasets.Dataset.from_dict(
        {
            "image": [{"bytes": png(n), "path": None} for n in range(6)],
            "conversations": [
                {"from": [t["from"] for t in turns(n)], "value": [t["value"] for t in turns(n)]} for n in range(6)
            ],
            "label": [n % 2 for n in range(6)],
        },
        features=datasets.Features(
            {
                "image": image,
                "conversations": datasets.Sequence({"from": datasets.Value("string"), "value": datasets.Value("string")}),
                "label": datasets.ClassLabel(names=["no", "yes"]),
            }
        ),
    ), 100
    yield "texts.parquet", datasets.Dataset.from_dict(
        {
            "images": [[{"bytes": png(n), "path": None}] for n in range(5)],
            "texts": [
                [{"user": f"Q{n}.{k}" if k != 1 else "  ", "assistant": f"A{k}", "source": "s"} for k in range(n)]
                for n in range(5)
            ],
        },
        features=datasets.Features(
            {
                "images": list_of(image),
                "texts": list_of({k: datasets.Value("string") for k in ("user", "assistant", "source")}),
            }
        ),
    ), 2


    text, path = {"type": "text"}, "among/parts.png"
    contents = [
        [{**text, "text": f"Q{n} "}] + [{"type": "image", "image": {"bytes": png(70 + n * 4 + k), "path": path}} for k in range(n)]
        for n in range(4)
    ]
    contents[1].append({"type": "image", "image": None})
    contents[2][1]["image"] = {"bytes": None, "path": path}
    yield "part_images.parquet", datasets.Dataset.from_dict(
        {
            "messages": [
                [
                    {"role": "system", "content": [{"type": "image", "image": {"bytes": png(99), "path": None}}]},
                    {"role": "user", "content": content},
                    {"role": "assistant", "content": [{**text, "text": "A"}]},
                    {"role": "user", "content": [{**text, "text": "and"}]},
                ]
                for content in contents
            ]
        },
        features=datasets.Features(
            {
                "messages": list_of(
                    {
                        "role": datasets.Value("string"),
                        "content": list_of({"type": datasets.Value("string"), "text": datasets.Value("string"), "image": image}),
                    }
                )
            }
        ),
    ), 3


def uri(image):
    return "data:image/png;base64," + base64.b64encode(image).decode()


def with_pyarrow():
    struct = pa.struct
    turn = struct([("from", pa.large_string()), ("value", pa.dictionary(pa.int32(), pa.string()))])
    odd = pa.table(
        {
            "id": pa.array([None if n % 7 == 0 else n for n in range(30)], pa.uint32()),
            "image": pa.array([None if n % 3 == 0 else f"p/{n % 5}.jpg" for n in range(30)]).dictionary_encode(),
            "conversations": pa.array(
                [
                    None if n % 4 == 1 else [None if n % 6 == 5 else {"from": "Human", "value": None if n % 5 == 2 else f"v{n % 3}"}] * (n % 3)
                    for n in range(30)
                ],
                pa.large_list(turn),
            ),
            "question": pa.array([f"question {n}" if n % 2 else None for n in range(30)], pa.string_view()),
            "when": pa.array([n * 86_400_000_000 for n in range(30)], pa.timestamp("us", "Europe/Berlin")),
            "score": pa.array([n / 3 for n in range(30)], pa.float32()),
            "half": pa.array([n / 4 for n in range(30)], pa.float16()),
            "price": pa.array([n * 100 for n in range(30)]).cast(pa.decimal128(38, 2)),
            "nested": pa.array([[None, [], [n, None]] if n % 2 else None for n in range(30)], pa.list_(pa.list_(pa.int16()))),
            "map": pa.array([[("a", n)] for n in range(30)], pa.map_(pa.string(), pa.int8())),
            "flag": pa.array([n % 2 == 0 for n in range(30)]),
            "blob": pa.array([bytes([n, 255]) for n in range(30)], pa.binary(2)),
        }
    )
    yield "odd.parquet", odd, dict(row_group_size=7, compression="zstd", data_page_size=64, write_page_index=True)
    picture = struct([("bytes", pa.binary()), ("path", pa.string())])
    mixed = [
        None,
        {"bytes": png(1), "path": "a.png"},
        {"bytes": None, "path": "b.png"},
        {"bytes": png(3), "path": None},
        {"bytes": None, "path": None},
        {"bytes": None, "path": " "},
        {"bytes": b"", "path": "empty"},
    ]
    yield "mixed.parquet", pa.table(
        {
            "image": pa.array(mixed * 2, picture),
            "images": pa.array([None, None, [], ["x"], ["y.png", None, "", "z.png"], ["w.png"], None] * 2, pa.list_(pa.string())),
            "text": pa.array([f"text {n}" for n in range(14)]),
        }
    ), dict(row_group_size=5, compression="none")
    yield "json_text.parquet", pa.table(
        {
            "image": pa.array([png(n) if n != 2 else None for n in range(6)], pa.large_binary()),
            "conversations": pa.array(
                [json.dumps(turns(n)) for n in range(3)] + [None, "", '[{"from": "user", "value": "\\ud83d NaN"}]']
            ),
            "caption": pa.array([f"caption {n}" for n in range(6)]),
        }
    ), dict(compression="gzip", data_page_version="2.0", use_dictionary=False)
    part = struct([("type", pa.string()), ("text", pa.string()), ("image_url", struct([("url", pa.string())]))])
    message = struct([("role", pa.string()), ("content", pa.list_(part))])
    say = lambda *texts: [{"type": "text" if t else "image", "text": t, "image_url": None if t else {"url": "u"}} for t in texts]
    yield "parts.parquet", pa.table(
        {
            "id": pa.array(["a", "b", "c", "d"], pa.large_string()),
            "images": pa.array([[png(1), png(2)], [], None, [png(3), None, png(4)]], pa.list_(pa.binary())),
            "messages": pa.array(
                [
                    [{"role": "user", "content": say(None, "one", "two")}, {"role": "assistant", "content": say("no")}],
                    [{"role": "system", "content": None}, {"role": "USER", "content": say("b")}],
                    [{"role": "user", "content": say(None)}],
                    None,
                ],
                pa.list_(message),
            ),
            "prompt": pa.array(["p"] * 4),
            "nothing": pa.nulls(4),
        }
    ), dict(compression="lz4")
    kinds = {
        "type": pa.string(),
        "text": pa.string(),
        "bytes": pa.large_binary(),
        "path": pa.string(),
        "image_url": struct([("url", pa.string()), ("detail", pa.string())]),
        "image": pa.string(),
        "source": pa.binary(),
    }
    parts = [
        [{"type": "text", "text": "bytes"}, {"type": "image", "bytes": png(1), "path": "a.png"}],
        [{"type": "image_url", "image_url": {"url": uri(png(2))}}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}],
        [{"type": "image", "image": "file:///data/a.png"}, {"type": "image", "image": " "}, {"type": "image", "image": "b.png"}],
        [{"type": "image", "source": png(3)}, {"type": "video", "path": "no.mp4"}, {"type": "image"}, {"type": "text", "text": "source"}],
        None,
    ]
    yield "part_kinds.parquet", pa.table(
        {
            "images": pa.array([None, [], [None], None, None], pa.list_(picture)),
            "messages": pa.array(
                [[{"role": "user", "content": content}, {"role": "user", "content": [{"type": "text", "text": "x"}]}] for content in parts],
                pa.list_(struct([("role", pa.string()), ("content", pa.list_(struct(list(kinds.items()))))])),
            ),
        }
    ), dict(row_group_size=4, compression="snappy")
    yield "addresses.parquet", pa.table(
        {
            "image": pa.array([uri(png(1)), "data:,%89PNG", "file:///data/a.png", "FILE://localhost/b.png", "http://example.com/c.png", "d.png", None]),
            "images": pa.array(
                [None] * 6 + [[{"bytes": None, "path": uri(png(2))}, {"bytes": png(3), "path": "data:,no"}, {"bytes": None, "path": "file:///e.png"}]],
                pa.list_(picture),
            ),
            "text": pa.array([f"text {n}" for n in range(7)]),
        }
    ), dict(use_dictionary=False)
    yield "no_image.parquet", pa.table({"image": pa.nulls(3), "instruction": pa.array(["i", None, " "]), "input": pa.array(["x"] * 3)}), {}
    yield "brotli.parquet", pa.table({"image": ["a"], "text": ["t"]}), dict(compression="brotli")


def as_list(value):
    return value if isinstance(value, list) else [value]


def image_of(carried, path):
    """An image of a row, from its bytes and its path; None where there is none."""
    if carried is not None:
        return {"sha256": hashlib.sha256(carried).hexdigest()}
    if not path or not path.strip():
        return None
    if path.startswith("data:"):
        kind, payload = path.split(",", 1)
        image = base64.b64decode(payload) if kind.endswith(";base64") else urllib.parse.unquote_to_bytes(payload)
        return {"sha256": hashlib.sha256(image).hexdigest()}
    if path.lower().startswith("file://"):
        path = path[len("file://") :].removeprefix("localhost")
    return {"path": path}


def image_of_value(value):
    if isinstance(value, dict):
        return image_of(value.get("bytes"), value.get("path") or value.get("url"))
    return image_of(value, None) if isinstance(value, bytes) else image_of(None, value)


def images_of(row):
    for key in ("image", "images"):
        found = [image for image in map(image_of_value, as_list(row.get(key))) if image]
        if found:
            return found
    messages = row.get("messages")
    found = []
    for turn in messages if isinstance(messages, list) else []:
        if turn["role"].lower() != "user" or not isinstance(turn["content"], list):
            continue
        for part in turn["content"]:
            if part["type"] not in ("image", "image_url"):
                continue
            values = [part.get(key) for key in ("bytes", "image", "image_url", "path", "source")]
            found += [image for image in map(image_of_value, values) if image][:1]
    return found


def text_of(content):
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part["text"] is not None)
    return content or ""


def record(row):
    human = []
    for key in ("conversations", "messages", "texts"):
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            value = json.loads(value.replace("\\ud83d NaN", "\\ufffd NaN"))
        if isinstance(value, dict):
            value = [dict(zip(value, items)) for items in zip(*value.values())]
        if not value:
            continue
        if any(turn is None for turn in value):
            return {"skip": "invalid_conversations"}
        for turn in value:
            who = turn.get("from") or turn.get("role") or ("user" if "user" in turn else "")
            text = text_of(turn.get("value") or turn.get("content") or turn.get("user"))
            if who.lower() in ("human", "user") and text.strip():
                human.append(text)
        break
    if not human:
        human = [row[key] for key in FALLBACK if row.get(key) and row[key].strip()][:1]
    identity = row.get("id")
    return {"id": None if identity is None else str(identity), "human": human, "images": images_of(row)}


def generate():
    for name, dataset, batch in with_datasets():
        dataset.to_parquet(HERE / name, batch_size=batch)
    for name, table, options in with_pyarrow():
        pq.write_table(table, HERE / name, **options)
    expected = {}
    for path in sorted(HERE.glob("*.parquet")):
        if path.name != "brotli.parquet":
            expected[path.name] = [record(row) for row in pq.read_table(path).to_pylist()]
    lines = ",\n".join(
        f"  {json.dumps(name)}: [\n" + ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in rows) + "\n  ]"
        for name, rows in expected.items()
    )
    (HERE / "expected.json").write_text("{\n" + lines + "\n}\n")


def check(out, sources):
    written = pq.read_table(out)
    tables = [pq.read_table(source) for source in sources]
    assert written.schema.equals(tables[0].schema, check_metadata=True), "the schema is another"
    assert pq.ParquetFile(out).schema.equals(pq.ParquetFile(sources[0]).schema), "the stored types are others"
    rows = iter(repr(row) for table in tables for row in table.to_pylist())
    for row in written.to_pylist():
        assert any(repr(row) == other for other in rows), f"no such row, or not in order: {row}"
    print(f"{written.num_rows} rows, all of them from {', '.join(sources)}")


if __name__ == "__main__":
    check(sys.argv[2], sys.argv[3:]) if sys.argv[1:2] == ["--check"] else generate()
