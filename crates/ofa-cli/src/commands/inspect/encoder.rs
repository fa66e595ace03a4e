//! An encoder folder.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::inspection::Inspection;
use crate::encoder::EncoderFolder;
use crate::shell::quoted;

/// Looks at an encoder; its weights are read for the fingerprint.
pub(super) fn inspect(path: &Path) -> Result<Inspection> {
    let encoder = EncoderFolder::open(path)?;
    let (vision, text) = (&encoder.config.vision, &encoder.config.text);
    let mut inspection = Inspection::new("encoder", "a CLIP encoder");
    inspection.line(
        "image tower",
        format!(
            "ViT with {} layers {} wide, images of {} in patches of {}",
            vision.num_hidden_layers, vision.hidden_size, vision.image_size, vision.patch_size
        ),
    );
    inspection.line(
        "text tower",
        format!(
            "{} layers {} wide, {} tokens known, {} read",
            text.num_hidden_layers, text.hidden_size, text.vocab_size, text.max_position_embeddings
        ),
    );
    let dim = encoder.config.projection_dim;
    inspection.line("width", format!("embeddings {dim} wide (d)"));
    inspection.fingerprint("fingerprint", "encoder", Some(&encoder.fingerprint));
    if let Some(dtype) = encoder.exported_as {
        inspection.line(
            "exported",
            format!("weights as {dtype}, by `ofa export-encoder`; the fingerprint is its source's"),
        );
        inspection.fact("exported_as", dtype.name());
    }
    inspection.fact("dim", dim);
    inspection.fact(
        "image_tower",
        json!({
            "layers": vision.num_hidden_layers, "width": vision.hidden_size,
            "image_size": vision.image_size, "patch_size": vision.patch_size,
        }),
    );
    inspection.fact(
        "text_tower",
        json!({
            "layers": text.num_hidden_layers, "width": text.hidden_size,
            "vocabulary": text.vocab_size, "context": text.max_position_embeddings,
        }),
    );
    inspection.next(format!(
        "ofa encode DATA --images DIR --encoder {} -o features",
        quoted(path)
    ));
    Ok(inspection)
}
