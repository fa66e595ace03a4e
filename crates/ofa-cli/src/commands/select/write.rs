//! How a subset is written: as one file, a file for each of the dataset's, or a folder.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use ofa_data::{
    Dataset, DatasetImages, FileTree, Format, ImageFile, MemberFiles, image_extension,
    write_file_subset, write_subset, write_subset_in_zip,
};
use ofa_pipeline::subset::{
    ImagesManifest, OutputManifest, Subset, SubsetFormat, needed_images, write_converted,
};

use super::ChoiceArguments;
use super::outcome::{OtherFiles, SubsetOutcome};
use super::report::ReportArguments;
use crate::failure::Usage;
use crate::file_sink::FileSink;
use crate::output::{self, Hashing};

/// Where a subset goes, and in which form.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SubsetArguments {
    /// The subset: a file of the dataset's own format. Of images with captions, a folder or a
    /// name that ends with `.zip`; of a dataset in a zip, such a name writes the zip with the chosen
    /// records and their images. Several budgets are added to the name: subset-0.15.json
    #[arg(short, long, value_name = "SUBSET")]
    output: PathBuf,

    /// Convert the records; without it each is written as it stands in the dataset
    #[arg(long, value_enum)]
    output_format: Option<FormatChoice>,

    /// Write a folder with a file for each of the dataset's files, under their names
    #[arg(long, conflicts_with = "output_format")]
    per_file: bool,

    /// Copy the images that the subset needs to this folder, or to this `.zip`
    #[arg(long, value_name = "DIR|ZIP")]
    with_images: Option<PathBuf>,

    #[command(flatten)]
    pub(super) report: ReportArguments,
}

/// `--output-format`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatChoice {
    /// A JSON array, a record a line
    Json,
    /// JSON Lines
    Jsonl,
    /// The records' ids, one a line
    Ids,
    /// The records' positions in the dataset, one a line, from 0
    Indices,
    /// A table with the record as JSON
    Csv,
    /// The same table as Parquet
    Parquet,
}

impl From<FormatChoice> for SubsetFormat {
    fn from(choice: FormatChoice) -> Self {
        match choice {
            FormatChoice::Json => Self::Json,
            FormatChoice::Jsonl => Self::Jsonl,
            FormatChoice::Ids => Self::Ids,
            FormatChoice::Indices => Self::Indices,
            FormatChoice::Csv => Self::Csv,
            FormatChoice::Parquet => Self::Parquet,
        }
    }
}

/// What the subset becomes on the disk.
enum Shape {
    /// One file, with the records as they stand.
    AsItStands,
    /// One file, converted.
    Converted(SubsetFormat),
    /// A folder with a file for each of the dataset's.
    PerFile,
    /// Each record's image and caption.
    Members,
    /// The zip that the dataset is in, with less in it.
    Zip,
}

impl SubsetArguments {
    /// The subset's name.
    pub(crate) fn output(&self) -> &Path {
        &self.output
    }

    /// Where the subset of each budget goes: of several, to the name with the budget added to it.
    pub(crate) fn targets(&self, choice: &ChoiceArguments) -> Vec<Self> {
        let budgets = choice.budget_texts();
        if budgets.len() < 2 {
            return vec![self.clone()];
        }
        let target = |budget: &String| Self {
            output: with_budget(&self.output, budget),
            with_images: (self.with_images.as_ref()).map(|path| with_budget(path, budget)),
            report: self.report.map(|path| with_budget(path, budget)),
            ..self.clone()
        };
        budgets.iter().map(target).collect()
    }

    /// Refuses a subset, manifest or copy of images that exists.
    pub(crate) fn refuse_existing(&self, force: bool) -> Result<()> {
        let manifest = self.manifest_path();
        output::refuse_existing(&[&manifest], force)?;
        self.report
            .refuse_existing(&[&self.output, &manifest], force)?;
        for path in [Some(&self.output), self.with_images.as_ref()]
            .into_iter()
            .flatten()
        {
            if path.is_dir() && !force && !is_empty_folder(path) {
                bail!(
                    "{}: is a folder with something in it; choose another name, or --force to write into it",
                    path.display()
                );
            }
            if !path.is_dir() {
                output::refuse_existing(&[path], force)?;
            }
        }
        Ok(())
    }

