//! PyTorch weights of a repository, converted as they arrive.

use anyhow::{Context, Error, Result, anyhow};

use super::{Pull, unreadable};
use crate::pull::content_id::{ContentId, Identity};
use crate::pull::convert::{self, Source};
use crate::pull::download::{self, Fetched};
use crate::pull::layout::SAFETENSORS;
use crate::pull::report::{FileState, PulledFile};
use crate::pull::standing::Standing;
use crate::pull::{errors, names, provenance};

impl Pull<'_> {
    /// Fetches PyTorch files, converts them to `model.safetensors`, and removes them.
    ///
    /// # Errors
    /// A `model.safetensors` that was not converted from these files is there, and `--force` is
    /// not given; a file cannot be fetched or converted. What cannot be converted is removed,
    /// as it would be fetched as bad again; what could only not be written is kept.
    pub(super) async fn convert(&mut self, sources: &[String]) -> Result<()> {
        let target = self.output.join(SAFETENSORS);
        let mut standing = Standing::Absent;
        if target.exists() {
            let mut ids = Vec::with_capacity(sources.len());
            for name in sources {
                ids.push((name.as_str(), self.known(name).await?.id));
            }
            standing = provenance::compare(&target, ids.into_iter());
        }
        if standing == Standing::Same {
            return self.keep(SAFETENSORS);
        }
        if standing == Standing::Differs && !self.force {
            return Err(self.not_converted_from(sources));
        }

        let mut parts: Vec<(Fetched, Identity)> = Vec::with_capacity(sources.len());
        for name in sources {
            let fetched = self.fetch(name).await?;
            let identity = match &self.remote(name)?.id {
                // Compared when it was fetched.
                Some(ContentId::Sha256(sha256)) => Identity {
                    sha256: sha256.clone(),
                    git_blob: None,
                },
                _ => Identity::of(&fetched.path).with_context(|| unreadable(&fetched.path))?,
            };
            parts.push((fetched, identity));
        }
        if standing == Standing::Unknown {
            let ids = sources.iter().zip(&parts).map(|(name, (_, identity))| {
                let id = ContentId::Sha256(identity.sha256.clone());
                (name.as_str(), Some(id))
            });
            standing = provenance::compare(&target, ids);
            if standing == Standing::Same || !self.force {
                drop(parts);
                self.remove_parts(sources);
                return if standing == Standing::Same {
                    self.keep(SAFETENSORS)
                } else {
                    Err(self.not_converted_from(sources))
                };
            }
        }
        let converted = {
            let sources: Vec<Source<'_>> = sources
                .iter()
                .zip(&parts)
                .map(|(name, (fetched, identity))| Source {
                    path: &fetched.path,
                    name,
                    identity,
                })
                .collect();
            convert::into_folder(&sources, self.output)
        };
        drop(parts);
        if !converted.as_ref().is_err_and(errors::is_of_writing) {
            self.remove_parts(sources);
        }
        self.files.push(PulledFile {
            name: SAFETENSORS.to_owned(),
            bytes: converted?,
            state: FileState::Converted,
        });
        Ok(())
    }

    fn remove_parts(&self, names: &[String]) {
        for name in names {
            download::remove_parts(self.output, name);
        }
    }

    fn not_converted_from(&self, sources: &[String]) -> Error {
        anyhow!(
            "{}: is there already and was not converted from {} of {} {}. Give another folder \
             with -o, or --force to replace it",
            self.output.join(SAFETENSORS).display(),
            sources.join(", "),
            names::kind(&self.listing.commit),
            self.listing.commit
        )
    }
}
