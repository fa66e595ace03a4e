//! `ofa serve` as a process, and a client that sends what it is told to: browsers and libraries tidy addresses up.

#![allow(dead_code, reason = "each test uses what it needs")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};

use ofa_tests::ofa_bin;
use serde_json::Value;

/// A server that goes on until it is dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) port: u16,
}

/// An answer, as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Serving {
    /// Starts it and waits for its address.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_by(&mut Command::new(ofa_bin()), arguments)
    }

    /// Starts it by a command that is prepared otherwise, in its environment for one.
    pub(crate) fn start_by(program: &mut Command, arguments: &[&str]) -> Self {
        let mut child = program
            .args(["--json", "serve"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("UTF-8");
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            let mut errors = String::new();
            let stderr = child.stderr.take().expect("piped");
            BufReader::new(stderr)
                .read_to_string(&mut errors)
                .expect("UTF-8");
            panic!("ofa serve {}: {errors}", arguments.join(" "));
        };
        let port = said["port"].as_u64().expect("a port");
        assert_eq!(said["url"], format!("http://127.0.0.1:{port}/"));
        Self {
            child,
            port: u16::try_from(port).expect("a port"),
        }
    }

    pub(crate) fn get(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.request("GET", target, headers)
    }

    /// Sends a request on a connection of its own. The target is sent as it stands.
    pub(crate) fn request(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
        let host = format!("127.0.0.1:{}", self.port);
        let has_host = headers.iter().any(|(name, _)| *name == "Host");
        let default = [("Host", &*host)];
        let default: &[_] = if has_host { &[] } else { &default };
        for (name, value) in default.iter().chain(headers) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("answered");
        Answer::parse(&bytes)
    }

    /// Ends it, and gives what it said to people.
    pub(crate) fn stop(mut self) -> String {
        self.child.kill().expect("it runs");
        let mut said = String::new();
        let stderr = self.child.stderr.take().expect("piped");
        BufReader::new(stderr)
            .read_to_string(&mut said)
            .expect("UTF-8");
        said
    }

    /// Ends it as Ctrl-C does.
    #[cfg(unix)]
    pub(crate) fn interrupt(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.expect("`kill` starts").success());
        self.child.wait().expect("it ends")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // One that has ended already cannot be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.expect("an end of the headers");
        let head = std::str::from_utf8(&bytes[..end]).expect("ASCII");
        let mut lines = head.split("\r\n");
        let status = lines.next().expect("a line").split(' ').nth(1);
        let headers = lines
            .map(|line| line.split_once(": ").expect("a header"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self {
            status: status.expect("a status").parse().expect("a number"),
            headers,
            body: bytes[end + 4..].to_vec(),
        }
    }

    /// A header; one that comes twice is a fault.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} comes twice");
        value
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }
}
