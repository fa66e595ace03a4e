//! The stages that are measured, and the commands of both sides.

use anyhow::{Result, bail};

use super::inputs::Inputs;

/// The commands of one turn.
pub(super) struct Lines {
    pub(super) ours: Vec<Vec<String>>,
    pub(super) theirs: Vec<Vec<String>>,
}

/// Which seconds of both sides are compared.
#[derive(Clone, Copy)]
pub(super) enum Compared {
    /// Everything, from the start of programs to their end.
    Whole,
    /// All of ours with the reference's work, without the start of Python and its imports.
    WholeWithWork,
    /// What both tell that their work took, without loading the model.
    Work,
}

/// A stage of the program that the reference has too.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What it is measured beside.
    pub(super) reference: &'static str,
    /// How many times as fast as the reference it is to be.
    pub(super) target: f64,
    /// Which seconds are compared.
    pub(super) compared: Compared,
    /// Makes the inputs that are missing, and gives the commands.
    pub(super) lines: fn(&Inputs) -> Result<Lines>,
}

/// All stages, in the order in which they are worth measuring.
pub(super) const ALL: [Stage; 11] = [
    Stage {
        name: "kmeans",
        title: "k-means, core set",
        reference: "scikit-learn",
        target: 4.0,
        compared: Compared::WholeWithWork,
        lines: kmeans,
    },
    Stage {
        name: "score",
        title: "scoring",
        reference: "PyTorch",
        target: 2.0,
        compared: Compared::WholeWithWork,
        lines: score,
    },
    Stage {
        name: "kdpp",
        title: "k-DPP of 15%",
        reference: "DPPy, NumPy",
        target: 15.0,
        compared: Compared::WholeWithWork,
        lines: kdpp,
    },
    Stage {
        name: "train35",
        title: "training, 35 epochs",
        reference: "PyTorch",
        target: 1.2,
        compared: Compared::WholeWithWork,
        lines: |inputs| train(inputs, "35"),
    },
    Stage {
        name: "train100",
        title: "training, 100 epochs",
        reference: "PyTorch",
        target: 1.2,
        compared: Compared::WholeWithWork,
        lines: |inputs| train(inputs, "100"),
    },
    Stage {
        name: "whole",
        title: "train, score, select: whole commands",
        reference: "Python",
        target: 6.0,
        compared: Compared::Whole,
        lines: whole,
    },
    Stage {
        name: "index",
        title: "index of a LLaVA JSON",
        reference: "json.load",
        target: 10.0,
        compared: Compared::WholeWithWork,
        lines: index,
    },
    Stage {
        name: "image16",
        title: "image tower, f32, batch 16",
        reference: "PyTorch, Pillow",
        target: 1.0,
        compared: Compared::Work,
        lines: |inputs| towers(inputs, "images", "16"),
    },
    Stage {
        name: "image64",
        title: "image tower, f32, batch 64",
        reference: "PyTorch, Pillow",
        target: 1.0,
        compared: Compared::Work,
        lines: |inputs| towers(inputs, "images", "64"),
    },
    Stage {
        name: "text",
        title: "text tower, f32",
        reference: "PyTorch, Pillow",
        target: 3.0,
        compared: Compared::Work,
        lines: |inputs| towers(inputs, "texts", "64"),
    },
    Stage {
        name: "encode",
        title: "encode: whole commands",
        reference: "PyTorch, Pillow",
        target: 2.5,
        compared: Compared::Whole,
        lines: encode,
    },
];

/// The stage of this name.
///
/// # Errors
/// Where there is none.
pub(super) fn named(name: &str) -> Result<&'static Stage> {
    let Some(stage) = ALL.iter().find(|stage| stage.name == name) else {
        let names = ALL.map(|stage| stage.name);
        bail!("`{name}` is no stage; there are {}", names.join(", "));
    };
    Ok(stage)
}

/// Ours trains for an epoch and writes a selector besides: nothing stops after k-means.
fn kmeans(inputs: &Inputs) -> Result<Lines> {
    let features = inputs.features()?;
    let (selector, centers) = kmeans_outputs(inputs);
    let train = ["train", &features, "-o", &selector, "--force"];
    let train = [&train[..], &["--backend", "flex", "--epochs", "1"]].concat();
    Ok(Lines {
        ours: vec![inputs.ofa(&train)],
        theirs: vec![inputs.reference("kmeans.py", &[&features, &centers])],
    })
}

/// Where the centres of both sides are, ours first.
pub(super) fn kmeans_outputs(inputs: &Inputs) -> (String, String) {
    (
        inputs.output("clusters.safetensors"),
        inputs.output("kmeans.npz"),
    )
}

fn score(inputs: &Inputs) -> Result<Lines> {
    let (features, selector) = (inputs.features()?, inputs.selector()?);
    let (ours, theirs) = (inputs.output("scores.parquet"), inputs.output("scores.npz"));
    let score = ["score", &features, "--selector", &selector];
    let score = [&score[..], &["-o", &ours, "--force"]].concat();
    Ok(Lines {
        ours: vec![inputs.ofa(&score)],
        theirs: vec![inputs.reference("score.py", &[&features, &selector, &theirs])],
    })
}

