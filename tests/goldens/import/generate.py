"""Makes the files of other programs that `ofa import` reads, and what must come of them.

Run from anywhere: python generate.py. Versions: ../requirements.txt. Values are random with a fixed
seed; a second run gives the same tensors, only zip time stamps differ.

selectors/      checkpoints as the authors' trainer saves them (K 4, d 8), of all three of their
                modes, wrapped by DataParallel, in half and double precision; beside each
                NAME.safetensors, written by safetensors' own writer, and NAME.scores.json:
                METHOD section 3 restated in f64 on the rows of features/features.pt
features/       features.pt in several types and orders, with expected positions and values
clip_retrieval/ the folder that `clip-retrieval inference` writes, two parts
datacomp/       two .npz with b32 and l14 embeddings, stored and deflated
refused/        files that must be refused, hostile ones included
"""

import collections
import io
import json
import os
import pathlib
import pickle
import shutil
import struct
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from safetensors.torch import save_file
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
K, D, H, G = 4, 8, 6, 5
torch.set_num_threads(1)
torch.manual_seed(26)
rng = np.random.default_rng(26)


def fresh(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


class Selector(nn.Module):
    """METHOD section 3, with the authors' parameter names."""

    def __init__(self, mode="full"):
        super().__init__()
        self.mode = mode
        self.image_branch = nn.Sequential(nn.Linear(D, H), nn.ReLU())
        self.text_branch = nn.Sequential(nn.Linear(D, H), nn.ReLU())
        if mode != "no_interaction":
            self.interaction_branch = nn.Linear(D, H, bias=False)
            self.interaction_scale = nn.Parameter(torch.tensor(0.1))
        if mode != "static_gate":
            self.gate = nn.Sequential(nn.Linear(3 * D, G), nn.ReLU(), nn.Linear(G, 1), nn.Sigmoid())
        self.output = nn.Sequential(nn.LayerNorm(H), nn.ReLU(), nn.Dropout(0.1), nn.Linear(H, K))

    def forward(self, image, text):
        interaction = image * text
        if self.mode == "static_gate":
            gate = torch.full_like(image[:, :1], 0.5)
        else:
            gate = self.gate(torch.cat([image, text, interaction], 1))
        fused = gate * self.image_branch(image) + (1 - gate) * self.text_branch(text)
        if self.mode != "no_interaction":
            fused = fused + self.interaction_scale * self.interaction_branch(interaction)
        return self.output(fused), gate


def randomised(mode="full"):
    model = Selector(mode).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.4 * torch.randn_like(parameter))
    return model


def unit(rows):
    return rows / rows.norm(dim=1, keepdim=True)


FEATURES = 12
IMAGE, TEXT = (unit(torch.randn(FEATURES, D)).half() for _ in range(2))
# As after a dataset of 20 records with text-only ones in between.
POSITIONS = torch.tensor([0, 1, 3, 4, 5, 8, 9, 11, 12, 15, 16, 19])


def scores(state, mode, centers):
    """Every column of the scores but the alignment, in f64."""
    model = Selector(mode).double().eval()
    model.load_state_dict({k: v.double() for k, v in state.items()})
    image, text = IMAGE.double(), TEXT.double()
    with torch.no_grad():
        logits, gate = model(image, text)
    p = logits.softmax(1)
    joint = unit(torch.cat([image, text], 1))
    distances = torch.cdist(joint, centers.double(), compute_mode="donot_use_mm_for_euclid_dist")
    return {
        "index": POSITIONS.tolist(),
        "confidence": p.max(1).values.tolist(),
        "entropy": (-(p * p.clamp_min(1e-12).log()).sum(1)).tolist(),
        "gate": gate[:, 0].tolist(),
        "cluster": distances.argmin(1).tolist(),
    }


def config(mode="full"):
    return dict(feature_dim=D, hidden_dim=H, gate_hidden_dim=G, num_clusters=K, fusion_mode=mode)