    /// Refuses to write over an input, into a folder that the dataset is, or around an input.
    pub(crate) fn refuse_inputs(&self, data: &[PathBuf], others: &[&Path]) -> Result<()> {
        let manifest = self.manifest_path();
        let all: Vec<&Path> = data
            .iter()
            .map(PathBuf::as_path)
            .chain(others.iter().copied())
            .collect();
        for target in [
            Some(&self.output),
            Some(&manifest),
            self.with_images.as_ref(),
            self.report.path(),
        ] {
            let Some(target) = target else { continue };
            output::refuse_inputs(target, &all)?;
            output::refuse_around(target, &all)?;
            for folder in data.iter().filter(|path| path.is_dir()) {
                output::refuse_inside(target, folder)?;
            }
        }
        Ok(())
    }

    fn manifest_path(&self) -> PathBuf {
        output::manifest_path(&self.output)
    }

    fn shape(&self, dataset: &Dataset) -> Result<Shape> {
        let format = self.output_format.map(SubsetFormat::from);
        match format {
            Some(format) if !format.is_of(dataset.format()) => Ok(Shape::Converted(format)),
            Some(_) => Ok(Shape::AsItStands),
            None if dataset.zip().is_some() && is_zip_name(&self.output) => Ok(Shape::Zip),
            None if dataset.format() == Format::Captions => Ok(Shape::Members),
            None if self.per_file => Ok(Shape::PerFile),
            None if self.output.is_dir() => {
                let problem = format!(
                    "{}: is a folder; expected the name of a file to write, or --per-file",
                    self.output.display()
                );
                Err(Usage(problem).into())
            }
            None => Ok(Shape::AsItStands),
        }
    }

    /// Writes a subset, the images that it needs where that is asked for, and then its manifest:
    /// where that is, everything is.
    pub(super) fn write(
        &self,
        images: &DatasetImages,
        mut subset: Subset,
    ) -> Result<SubsetOutcome> {
        let dataset = images.dataset();
        let shape = self.shape(dataset)?;
        let positions = subset.positions.as_slice();
        // The images first: they may not fit on the disk.
        let mut other_files = vec![];
        let mut note_others = |folder: &Path, files| {
            if files > 0 {
                let folder = folder.to_owned();
                other_files.push(OtherFiles { folder, files });
            }
        };
        let copied = match &self.with_images {
            Some(target) => {
                let (copied, others) = copy_images(images, positions, target)?;
                note_others(target, others);
                Some(copied)
            }
            None => None,
        };
        let manifest = self.manifest_path();
        let target = &self.output;
        let account = &mut subset.manifest;
        let entry = |format: &str, files, bytes, sha256| OutputManifest {
            format: format.to_owned(),
            converted_from: None,
            files,
            bytes,
            sha256,
            images: copied.clone(),
        };
        let of_dataset = dataset.format().as_str();
        match shape {
            Shape::AsItStands | Shape::Converted(_) | Shape::Zip => {
                let mut out = Hashing::new(output::begin(target)?);
                let mut format = of_dataset;
                if let Shape::Converted(to) = shape {
                    format = to.as_str();
                    write_converted(dataset, positions, to, &mut out)?;
                } else if let Shape::Zip = shape {
                    write_subset_in_zip(images, positions, &mut out)
                        .map_err(|error| with_place(error, target))?;
                } else {
                    warn_of_extension(target, dataset.format());
                    write_subset(dataset, positions, &mut out)
                        .map_err(|error| with_place(error, target))?;
                }
                out.flush().with_context(|| output::cannot_write(target))?;
                let (file, bytes, sha256) = out.finish();
                let converted_from = (format != of_dataset).then(|| of_dataset.to_owned());
                account.output = Some(OutputManifest {
                    converted_from,
                    ..entry(format, 1, bytes, sha256)
                });
                output::finish_with(file, target, &manifest, &account.to_json())?;
            }
            Shape::PerFile | Shape::Members => {
                // Until all files are there, no manifest may say that they are.
                if manifest.exists() {
                    std::fs::remove_file(&manifest)
                        .with_context(|| output::cannot_write(&manifest))?;
                }
                let mut sink = FileSink::create(target)?;
                if let Shape::PerFile = shape {
                    write_each_file(dataset, positions, &mut sink)?;
                } else {
                    write_members(dataset, positions, &mut sink)?;
                }
                let written = sink.finish()?;
                note_others(target, written.others);
                account.output = Some(entry(
                    of_dataset,
                    written.files,
                    written.bytes,
                    written.sha256,
                ));
                output::write(&manifest, &account.to_json())?;
            }
        }
        // The files have them; a report of a hundred thousand numbers is read by nobody.
        subset.manifest.positions = None;
        Ok(SubsetOutcome {
            subset: target.clone(),
            manifest,
            report: None,
            account: subset.manifest,
            other_files,
        })
    }
}

