//! A server on 127.0.0.1 with the hub's URL layout, and with the faults that networks have.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256};

pub(crate) const REPO: &str = "owner/tiny-clip";
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What goes wrong with the next request for a file.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// The connection closes after this many bytes of the body.
    Cut(usize),
    /// After this many bytes nothing more comes and the connection stays open.
    Stall(usize),
    /// Another status, without the file.
    Status(u16),
    /// A web page with status 200, said to be one or not.
    WebPage { labelled: bool },
    /// The file with one byte more, under a matching Content-Length.
    Longer,
    /// The file with one bit changed.
    Damaged,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    pub(crate) authorization: Option<String>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Faults by file name, used up one a request.
    pub(crate) faults: BTreeMap<String, VecDeque<Fault>>,
    /// Answers to the listing before the real one: status and the hub's error code.
    pub(crate) listing_faults: VecDeque<(u16, Option<&'static str>)>,
    /// The token without which nothing is found.
    pub(crate) token: Option<String>,
    /// Whether `Range` is ignored.
    pub(crate) no_ranges: bool,
    /// Whether the listing is a web page.
    pub(crate) login_page: bool,
    pub(crate) requests: Vec<Request>,
}

pub(crate) struct Server {
    pub(crate) state: Arc<Mutex<State>>,
    port: u16,
}

impl Server {
    /// Serves the files of a folder as the repository [`REPO`].
    pub(crate) fn with(folder: &Path, names: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut state = State::default();
        for name in names {
            let content = std::fs::read(folder.join(name)).unwrap();
            state.files.insert((*name).to_owned(), content);
        }
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // A client that hangs up is part of the tests.
                std::thread::spawn(move || drop(answer(stream, &state, port)));
            }
        });
        Self { state, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn fault(&self, file: &str, faults: &[Fault]) {
        let mut state = self.state.lock().unwrap();
        let queue = state.faults.entry(file.to_owned()).or_default();
        queue.extend(faults.iter().copied());
    }

    pub(crate) fn put(&self, file: &str, content: impl Into<Vec<u8>>) {
        let mut state = self.state.lock().unwrap();
        state.files.insert(file.to_owned(), content.into());
    }

    pub(crate) fn remove(&self, file: &str) {
        self.state.lock().unwrap().files.remove(file);
    }

    pub(crate) fn content(&self, file: &str) -> Vec<u8> {
        self.state.lock().unwrap().files[file].clone()
    }

    /// The requests since the last call of this function.
    pub(crate) fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }

    /// Requests for the bytes of `file` since the last call with any file.
    pub(crate) fn requests_for(&self, file: &str) -> Vec<Request> {
        let state = self.state.lock().unwrap();
        let end = format!("/{file}");
        let matching = state.requests.iter().filter(|r| r.path.ends_with(&end));
        matching.cloned().collect()
    }
}

/// Weights lie in LFS on the hub: another host serves them after a redirect.
fn in_lfs(name: &str) -> bool {
    name.ends_with(".bin") || name.ends_with(".safetensors")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn listing(files: &BTreeMap<String, Vec<u8>>) -> String {
    let siblings: Vec<_> = files
        .iter()
        .map(|(name, content)| {
            let mut blob = Sha1::new();
            blob.update(format!("blob {}\0", content.len()));
            blob.update(content);
            let mut sibling = json!({
                "rfilename": name,
                "size": content.len(),
                "blobId": hex(&blob.finalize()),
            });
            if in_lfs(name) {
                sibling["lfs"] = json!({
                    "sha256": hex(&Sha256::digest(content)),
                    "size": content.len(),
                    "pointerSize": 134,
                });
            }
            sibling
        })
        .collect();
    json!({"id": REPO, "sha": COMMIT, "siblings": siblings}).to_string()
}

struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Response {
    fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn send(self, stream: &mut TcpStream, head_only: bool, upto: usize) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Status\r\nConnection: close\r\n", self.status);
        head += &format!("Content-Length: {}\r\n", self.body.len());
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all((head + "\r\n").as_bytes())?;
        if !head_only {
            stream.write_all(&self.body[..upto.min(self.body.len())])?;
        }
        stream.flush()
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>, port: u16) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().ok_or(std::io::ErrorKind::UnexpectedEof)??;
    let mut words = first.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line?;
        match line.split_once(": ") {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
            None => break,
        };
    }
    // A proxy is asked with the whole URL.
    let path = match target.strip_prefix("http://") {
        Some(rest) => format!("/{}", rest.split_once('/').map_or("", |(_, path)| path)),
        None => target.clone(),
    };
    let request = Request {
        method,
        target,
        path: path.split('?').next().unwrap_or_default().to_owned(),
        range: headers.get("range").cloned(),
        authorization: headers.get("authorization").cloned(),
    };
    let (response, fault) = {
        let mut state = state.lock().unwrap();
        state.requests.push(request.clone());
        respond(&request, &mut state, port)
    };
    let head_only = request.method == "HEAD";
    match fault {
        Some(Fault::Cut(upto)) => response.send(&mut stream, head_only, upto),
        Some(Fault::Stall(upto)) => {
            response.send(&mut stream, head_only, upto)?;
            std::thread::sleep(std::time::Duration::from_secs(30));
            Ok(())
        }
        _ => response.send(&mut stream, head_only, usize::MAX),
    }
}

