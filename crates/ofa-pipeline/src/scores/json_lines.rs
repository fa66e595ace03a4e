//! Scores as one JSON object a line.

use std::io::{BufWriter, Write};

use ofa_core::score::Scores;

use super::columns::{ScoreLine, collect, lines};
use crate::error::{Error, Result};

pub(super) fn write(scores: &Scores, name: &str, out: &mut dyn Write) -> Result<()> {
    let refuse = |error: std::io::Error| Error::Scores {
        name: name.to_owned(),
        problem: format!("cannot be written: {error}"),
    };
    let mut out = BufWriter::new(out);
    for line in lines(scores) {
        serde_json::to_writer(&mut out, &line).map_err(|error| refuse(error.into()))?;
        out.write_all(b"\n").map_err(refuse)?;
    }
    out.flush().map_err(refuse)
}

pub(super) fn read(bytes: &[u8], name: &str) -> Result<Scores> {
    let numbered = (1..).zip(bytes.split(|byte| *byte == b'\n'));
    collect(
        numbered
            .filter(|(_, line)| !line.trim_ascii().is_empty())
            .map(|(number, line)| {
                serde_json::from_slice::<ScoreLine>(line).map_err(|error| Error::Scores {
                    name: name.to_owned(),
                    problem: format!("line {number}: {error}"),
                })
            }),
    )
}
