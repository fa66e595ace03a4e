//! A server on 127.0.0.1 with the hub's URL layout, with the faults that networks have, and with
//! the gaps that mirrors have.

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

/// What goes wrong with the next request for the listing.
#[derive(Clone, Copy)]
pub(crate) enum ListingFault {
    /// A status, with the hub's error code.
    Status(u16, Option<&'static str>),
    /// The connection closes without a word.
    Closed,
    /// The connection closes after this many bytes, with the length announced or not.
    Cut { upto: usize, announced: bool },
}

/// What the listing says of a file.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Listed {
    /// Size, id of the blob, and the SHA-256 of what is in LFS.
    #[default]
    Everything,
    /// As above, with `oid` for the SHA-256.
    LfsOid,
    /// Size and id of the blob of every file: nothing is in LFS.
    BlobIds,
    /// The size alone.
    Sizes,
    /// The name alone.
    Names,
}

/// What the answer to HEAD says of a file.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Head {
    /// Size and id, as the hub does.
    #[default]
    Everything,
    /// Nothing of use.
    Nothing,
    /// HEAD is not supported.
    Refused,
}

/// What a mirror does not know.
#[derive(Default)]
pub(crate) struct Gaps {
    pub(crate) listed: Listed,
    pub(crate) head: Head,
    /// A URL with a query is not found.
    pub(crate) no_query: bool,
    /// Only `/api/models/{id}` is found.
    pub(crate) no_revisions: bool,
    /// The listing names no commit.
    pub(crate) no_commit: bool,
    /// Files are found by branch and not by commit.
    pub(crate) branches_only: bool,
    /// `Range` is ignored.
    pub(crate) no_ranges: bool,
    /// Every file is said to be a web page.
    pub(crate) all_html: bool,
}

/// A branch beside `main`.
pub(crate) struct Branch {
    pub(crate) name: &'static str,
    pub(crate) commit: &'static str,
    /// Files that are others than those of `main`.
    pub(crate) changed: BTreeMap<String, Vec<u8>>,
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
    /// The files of `main`.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) branch: Option<Branch>,
    /// Faults by file name, used up one a request.
    pub(crate) faults: BTreeMap<String, VecDeque<Fault>>,
    pub(crate) listing_faults: VecDeque<ListingFault>,
    pub(crate) gaps: Gaps,
    /// The token without which nothing is found.
    pub(crate) token: Option<String>,
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

    pub(crate) fn listing_fault(&self, fault: ListingFault) {
        self.state.lock().unwrap().listing_faults.push_back(fault);
    }

    pub(crate) fn gaps(&self, change: impl FnOnce(&mut Gaps)) {
        change(&mut self.state.lock().unwrap().gaps);
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

    /// Requests for the bytes of `file`.
    pub(crate) fn requests_for(&self, file: &str) -> Vec<Request> {
        let state = self.state.lock().unwrap();
        let end = format!("/{file}");
        let matching = |r: &&Request| r.method == "GET" && r.path.ends_with(&end);
        state.requests.iter().filter(matching).cloned().collect()
    }
}

/// Git's id of a blob.
pub(crate) fn blob_id(content: &[u8]) -> String {
    let mut blob = Sha1::new();
    blob.update(format!("blob {}\0", content.len()));
    blob.update(content);
    hex(&blob.finalize())
}

fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl State {
    /// Weights lie in LFS on the hub: another host serves them after a redirect.
    fn in_lfs(&self, name: &str) -> bool {
        self.gaps.listed != Listed::BlobIds
            && (name.ends_with(".bin") || name.ends_with(".safetensors"))
    }

    /// The commit and the files of a revision as it stands in a URL.
    fn at(&self, revision: &str) -> Option<(&'static str, BTreeMap<String, Vec<u8>>)> {
        if let Some(branch) = &self.branch
            && [branch.name, branch.commit].contains(&revision)
        {
            let mut files = self.files.clone();
            files.extend(branch.changed.clone());
            return Some((branch.commit, files));
        }
        let main = [COMMIT, "main", "refs%2Fpr%2F1"].contains(&revision);
        main.then(|| (COMMIT, self.files.clone()))
    }

    fn listing(&self, commit: &str, files: &BTreeMap<String, Vec<u8>>) -> String {
        let siblings: Vec<_> = files
            .iter()
            .map(|(name, content)| {
                let listed = self.gaps.listed;
                let mut sibling = json!({ "rfilename": name });
                if listed == Listed::Names {
                    return sibling;
                }
                sibling["size"] = content.len().into();
                if listed == Listed::Sizes {
                    return sibling;
                }
                sibling["blobId"] = blob_id(content).into();
                if self.in_lfs(name) {
                    // The blob is then a pointer.
                    sibling["blobId"] = blob_id(b"pointer").into();
                    let id = if listed == Listed::LfsOid {
                        "oid"
                    } else {
                        "sha256"
                    };
                    sibling["lfs"] = json!({
                        id: sha256(content),
                        "size": content.len(),
                        "pointerSize": 134,
                    });
                }
                sibling
            })
            .collect();
        let mut listing = json!({"id": REPO, "siblings": siblings});
        if !self.gaps.no_commit {
            listing["sha"] = commit.into();
        }
        listing.to_string()
    }
}

/// How an answer ends before its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Cut(usize),
    Stall(usize),
    /// Cut, and without a length that would tell.
    Unannounced(usize),
}

struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    end: End,
}

impl Response {
    fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            end: End::Whole,
        }
    }

    fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    fn send(self, stream: &mut TcpStream, head_only: bool) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Status\r\nConnection: close\r\n", self.status);
        if !matches!(self.end, End::Unannounced(_)) {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all((head + "\r\n").as_bytes())?;
        if head_only {
            return stream.flush();
        }
        let upto = match self.end {
            End::Whole => usize::MAX,
            End::Cut(upto) | End::Stall(upto) | End::Unannounced(upto) => upto,
        };
        stream.write_all(&self.body[..upto.min(self.body.len())])?;
        stream.flush()?;
        if matches!(self.end, End::Stall(_)) {
            std::thread::sleep(std::time::Duration::from_secs(30));
        }
        Ok(())
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
    let head_only = request.method == "HEAD";
    let response = {
        let mut state = state.lock().unwrap();
        state.requests.push(request.clone());
        respond(&request, &mut state, port)
    };
    match response {
        Some(response) => response.send(&mut stream, head_only),
        None => Ok(()),
    }
}

/// No answer is a connection that closes without a word.
fn respond(request: &Request, state: &mut State, port: u16) -> Option<Response> {
    let path = &request.path;
    if let Some(name) = path.strip_prefix("/cdn/") {
        let (revision, name) = name.split_once('/').unwrap_or((COMMIT, name));
        return Some(file(request, state, revision, name));
    }
    if let Some(token) = &state.token
        && request.authorization.as_deref() != Some(&format!("Bearer {token}"))
    {
        let refused = Response::new(401, r#"{"error":"Invalid username or password."}"#)
            .header("X-Error-Code", "RepoNotFound");
        return Some(refused);
    }
    if state.gaps.no_query && request.target.contains('?') {
        return Some(Response::new(404, "no such page"));
    }
    if let Some(rest) = path.strip_prefix(&format!("/api/models/{REPO}")) {
        let revision = rest.strip_prefix("/revision/");
        if rest.is_empty() || (revision.is_some() && !state.gaps.no_revisions) {
            return answer_listing(state, revision.unwrap_or("main"));
        }
    }
    if let Some(rest) = path.strip_prefix(&format!("/{REPO}/resolve/"))
        && let Some((revision, name)) = rest.split_once('/')
    {
        return Some(resolve(request, state, revision, name, port));
    }
    let missing = Response::new(404, r#"{"error":"Repository not found"}"#)
        .header("X-Error-Code", "RepoNotFound");
    Some(missing)
}

fn answer_listing(state: &mut State, revision: &str) -> Option<Response> {
    if state.login_page {
        return Some(Response::new(200, "<!doctype html><p>Log in"));
    }
    let mut end = End::Whole;
    match state.listing_faults.pop_front() {
        Some(ListingFault::Status(status, code)) => {
            let refused = Response::new(status, r#"{"error":"no"}"#);
            return Some(match code {
                Some(code) => refused.header("X-Error-Code", code),
                None => refused,
            });
        }
        Some(ListingFault::Closed) => return None,
        Some(ListingFault::Cut { upto, announced }) => {
            end = if announced {
                End::Cut(upto)
            } else {
                End::Unannounced(upto)
            };
        }
        None => {}
    }
    let Some((commit, files)) = state.at(revision) else {
        let missing = Response::new(404, r#"{"error":"Invalid rev id"}"#)
            .header("X-Error-Code", "RevisionNotFound");
        return Some(missing);
    };
    let listing = Response::new(200, state.listing(commit, &files));
    Some(
        listing
            .header("Content-Type", "application/json")
            .ending(end),
    )
}

fn resolve(
    request: &Request,
    state: &mut State,
    revision: &str,
    name: &str,
    port: u16,
) -> Response {
    if request.method == "HEAD" && state.gaps.head == Head::Refused {
        return Response::new(405, "");
    }
    let found = state.at(revision);
    let Some((commit, files)) =
        found.filter(|(commit, _)| !state.gaps.branches_only || revision != *commit)
    else {
        return Response::new(404, "");
    };
    let Some(content) = files.get(name).filter(|_| state.in_lfs(name)) else {
        return file(request, state, commit, name);
    };
    let cdn = if commit == COMMIT {
        format!("cdn/{name}")
    } else {
        format!("cdn/{commit}/{name}")
    };
    // "localhost" is another host than "127.0.0.1" to a client.
    let redirect =
        Response::new(302, "moved").header("Location", format!("http://localhost:{port}/{cdn}"));
    if state.gaps.head == Head::Nothing {
        return redirect;
    }
    redirect
        .header("X-Repo-Commit", commit)
        .header("X-Linked-Size", content.len().to_string())
        .header("X-Linked-ETag", format!("\"{}\"", sha256(content)))
}

fn file(request: &Request, state: &mut State, revision: &str, name: &str) -> Response {
    let fault = if request.method == "GET" {
        state.faults.get_mut(name).and_then(VecDeque::pop_front)
    } else {
        None
    };
    let found = state.at(revision);
    let Some((commit, mut content)) =
        found.and_then(|(commit, mut files)| Some((commit, files.remove(name)?)))
    else {
        return Response::new(404, "").header("X-Error-Code", "EntryNotFound");
    };
    let id = blob_id(&content);
    let mut end = End::Whole;
    match fault {
        Some(Fault::Status(status)) => return Response::new(status, ""),
        Some(Fault::WebPage { labelled }) => {
            // Long enough to be mistaken for the file by its length.
            let mut page = b"<html>log in".to_vec();
            page.resize(content.len(), b' ');
            let kind = if labelled { "text/html" } else { "text/plain" };
            return Response::new(200, page).header("Content-Type", kind);
        }
        Some(Fault::Longer) => content.push(b'\n'),
        Some(Fault::Damaged) => *content.last_mut().unwrap() ^= 1,
        Some(Fault::Cut(upto)) => end = End::Cut(upto),
        Some(Fault::Stall(upto)) => end = End::Stall(upto),
        None => {}
    }
    let total = content.len();
    let start = request
        .range
        .as_deref()
        .filter(|_| !state.gaps.no_ranges)
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .split('-')
                .next()?
                .parse()
                .ok()
        });
    let mut response = match start {
        Some(start) if start >= total => Response::new(416, ""),
        Some(start) => Response::new(206, content.split_off(start)).header(
            "Content-Range",
            format!("bytes {start}-{}/{total}", total - 1),
        ),
        None => Response::new(200, content),
    };
    if state.gaps.head == Head::Nothing {
        if request.method == "HEAD" {
            return Response::new(200, "");
        }
    } else {
        response = response
            .header("ETag", format!("\"{id}\""))
            .header("X-Repo-Commit", commit);
    }
    if state.gaps.all_html {
        response = response.header("Content-Type", "text/html; charset=utf-8");
    }
    response.header("Accept-Ranges", "bytes").ending(end)
}