def selectors():
    folder = fresh("selectors")
    centers = unit(torch.randn(K, 2 * D))

    def save(name, checkpoint, state, early, mode):
        """`state` and `early` are what must come out, in f32."""
        torch.save(checkpoint, folder / f"{name}.pt")
        tensors = dict(state) | {f"early.{k}": v for k, v in (early or {}).items()}
        tensors["cluster_centers"] = checkpoint["cluster_centers"]
        tensors = {k: torch.as_tensor(v).float().contiguous() for k, v in tensors.items()}
        save_file(tensors, folder / f"{name}.safetensors")
        expected = scores({k: tensors[k] for k in state}, mode, tensors["cluster_centers"])
        if early:
            of_early = {k: tensors[f"early.{k}"] for k in early}
            expected["early_confidence"] = scores(of_early, mode, tensors["cluster_centers"])["confidence"]
        write_json(folder / f"{name}.scores.json", expected)

    def state_of(mode="full"):
        return collections.OrderedDict(randomised(mode).state_dict())

    state, early = state_of(), state_of()
    plain = dict(
        selector_state_dict=state, early_state_dict=early, cluster_centers=centers,
        config=config() | dict(learning_rate=1e-5, encoder="openai/clip-vit-base-patch32"),
        selected_epoch=35, seed=42,
        metrics=dict(macro_accuracy=np.float64(0.611), coverage=np.int64(121)),
        history=[dict(epoch=e, macro_accuracy=0.1 * e, full=False) for e in range(3)],
    )
    plain["best_loss"] = torch.tensor(1.5)
    save("full", plain, state, early, "full")
    torch.save(plain, folder / "legacy.pt", _use_new_zipfile_serialization=False)

    wrapped = {f"module.{k}": v for k, v in state.items()}
    save("data_parallel", dict(
        selector_state_dict=wrapped, early_state_dict=None, cluster_centers=centers.numpy(),
        config=config(),
    ), state, None, "full")

    for mode in ["static_gate", "no_interaction"]:
        state = state_of(mode)
        save(mode, dict(
            selector_state_dict=state, cluster_centers=centers, config=config(mode),
        ), state, None, mode)

    state = state_of()
    half = collections.OrderedDict((k, v.half()) for k, v in state.items())
    # Sizes and mode follow from the tensors.
    save("half_without_config", dict(
        selector_state_dict=half, cluster_centers=centers.bfloat16(),
    ), half, None, "full")
    double = collections.OrderedDict((k, v.double() + 1e-12) for k, v in state.items())
    save("double", dict(
        selector_state_dict=double, cluster_centers=centers.double(), config=config(),
    ), double, None, "full")


def features():
    folder = fresh("features")
    metadata = [dict(id=f"r{i}", n_turns=i) for i in range(FEATURES)]
    base = dict(image_features=IMAGE, text_features=TEXT, record_indices=POSITIONS, metadata=metadata)
    torch.save(base, folder / "features.pt")
    torch.save(base | dict(metadata=dict(encoder="clip")), folder / "legacy.pt",
               _use_new_zipfile_serialization=False)
    order = torch.from_numpy(rng.permutation(FEATURES))
    torch.save(dict(
        image_features=IMAGE[order], text_features=TEXT[order],
        record_indices=[int(POSITIONS[i]) for i in order], metadata={},
    ), folder / "unsorted.pt")
    # A view with a stride between its rows.
    both = torch.cat([IMAGE, TEXT], 1)
    torch.save(dict(
        image_features=both[:, :D], text_features=both[:, D:], record_indices=POSITIONS.int().numpy(),
    ), folder / "strided.pt")
    write_json(folder / "expected.json", {
        "index": POSITIONS.tolist(),
        "image": IMAGE.view(torch.int16).tolist(),
        "text": TEXT.view(torch.int16).tolist(),
    })

    image, text = IMAGE.float(), TEXT.float()
    scaled = 7.5 * image + 0.25
    text[3, 2] = float("nan")
    scaled[5] = 0
    torch.save(dict(image_features=scaled, text_features=text), folder / "f32.pt")
    kept = [i for i in range(FEATURES) if i not in (3, 5)]
    write_json(folder / "f32.json", {
        "index": kept,
        "image": unit(scaled.double())[kept].half().view(torch.int16).tolist(),
        "text": text[kept].half().view(torch.int16).tolist(),
    })


def clip_retrieval():
    folder = fresh("clip_retrieval")
    for kind in ["img_emb", "text_emb", "metadata"]:
        (folder / kind).mkdir()
    # Part 10 stands before part 2 by name.
    for part, rows in [(2, slice(0, 7)), (10, slice(7, FEATURES))]:
        np.save(folder / f"img_emb/img_emb_{part}.npy", IMAGE[rows].numpy())
        np.save(folder / f"text_emb/text_emb_{part}.npy", TEXT[rows].numpy())
        table = pa.table({"image_path": [f"{i}.jpg" for i in range(len(IMAGE[rows]))]})
        pq.write_table(table, folder / f"metadata/metadata_{part}.parquet")


def datacomp():
    folder = fresh("datacomp")
    image, text = IMAGE.numpy(), TEXT.numpy()
    wide = unit(torch.randn(FEATURES, 2 * D)).numpy()
    arrays = lambda rows: dict(
        b32_img=image[rows], b32_txt=text[rows],
        l14_img=wide[rows], l14_txt=wide[rows][:, ::-1].astype(np.float64),
    )
    np.savez(folder / "0a.npz", **arrays(slice(0, 7)))
    np.savez_compressed(folder / "1b.npz", **arrays(slice(7, FEATURES)))


class Runs:
    def __reduce__(self):
        return os.system, ("echo this must never run",)


