//! What `ofa import` takes.

use std::path::Path;

use anyhow::Result;
use ofa_pipeline::import::{self, Imported};

use super::inspection::Inspection;
use crate::commands::import::open_source;
use crate::report::grouped;
use crate::shell::quoted;

/// Looks at a file or folder of another program.
pub(super) fn inspect(path: &Path) -> Result<Inspection> {
    let (kind, imported) = import::open(&open_source(path)?, None)?;
    let mut inspection = Inspection::new("foreign", kind.words());
    inspection.fact("format", serde_json::to_value(kind)?);
    let notes = match &imported {
        Imported::Selector(import) => {
            let selector = &import.selector;
            let config = selector.config;
            inspection.line("clusters", format!("{} (K)", config.num_clusters));
            inspection.line(
                "width",
                format!("embeddings {} wide (d)", config.feature_dim),
            );
            inspection.line("fusion mode", config.fusion_mode);
            let early = selector.early.is_some();
            inspection.line("early selector", if early { "yes" } else { "no" });
            inspection.fact("config", serde_json::to_value(config)?);
            inspection.fact("early", early);
            &import.notes[..]
        }
        Imported::Features(input) => {
            inspection.line("records", grouped(input.rows()));
            inspection.line("width", format!("embeddings {} wide (d)", input.dim()));
            inspection.fact("rows", input.rows());
            inspection.fact("dim", input.dim());
            input.notes()
        }
    };
    for note in notes {
        inspection.line("note", note);
    }
    inspection.fact("notes", notes.to_vec());
    let output = match imported {
        Imported::Selector(_) => "selector.safetensors",
        Imported::Features(_) => "features",
    };
    inspection.next(format!("ofa import {} -o {output}", quoted(path)));
    Ok(inspection)
}
