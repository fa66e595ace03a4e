//! How a command fails: what is printed, and with which exit code.

use std::fmt;
use std::process::ExitCode;

/// Arguments that cannot be worked with: exit code 2.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// The run was stopped with Ctrl-C.
#[derive(Debug)]
pub(crate) struct Stopped(pub(crate) String);

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped: {}", self.0)
    }
}

impl std::error::Error for Stopped {}

/// 2 for bad usage, 1 for everything else.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    let option = |error: &ofa_pipeline::Error| matches!(error, ofa_pipeline::Error::Option { .. });
    if error.is::<Usage>()
        || error
            .downcast_ref::<ofa_pipeline::Error>()
            .is_some_and(option)
    {
        ExitCode::from(2)
    } else {
        ExitCode::FAILURE
    }
}

/// The message with its causes. A cause that its effect has already quoted is not repeated.
pub(crate) fn message(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if message.contains(&text) {
            continue;
        }
        if !message.is_empty() {
            message.push_str(": ");
        }
        message.push_str(&text);
    }
    message
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    #[test]
    fn a_cause_is_said_once() {
        let error = std::io::Error::other("disk on fire");
        let error = anyhow::Error::new(error).context("a.json: disk on fire, put it out");
        assert_eq!(super::message(&error), "a.json: disk on fire, put it out");
        let error = Err::<(), _>(std::io::Error::other("disk on fire")).context("a.json");
        assert_eq!(
            super::message(&error.expect_err("an error")),
            "a.json: disk on fire"
        );
    }
}
