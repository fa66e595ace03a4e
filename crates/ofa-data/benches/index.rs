//! How fast a large dataset is indexed, and with how much memory.
//!
//! `cargo bench -p ofa-data --bench index -- [RECORDS]` writes a file in the shape of LLaVA-665K
//! (by default 665,298 records, about 1 GB) to the temporary folder, indexes it, parses some of
//! its records, writes a subset of 15%, and removes the file again. The JSON array is also read by
//! Python's `json.load`, where there is a `python3`. Then the same for a zip that holds the array,
//! deflated, with an image for every other record, and for a WebDataset shard of a third as many
//! samples. Peaks of memory are the process's so far.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use ofa_data::native::open_dataset;
use ofa_data::write_subset;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test` runs benchmarks too, to see that they work; `cargo bench` says so.
    let whole = if arguments.iter().any(|argument| argument == "--bench") {
        665_298
    } else {
        1000
    };
    let records = arguments
        .iter()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(whole);

    let folder = tempfile::tempdir()?;
    for (name, lines) in [("llava.json", false), ("llava.jsonl", true)] {
        let path = folder.path().join(name);
        write_dataset(&path, records, lines)?;
        let seconds = measure(&path)?;
        if !lines {
            compare_with_python(&path, seconds);
            let packed = folder.path().join("llava.zip");
            write_zip(&packed, &path, records)?;
            measure(&packed)?;
            std::fs::remove_file(&packed)?;
        }
        std::fs::remove_file(&path)?;
    }
    let path = folder.path().join("shard.tar");
    write_shard(&path, records / 3)?;
    measure(&path)?;
    Ok(())
}

/// The array among images, as people pack their datasets.
fn write_zip(path: &Path, json: &Path, records: u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut zip = zip::ZipWriter::new(BufWriter::new(File::create(path)?));
    let deflated = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(1))
        .large_file(true);
    zip.start_file("llava.json", deflated)?;
    io::copy(&mut File::open(json)?, &mut zip)?;
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for id in (0..records).step_by(2) {
        zip.start_file(format!("coco/train2017/{id:012}.jpg"), stored)?;
        zip.write_all(&[0xff, 0xd8, 0xff, 0xe0])?;
    }
    zip.finish()?.flush()?;
    Ok(())
}

/// Samples of an image of 8 KB and a record.
fn write_shard(path: &Path, samples: u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut tar = tar::Builder::new(BufWriter::with_capacity(1 << 20, File::create(path)?));
    let mut add = |name: String, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes)
    };
    let mut image = vec![0; 8000];
    image[..4].copy_from_slice(&[0xff, 0xd8, 0xff, 0xe0]);
    for id in 0..samples {
        add(format!("{id:09}.jpg"), &image)?;
        let record = format!(
            "{{\"id\": {id}, \"conversations\": [{{\"from\": \"human\", \"value\": \"<image>\\n{id}\"}}]}}"
        );
        add(format!("{id:09}.json"), record.as_bytes())?;
    }
    tar.into_inner()?.flush()?;
    Ok(())
}

/// Says how long Python's `json.load` takes for the same file.
fn compare_with_python(path: &Path, seconds: f64) {
    const PROGRAM: &str = "import json, sys, time, resource
start = time.perf_counter()
records = json.load(open(sys.argv[1]))
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)";
    let output = Command::new("python3")
        .args(["-c", PROGRAM])
        .arg(path)
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let numbers: Vec<f64> = (text.unwrap_or_default().split_whitespace())
        .filter_map(|number| number.parse().ok())
        .collect();
    match numbers[..] {
        [load, memory] => println!(
            "  Python's json.load: {load:.2} s and {memory:.0} MiB, {:.1} times as long",
            load / seconds
        ),
        _ => println!("  no python3 to compare with"),
    }
}

/// Indexes a dataset, reads some records and writes a subset; gives the seconds of indexing.
fn measure(path: &Path) -> Result<f64, Box<dyn std::error::Error>> {
    let bytes = path.metadata()?.len() as f64;
    let before = resident_peak();
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let dataset = open_dataset(path, None)?;
    let seconds = start.elapsed().as_secs_f64();
    let cpu = cpu_seconds().zip(cpu).map(|(after, before)| after - before);
    println!(
        "{}: {} records, {:.0} MB indexed in {seconds:.2} s: {:.0} MB/s ({} of processor time); \
         peak memory {} (before: {})",
        path.file_name().unwrap_or_default().display(),
        dataset.len(),
        bytes / 1e6,
        bytes / 1e6 / seconds,
        cpu.map_or("unknown".to_owned(), |cpu| format!("{cpu:.2} s")),
        mebibytes(resident_peak()),
        mebibytes(before),
    );

    let sample: Vec<u64> = (0..dataset.len()).step_by(7).collect();
    let start = Instant::now();
    let mut turns = 0;
    for &position in &sample {
        turns += dataset
            .record(position)?
            .expect("the generated records are valid")
            .human_turns
            .len();
    }
    let parsing = start.elapsed().as_secs_f64();
    println!(
        "  {} records with {turns} human turns parsed: {:.0} records/s",
        sample.len(),
        sample.len() as f64 / parsing
    );

    let subset: Vec<u64> = (0..dataset.len())
        .filter(|position| position * 2_654_435_761 % 100 < 15)
        .collect();
    let start = Instant::now();
    let mut out = BufWriter::new(File::create(path.with_extension("subset"))?);
    let written = write_subset(&dataset, &subset, &mut out)?;
    out.flush()?;
    println!(
        "  {} records, {:.0} MB, written in {:.2} s",
        subset.len(),
        written as f64 / 1e6,
        start.elapsed().as_secs_f64()
    );
    std::fs::remove_file(path.with_extension("subset"))?;
    Ok(seconds)
}

/// Records of one to ten rounds, about 1,550 bytes each, as `json.dump` writes them.
fn write_dataset(path: &Path, records: u64, lines: bool) -> io::Result<()> {
    const WORDS: [&str; 16] = [
        "the",
        "image",
        "shows",
        "a",
        "person",
        "\\\"standing\\\"",
        "near",
        "table",
        "with",
        "two",
        "caf\\u00e9",
        "cups",
        "and",
        "bright",
        "colors.\\n",
        "window",
    ];
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut state = 42u64;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    if !lines {
        out.write_all(b"[")?;
    }
    let mut text = String::new();
    for id in 0..records {
        text.clear();
        let (open, separator) = match (lines, id) {
            (true, _) | (false, 0) => ("{", ""),
            _ => ("{", ", "),
        };
        text.push_str(separator);
        text.push_str(open);
        text.push_str(&format!(
            "\"id\": \"{id:012}\", \"image\": \"coco/train2017/{id:012}.jpg\", \"conversations\": ["
        ));
        for round in 0..1 + next(10) {
            let comma = if round > 0 { ", " } else { "" };
            let image = if round > 0 { "" } else { "<image>\\n" };
            text.push_str(&format!(
                "{comma}{{\"from\": \"human\", \"value\": \"{image}"
            ));
            words(&mut text, &WORDS, 5 + next(10), &mut next);
            text.push_str("\"}, {\"from\": \"gpt\", \"value\": \"");
            words(&mut text, &WORDS, 10 + next(40), &mut next);
            text.push_str("\"}");
        }
        text.push_str(if lines { "]}\n" } else { "]}" });
        out.write_all(text.as_bytes())?;
    }
    if !lines {
        out.write_all(b"]")?;
    }
    out.flush()
}

fn words(text: &mut String, from: &[&str], count: u64, next: &mut impl FnMut(u64) -> u64) {
    for nth in 0..count {
        if nth > 0 {
            text.push(' ');
        }
        text.push_str(from[next(from.len() as u64) as usize]);
    }
}

/// Processor time of this process so far, where the system tells it in hundredths of a second.
/// Unlike the time on the clock, it does not depend on what else the machine does.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses; user and system time are 14 and 15.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some((ticks(14)? + ticks(15)?) / 100.0)
}

/// Most memory that this process has held, in KiB, where the system tells.
fn resident_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?
            .trim()
            .strip_suffix(" kB")?
            .parse()
            .ok()
    })
}

fn mebibytes(kibibytes: Option<u64>) -> String {
    kibibytes.map_or("unknown".to_owned(), |kibibytes| {
        format!("{} MiB", kibibytes / 1024)
    })
}
