//! `cargo xtask tidy`: the rules of the house, checked.

mod dependencies;
mod sources;
mod tracked;

use anyhow::{Result, bail};

/// Checks every rule; all that are broken are listed at once.
pub(crate) fn run() -> Result<()> {
    let broken = broken_rules()?;
    if broken.is_empty() {
        eprintln!("tidy: all rules hold");
        return Ok(());
    }
    for rule in &broken {
        eprintln!("{rule}");
    }
    bail!(
        "tidy: {} broken rules; ARCHITECTURE.md and CONTRIBUTING.md give the reasons",
        broken.len()
    );
}

fn broken_rules() -> Result<Vec<String>> {
    let mut broken = dependencies::check()?;
    broken.extend(sources::check()?);
    broken.extend(tracked::check()?);
    Ok(broken)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_keeps_the_rules_of_the_house() {
        let broken = super::broken_rules().expect("the tree can be read");
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }
}