fn respond(request: &Request, state: &mut State, port: u16) -> (Response, Option<Fault>) {
    let path = &request.path;
    if let Some(name) = path.strip_prefix("/cdn/") {
        let name = name.to_owned();
        return file(request, state, &name);
    }
    if let Some(token) = &state.token
        && request.authorization.as_deref() != Some(&format!("Bearer {token}"))
    {
        let refused = Response::new(401, r#"{"error":"Invalid username or password."}"#)
            .header("X-Error-Code", "RepoNotFound");
        return (refused, None);
    }
    if let Some(revision) = path.strip_prefix(&format!("/api/models/{REPO}/revision/")) {
        if state.login_page {
            return (Response::new(200, "<!doctype html><p>Log in"), None);
        }
        if let Some((status, code)) = state.listing_faults.pop_front() {
            let refused = Response::new(status, r#"{"error":"no"}"#);
            let refused = match code {
                Some(code) => refused.header("X-Error-Code", code),
                None => refused,
            };
            return (refused, None);
        }
        if ![COMMIT, "main", "refs%2Fpr%2F1"].contains(&revision) {
            let missing = Response::new(404, r#"{"error":"Invalid rev id"}"#)
                .header("X-Error-Code", "RevisionNotFound");
            return (missing, None);
        }
        let listing = listing(&state.files);
        let listed = Response::new(200, listing).header("Content-Type", "application/json");
        return (listed, None);
    }
    if let Some(name) = path.strip_prefix(&format!("/{REPO}/resolve/{COMMIT}/")) {
        let name = name.to_owned();
        if in_lfs(&name) && state.files.contains_key(&name) {
            // "localhost" is another host than "127.0.0.1" to a client.
            let redirect = Response::new(302, "")
                .header("Location", format!("http://localhost:{port}/cdn/{name}"))
                .header("X-Repo-Commit", COMMIT)
                .header("X-Linked-Size", state.files[&name].len().to_string());
            return (redirect, None);
        }
        return file(request, state, &name);
    }
    let missing = Response::new(404, r#"{"error":"Repository not found"}"#)
        .header("X-Error-Code", "RepoNotFound");
    (missing, None)
}

fn file(request: &Request, state: &mut State, name: &str) -> (Response, Option<Fault>) {
    let fault = state.faults.get_mut(name).and_then(VecDeque::pop_front);
    let Some(mut content) = state.files.get(name).cloned() else {
        let missing = Response::new(404, "").header("X-Error-Code", "EntryNotFound");
        return (missing, None);
    };
    match fault {
        Some(Fault::Status(status)) => return (Response::new(status, ""), None),
        Some(Fault::WebPage { labelled }) => {
            // Long enough to be mistaken for the file by its length.
            let mut page = b"<html>log in".to_vec();
            page.resize(content.len(), b' ');
            let kind = if labelled { "text/html" } else { "text/plain" };
            return (Response::new(200, page).header("Content-Type", kind), None);
        }
        Some(Fault::Longer) => content.push(b'\n'),
        Some(Fault::Damaged) => *content.last_mut().unwrap() ^= 1,
        _ => {}
    }
    let total = content.len();
    let start = request
        .range
        .as_deref()
        .filter(|_| !state.no_ranges)
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .split('-')
                .next()?
                .parse()
                .ok()
        });
    let response = match start {
        Some(start) if start >= total => Response::new(416, ""),
        Some(start) => Response::new(206, content.split_off(start)).header(
            "Content-Range",
            format!("bytes {start}-{}/{total}", total - 1),
        ),
        None => Response::new(200, content),
    };
    let response = response
        .header("ETag", format!("\"{}\"", name.len()))
        .header("X-Repo-Commit", COMMIT)
        .header("Accept-Ranges", "bytes");
    (response, fault)
}