/// `subset.json` for the budget 0.15: `subset-0.15.json`.
fn with_budget(path: &Path, budget: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut name = format!("{stem}-{budget}");
    if let Some(extension) = path.extension() {
        name.push('.');
        name.push_str(&extension.to_string_lossy());
    }
    path.with_file_name(name)
}

/// What to do where writing failed; reading has said so itself.
fn with_place(error: ofa_data::Error, target: &Path) -> anyhow::Error {
    let is_writing = matches!(error, ofa_data::Error::Write(_));
    let error = anyhow::Error::from(error);
    match is_writing {
        true => error.context(output::cannot_write(target)),
        false => error,
    }
}

fn is_zip_name(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

fn is_empty_folder(path: &Path) -> bool {
    std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// The records of each of the dataset's files, under the file's name.
fn write_each_file(dataset: &Dataset, positions: &[u64], sink: &mut FileSink) -> Result<()> {
    let names: Vec<&str> = (0..dataset.file_count())
        .map(|nth| dataset.file(nth).0)
        .collect();
    let shared = shared_folder(&names);
    let mut written = vec![];
    let mut seen = HashSet::new();
    for (nth, name) in names.iter().enumerate() {
        let (_, range) = dataset.file(nth);
        let first = positions.partition_point(|&position| position < range.start);
        let is_chosen = positions
            .get(first)
            .is_some_and(|position| range.contains(position));
        // An archive of nothing is no archive.
        if dataset.format() == Format::Webdataset && !is_chosen {
            continue;
        }
        let name = &name[shared..];
        if !seen.insert(name) {
            bail!("{name}: two files of this name would be written");
        }
        written.push((nth, name));
    }
    sink.check_names(written.iter().map(|(_, name)| *name))?;
    for (nth, name) in written {
        sink.file(name, &mut |out| {
            write_file_subset(dataset, nth, positions, out).map_err(io::Error::other)?;
            Ok(())
        })?;
    }
    Ok(())
}

/// Length of the folder path, with its `/`, that all names begin with.
fn shared_folder(names: &[&str]) -> usize {
    let Some(first) = names.first() else { return 0 };
    let mut shared = first.rfind('/').map_or(0, |at| at + 1);
    for name in names {
        while !name.starts_with(&first[..shared]) {
            shared = first[..shared - 1].rfind('/').map_or(0, |at| at + 1);
        }
    }
    shared
}

/// Each record's image and caption, as they are.
fn write_members(dataset: &Dataset, positions: &[u64], sink: &mut FileSink) -> Result<()> {
    let names: Vec<&str> = (0..dataset.file_count())
        .map(|nth| dataset.file(nth).0)
        .collect();
    let shared = shared_folder(&names);
    // Of several archives, each has a folder of its own.
    let name_of = |tree: &dyn FileTree, path: &str| match names.len() {
        1 => path.to_owned(),
        _ => format!("{}/{path}", &tree.name()[shared..]),
    };
    for &position in positions {
        let (tree, paths) = members(dataset, position)?;
        let names: Vec<String> = paths.iter().map(|path| name_of(&**tree, path)).collect();
        sink.check_names(names.iter().map(String::as_str))?;
    }
    for &position in positions {
        let (tree, paths) = members(dataset, position)?;
        for path in paths {
            let source = tree.open(path)?;
            // A caption may belong to two images of one stem.
            sink.file_once(&name_of(&**tree, path), &mut |out| {
                ofa_data::for_each_chunk(&*source, 0, |_, chunk| {
                    out.write_all(chunk).map_err(ofa_data::Error::Write)?;
                    Ok(true)
                })
                .map_err(io::Error::other)
            })?;
        }
    }
    Ok(())
}

fn members(dataset: &Dataset, position: u64) -> Result<MemberFiles<'_>> {
    let files = dataset.member_files(position)?;
    files.with_context(|| format!("record {position} is no image with a caption"))
}

/// Copies every image that the records need under the path that it was found at. Says also how
/// many other files are in the folder.
fn copy_images(
    images: &DatasetImages,
    positions: &[u64],
    target: &Path,
) -> Result<(ImagesManifest, u64)> {
    let mut sink = FileSink::create(target)?;
    let (mut left_out, mut renamed) = (0, 0);
    needed_images(images, positions, |image| {
        let bytes = image.and_then(|file| Ok((images.read(&file)?, file)));
        match bytes {
            // Equal images of one name are one file.
            Ok((bytes, file)) if sink.holds(&file.path, &output::sha256(&bytes)) => {}
            Ok((bytes, file)) => match name_of_copy(&sink, &file, &bytes) {
                Some(name) => {
                    renamed += u64::from(name != file.path);
                    sink.file(&name, &mut |out| out.write_all(&bytes))?;
                }
                None => left_out += 1,
            },
            Err(_) => left_out += 1,
        }
        Ok::<(), anyhow::Error>(())
    })?;
    let written = sink.finish()?;
    let copied = ImagesManifest {
        files: written.files,
        bytes: written.bytes,
        left_out,
        renamed,
    };
    Ok((copied, written.others))
}

/// What an image is called among the copies.
fn name_of_copy(sink: &FileSink, file: &ImageFile, bytes: &[u8]) -> Option<String> {
    let is_free = |name: &str| sink.has_room_for(name);
    ofa_pipeline::subset::name_of_copy(file, FileSink::takes, is_free, || image_extension(bytes))
}

/// A name that promises another format than the subset has is worth a word.
fn warn_of_extension(target: &Path, format: Format) {
    let extension = target.extension().and_then(|extension| extension.to_str());
    let promised = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("json") => "json",
        Some("jsonl" | "ndjson") => "jsonl",
        Some("parquet") => "parquet",
        Some("csv") => "csv",
        _ => return,
    };
    if promised != format.as_str() {
        eprintln!(
            "note: {} is {format}, as the dataset is; --output-format {promised} converts it",
            target.display()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::shared_folder;

    #[test]
    fn names_keep_what_tells_them_apart() {
        assert_eq!(shared_folder(&[]), 0);
        assert_eq!(shared_folder(&["a.json"]), 0);
        assert_eq!(shared_folder(&["/x/a.json"]), 3);
        assert_eq!(shared_folder(&["/x/a.json", "/x/b/c.json"]), 3);
        assert_eq!(shared_folder(&["/x/aa/a.json", "/x/ab/a.json"]), 3);
        assert_eq!(shared_folder(&["x/a", "y/a"]), 0);
    }
}