/// Ours indexes the dataset and writes an account of the choice besides.
fn kdpp(inputs: &Inputs) -> Result<Lines> {
    let (features, dataset) = (inputs.features()?, inputs.dataset()?);
    let (scores, reference_scores) = (inputs.scores()?, inputs.reference_scores()?);
    let (ours, theirs) = (inputs.output("kdpp.txt"), inputs.output("dppy.txt"));
    let select = ["select", &dataset, "--scores", &scores, "--features"];
    let how = [&features, "--method", "kdpp", "--ratio", "0.15"];
    let to = ["--output-format", "indices", "-o", &ours, "--force"];
    let select = [&select[..], &how, &to].concat();
    let reference = [&features[..], &reference_scores, &theirs];
    Ok(Lines {
        ours: vec![inputs.ofa(&select)],
        theirs: vec![inputs.reference("select_kdpp.py", &reference)],
    })
}

/// On a store that is all core, so that clusters and reading take next to nothing.
fn train(inputs: &Inputs, epochs: &str) -> Result<Lines> {
    let (features, selector) = (inputs.core_features()?, inputs.selector()?);
    let ours = inputs.output("trained.safetensors");
    let theirs = inputs.output("trained-pytorch.safetensors");
    let how = ["--centers", &selector, "--core-ratio", "1", "--epochs"];
    let how = [&how[..], &[epochs]].concat();
    let train = ["train", &features, "-o", &ours, "--force"];
    let train = [&train[..], &["--backend", "flex"], &how].concat();
    let reference = [&[&features[..], &theirs], &how[..]].concat();
    Ok(Lines {
        ours: vec![inputs.ofa(&train)],
        theirs: vec![inputs.reference("train.py", &reference)],
    })
}

/// Each side with a selector, scores and a subset of its own.
fn whole(inputs: &Inputs) -> Result<Lines> {
    let (features, dataset) = (inputs.features()?, inputs.dataset()?);
    let output = |name: &str| inputs.output(&format!("whole-{name}"));
    let (selector, scores) = (output("selector.safetensors"), output("scores.parquet"));
    let subset = output("subset.json");
    let train = ["train", &features, "-o", &selector, "--force"];
    let train = [&train[..], &["--backend", "flex"]].concat();
    let score = ["score", &features, "--selector", &selector];
    let score = [&score[..], &["-o", &scores, "--force"]].concat();
    let select = ["select", &dataset, "--scores", &scores, "--features"];
    let how = [&features, "--method", "kdpp", "--ratio", "0.15"];
    let select = [&select[..], &how, &["-o", &subset, "--force"]].concat();

    let (weights, columns) = (output("pytorch.safetensors"), output("pytorch.npz"));
    let chosen = output("dppy.json");
    let choose = [&features[..], &columns, &chosen, "--data", &dataset];
    Ok(Lines {
        ours: vec![inputs.ofa(&train), inputs.ofa(&score), inputs.ofa(&select)],
        theirs: vec![
            inputs.reference("train.py", &[&features, &weights]),
            inputs.reference("score.py", &[&features, &weights, &columns]),
            inputs.reference("select_kdpp.py", &choose),
        ],
    })
}

/// Ours hashes the file besides.
fn index(inputs: &Inputs) -> Result<Lines> {
    let dataset = inputs.dataset()?;
    Ok(Lines {
        ours: vec![inputs.ofa(&["inspect", &dataset])],
        theirs: vec![inputs.reference("load_json.py", &[&dataset])],
    })
}

/// Each record is encoded by the reference; ours encodes each distinct image and turn once.
fn encode(inputs: &Inputs) -> Result<Lines> {
    let (encoder, photographs) = (inputs.encoder()?, inputs.photographs()?);
    let (ours, theirs) = encode_outputs(inputs);
    let data = format!("{photographs}/data.json");
    let encode = ["encode", &data, "--encoder", &encoder, "-o", &ours];
    let encode = [&encode[..], &["--backend", "flex", "--force"]].concat();
    let reference = [&data[..], &photographs, &encoder, &theirs];
    Ok(Lines {
        ours: vec![inputs.ofa(&encode)],
        theirs: vec![inputs.reference("encode.py", &reference)],
    })
}

/// Where the embeddings of both sides are, ours first.
pub(super) fn encode_outputs(inputs: &Inputs) -> (String, String) {
    (inputs.output("features"), inputs.output("features.npz"))
}

/// Each side encodes each distinct image and turn once.
fn towers(inputs: &Inputs, tower: &str, batch: &str) -> Result<Lines> {
    let (encoder, folder) = (inputs.encoder()?, inputs.towers()?);
    let ours = inputs.output(&format!("{tower}-{batch}"));
    let theirs = inputs.output(&format!("{tower}-{batch}.npz"));
    let data = format!("{folder}/{tower}.json");
    let encode = ["encode", &data, "--encoder", &encoder, "-o", &ours];
    let how = ["--batch", batch, "--backend", "flex", "--force"];
    let encode = [&encode[..], &how].concat();
    let reference = [&data[..], &folder, &encoder, &theirs, "--batch", batch];
    Ok(Lines {
        ours: vec![inputs.ofa(&encode)],
        theirs: vec![inputs.reference("towers.py", &reference)],
    })
}