def torch_zip(path, pickled, storages=()):
    """A zip as torch.save writes it, with this pickle."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/byteorder", "little")
        for key, data in storages:
            archive.writestr(f"archive/data/{key}", data)
        archive.writestr("archive/version", "3\n")


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def integer(value):
    return b"\x8a\x08" + struct.pack("<q", value)


def tensor(key, shape, strides, offset, length):
    tuple_of = lambda values: b"(" + b"".join(integer(v) for v in values) + b"t"
    storage = b"(" + text("storage") + b"ctorch\nHalfStorage\n" + text(key) + text("cpu") + integer(length) + b"tQ"
    return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + integer(offset) + tuple_of(shape)
            + tuple_of(strides) + b"\x89}tR")


def features_pickle(image, text_tensor):
    return b"\x80\x02}" + text("image_features") + image + b"s" + text("text_features") + text_tensor + b"s."


def refused():
    folder = fresh("refused")
    base = dict(image_features=IMAGE, text_features=TEXT, record_indices=POSITIONS)
    state = randomised().state_dict()
    selector = dict(selector_state_dict=state, cluster_centers=unit(torch.randn(K, 2 * D)), config=config())
    save = lambda name, value: torch.save(value, folder / name)

    save("code.pt", base | dict(metadata=Runs()))
    plain = b"\x80\x02}"
    torch_zip(folder / "opcode.pt", plain + text("image_features") + b"i__main__\nX\n.")
    torch_zip(folder / "truncated.pt", plain + text("image_features")[:-3])
    torch_zip(folder / "underflow.pt", plain + b"ss.")
    torch_zip(folder / "memo.pt", plain + b"h\x07.")
    ok = tensor("0", [2, 8], [8, 1], 0, 16)
    storage = [("0", b"\0" * 32)]
    torch_zip(folder / "beyond_storage.pt", features_pickle(tensor("0", [3, 8], [8, 1], 0, 16), ok), storage)
    torch_zip(folder / "huge.pt", features_pickle(tensor("0", [2**62, 2**62], [2**62, 1], 0, 16), ok), storage)
    torch_zip(folder / "lying_storage.pt", features_pickle(tensor("0", [2**40, 8], [8, 1], 0, 2**43), ok), storage)
    torch_zip(folder / "repeated.pt", features_pickle(tensor("0", [2**40, 8], [0, 1], 0, 16), ok), storage)
    torch_zip(folder / "no_storage.pt", features_pickle(tensor("7", [2, 8], [8, 1], 0, 16), ok), storage)
    torch_zip(folder / "negative.pt", features_pickle(tensor("0", [-2, 8], [8, 1], 0, 16), ok), storage)
    whole = io.BytesIO()
    torch.save(base, whole)
    (folder / "cut.pt").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])

    save("duplicates.pt", base | dict(record_indices=torch.tensor([0, 1, 2, 3, 4, 5, 4, 7, 8, 9, 10, 1])))
    save("negative_index.pt", base | dict(record_indices=[-1] + list(range(11))))
    save("float_index.pt", base | dict(record_indices=torch.arange(12.0)))
    save("few_indices.pt", base | dict(record_indices=torch.arange(11)))
    save("other_rows.pt", base | dict(text_features=TEXT[:10]))
    save("other_width.pt", base | dict(text_features=TEXT[:, :4].contiguous()))
    save("transposed.pt", base | dict(image_features=IMAGE.t().contiguous().t()))
    save("no_text.pt", dict(image_features=IMAGE))
    save("integers.pt", base | dict(image_features=IMAGE.int()))
    save("state_dict.pt", state)
    save("list.pt", [1, 2])

    save("config_differs.pt", selector | dict(config=config() | dict(hidden_dim=7)))
    save("centers_differ.pt", selector | dict(cluster_centers=torch.zeros(K + 1, 2 * D)))
    save("other_mode.pt", selector | dict(config=config("attention")))
    save("no_centers.pt", {k: v for k, v in selector.items() if k != "cluster_centers"})
    save("no_gate.pt", selector | dict(selector_state_dict={k: v for k, v in state.items() if k != "gate.2.bias"}))
    save("nan.pt", selector | dict(cluster_centers=torch.full((K, 2 * D), float("nan"))))

    fortran = folder / "fortran"
    (fortran / "img_emb").mkdir(parents=True)
    (fortran / "text_emb").mkdir()
    np.save(fortran / "img_emb/img_emb_0.npy", np.asfortranarray(IMAGE.numpy()))
    np.save(fortran / "text_emb/text_emb_0.npy", TEXT.numpy())
    for name, image, text_rows, table_rows in [
        ("other_text", IMAGE, TEXT[:9], 12), ("other_table", IMAGE, TEXT, 11),
    ]:
        part = folder / name
        for kind in ["img_emb", "text_emb", "metadata"]:
            (part / kind).mkdir(parents=True)
        np.save(part / "img_emb/img_emb_0.npy", image.numpy())
        np.save(part / "text_emb/text_emb_0.npy", text_rows.numpy())
        pq.write_table(pa.table({"n": list(range(table_rows))}), part / "metadata/metadata_0.parquet")
    np.savez(folder / "unequal.npz", b32_img=IMAGE.numpy(), b32_txt=TEXT[:9].numpy())
    np.savez(folder / "big_endian.npz", b32_img=IMAGE.numpy().astype(">f4"), b32_txt=TEXT.numpy())
    np.savez(folder / "unpaired.npz", b32_img=IMAGE.numpy())
    np.savez(folder / "objects.npz", b32_img=np.array([[Runs()]]), b32_txt=TEXT[:1].numpy())
    np.save(folder / "alone.npy", IMAGE.numpy())


selectors()
features()
clip_retrieval()
datacomp()
refused()
