//! Parameters of a request: query string and body (form, multipart or JSON) as one tree.
//!
//! Names follow Rails, because clients do: `a[]=` appends to a list, `a[b]=` goes into a set, `a[][b]=` begins a new set
//! whenever `b` repeats. Limits: 1 MiB of text, 4,096 parameters, 16 levels, 16 files of 100 MB. Files are streamed to
//! `<data>/tmp/` and removed when their [`Upload`] is dropped. What cannot be read is 400, what is too much 413.
//! Spec: https://docs.joinmastodon.org/client/intro/#parameters

use std::path::{Path, PathBuf};

use axum::body::to_bytes;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Map, Value};
use tokio::io::AsyncWriteExt;

use super::error::Failure;
use crate::app::App;
use crate::error::{Error, Result};

/// The largest body without files, in bytes; also the sum of the text parts of a multipart body.
const TEXT_LIMIT: usize = 1 << 20;
/// The largest file, in bytes.
const FILE_LIMIT: u64 = 100_000_000;
/// How many files one request may bring.
const FILES: usize = 16;
/// The largest multipart body: two of the largest files and text.
const MULTIPART_LIMIT: usize = 2 * FILE_LIMIT as usize + TEXT_LIMIT;
/// How many parameters one request may carry.
const PARAMETERS: usize = 4096;
/// How deep they may nest.
const DEPTH: usize = 16;

/// All parameters of a request: `name[]=`, `poll[options][]=` and JSON nesting end as the same tree.
/// The body wins over the query string. As an extractor it stands last.
#[derive(Debug, Default)]
pub struct Params {
    /// The tree; leaves are strings, or JSON scalars as they came.
    pub tree: Value,
    /// Uploaded files by parameter name.
    pub files: Vec<(String, Upload)>,
}

/// An uploaded file, streamed to disk; removed when dropped.
#[derive(Debug)]
pub struct Upload {
    /// Where it lies for the moment.
    pub path: PathBuf,
    /// As the client called it.
    pub file_name: String,
    /// As the client claims; not to be trusted.
    pub content_type: String,
    /// In bytes.
    pub size: u64,
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Whoever kept it has moved it away, and then there is nothing to remove.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Params {
    /// The text of `name`; a path such as `source[privacy]` looks into nested parameters. Numbers and booleans are printed.
    pub fn text(&self, name: &str) -> Option<String> {
        text_of(self.value(name)?)
    }

    /// A boolean as Mastodon reads it: `false f 0 off` (any case) are false, empty is unset, everything else true.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.text(name)?.to_ascii_lowercase().as_str() {
            "" => None,
            "false" | "f" | "0" | "off" => Some(false),
            _ => Some(true),
        }
    }

    /// A whole number; 422 naming the field when it is none.
    pub fn number(&self, name: &'static str) -> Result<Option<i64>> {
        match self.text(name) {
            None => Ok(None),
            Some(text) if text.trim().is_empty() => Ok(None),
            Some(text) => text.trim().parse().map(Some).map_err(|_| Error::invalid(name, "is not a whole number")),
        }
    }

    /// A list (`name[]=a&name[]=b`, a JSON array, a hash with number keys, or one bare value).
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        match self.value(name)? {
            Value::Null => None,
            Value::Array(items) => Some(items.iter().filter_map(text_of).collect()),
            Value::Object(map) => Some(by_number(map).into_iter().filter_map(text_of).collect()),
            Value::String(text) if text.is_empty() => Some(Vec::new()),
            scalar => text_of(scalar).map(|text| vec![text]),
        }
    }

    /// A list of nested parameter sets (`fields_attributes[0][name]=…`, or a JSON array of objects).
    pub fn sets(&self, name: &str) -> Option<Vec<Params>> {
        let items: Vec<&Value> = match self.value(name)? {
            Value::Array(items) => items.iter().collect(),
            Value::Object(map) => by_number(map),
            _ => return None,
        };
        let sets = items.into_iter().filter(|item| item.is_object());
        Some(sets.map(|tree| Self { tree: tree.clone(), files: Vec::new() }).collect())
    }

    /// An id; an unreadable one is as good as unknown (404).
    pub fn id<T: From<i64>>(&self, name: &str) -> Result<Option<T>> {
        match self.text(name) {
            None => Ok(None),
            Some(text) if text.is_empty() => Ok(None),
            Some(text) => text.parse().map(|id: i64| Some(T::from(id))).map_err(|_| Error::NotFound("record")),
        }
    }

    /// A list of ids; unreadable ones are left out.
    pub fn ids<T: From<i64>>(&self, name: &str) -> Option<Vec<T>> {
        Some(self.list(name)?.iter().filter_map(|text| text.parse().ok().map(|id: i64| T::from(id))).collect())
    }

    /// The uploaded file `name`.
    pub fn file(&self, name: &str) -> Option<&Upload> {
        self.files.iter().find(|(field, _)| field == name).map(|(_, upload)| upload)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        let mut value = &self.tree;
        for step in path(name) {
            value = value.get(step)?;
        }
        Some(value)
    }

    /// The parameters of a query string or form body.
    fn from_pairs(text: &[u8]) -> Result<Self> {
        let mut tree = Tree::default();
        for (name, value) in url::form_urlencoded::parse(text) {
            tree.put(&name, value.into_owned())?;
        }
        Ok(Self { tree: tree.root, files: Vec::new() })
    }

    fn from_json(text: &[u8]) -> Result<Self> {
        let tree: Value =
            serde_json::from_slice(text).map_err(|why| Error::Malformed(format!("The JSON cannot be read: {why}")))?;
        if !tree.is_object() {
            return Err(Error::Malformed("The JSON must be an object".into()));
        }
        let mut left = PARAMETERS;
        measure(&tree, DEPTH, &mut left)?;
        Ok(Self { tree, files: Vec::new() })
    }

    /// Adds what only `other` has.
    fn beneath(mut self, other: Self) -> Self {
        match (&mut self.tree, other.tree) {
            (Value::Object(mine), Value::Object(theirs)) => {
                for (name, value) in theirs {
                    mine.entry(name).or_insert(value);
                }
            }
            (mine @ Value::Null, theirs) => *mine = theirs,
            _ => {}
        }
        self
    }
}

impl FromRequest<App> for Params {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> std::result::Result<Self, Failure> {
        let query = Self::from_pairs(request.uri().query().unwrap_or_default().as_bytes())?;
        let kind = header(&request, CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind == "multipart/form-data" {
            let files = takes_files(request.uri().path());
            return Ok(multipart(request, &app.config.data.join("tmp"), app, files).await?.beneath(query));
        }
        let body = read(request).await?;
        let json = kind == "application/json" || kind.ends_with("+json");
        // A body of another kind is read as what it looks like: small clients forget the header.
        let body = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => Self::default(),
            Some(b'{') if kind != "application/x-www-form-urlencoded" => Self::from_json(&body)?,
            Some(_) if json => Self::from_json(&body)?,
            Some(_) => Self::from_pairs(&body)?,
        };
        Ok(body.beneath(query))
    }
}

fn header(request: &Request, name: axum::http::HeaderName) -> &str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn read(request: Request) -> Result<axum::body::Bytes> {
    let too_large = || Error::TooLarge { limit: TEXT_LIMIT };
    if header(&request, CONTENT_LENGTH).parse().is_ok_and(|length: u64| length > TEXT_LIMIT as u64) {
        return Err(too_large());
    }
    to_bytes(request.into_body(), TEXT_LIMIT).await.map_err(|error| {
        let error = error.into_inner();
        let source: &(dyn std::error::Error + 'static) = error.as_ref();
        if source.is::<http_body_util::LengthLimitError>() {
            return too_large();
        }
        Error::Malformed("The body broke off".into())
    })
}

/// Where files are taken; elsewhere a stranger could fill the disk with them.
fn takes_files(path: &str) -> bool {
    matches!(
        path,
        "/api/v2/media" | "/api/v1/accounts/update_credentials" | "/api/v1/profile" | "/api/nagaya/v1/admin/emojis"
    ) || path.starts_with("/api/v1/media")
}

async fn multipart(mut request: Request, folder: &Path, app: &App, takes_files: bool) -> Result<Params> {
    DefaultBodyLimit::max(if takes_files { MULTIPART_LIMIT } else { TEXT_LIMIT }).apply(&mut request);
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| Error::Malformed("The multipart body names no boundary".into()))?;
    let (mut tree, mut files, mut text_left) = (Tree::default(), Vec::new(), TEXT_LIMIT);
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some() || part.content_type().is_some_and(|kind| !kind.starts_with("text/"));
        if is_file && !takes_files {
            return Err(Error::Malformed(format!("No file is expected here ({name})")));
        }
        if is_file {
            if files.len() == FILES {
                return Err(Error::Malformed(format!("More than {FILES} files")));
            }
            let upload = stream(part, folder, app).await?;
            // A browser sends an empty nameless file for a field left alone.
            if upload.size > 0 || !upload.file_name.is_empty() {
                files.push((name, upload));
            }
        } else {
            let value = text_part(part, &mut text_left).await?;
            tree.put(&name, value)?;
        }
    }
    Ok(Params { tree: tree.root, files })
}

async fn text_part(mut part: Field<'_>, left: &mut usize) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        *left = left.checked_sub(chunk.len()).ok_or(Error::TooLarge { limit: TEXT_LIMIT })?;
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Error::Malformed("A text part is not UTF-8".into()))
}

async fn stream(mut part: Field<'_>, folder: &Path, app: &App) -> Result<Upload> {
    tokio::fs::create_dir_all(folder).await.map_err(Error::io("cannot create the folder for uploads"))?;
    // Made before the file, so that the file goes whatever happens.
    let mut upload = Upload {
        path: folder.join(app.random.secret()),
        file_name: part.file_name().unwrap_or_default().to_owned(),
        content_type: part.content_type().unwrap_or("application/octet-stream").to_owned(),
        size: 0,
    };
    let mut file = tokio::fs::File::create_new(&upload.path).await.map_err(Error::io("cannot keep an upload"))?;
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        upload.size += chunk.len() as u64;
        if upload.size > FILE_LIMIT {
            return Err(Error::TooLarge { limit: FILE_LIMIT as usize });
        }
        file.write_all(&chunk).await.map_err(Error::io("cannot keep an upload"))?;
    }
    file.flush().await.map_err(Error::io("cannot keep an upload"))?;
    Ok(upload)
}

fn broken(error: MultipartError) -> Error {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return Error::TooLarge { limit: MULTIPART_LIMIT };
    }
    Error::Malformed("The multipart body cannot be read".into())
}

/// A tree that grows by names in Rails' notation.
struct Tree {
    root: Value,
    count: usize,
}

impl Default for Tree {
    fn default() -> Self {
        Self { root: Value::Object(Map::new()), count: 0 }
    }
}

impl Tree {
    fn put(&mut self, name: &str, value: String) -> Result<()> {
        self.count += 1;
        if self.count > PARAMETERS {
            return Err(Error::Malformed(format!("More than {PARAMETERS} parameters")));
        }
        let steps = path(name);
        if steps.len() > DEPTH {
            return Err(Error::Malformed(format!("Parameters nest deeper than {DEPTH} levels")));
        }
        let clash = || Error::Malformed(format!("The parameter {name} is given in two different shapes"));
        let mut place = &mut self.root;
        for (at, step) in steps.iter().enumerate() {
            if step.is_empty() && at > 0 {
                if place.is_null() {
                    *place = Value::Array(Vec::new());
                }
                let rest = &steps[at + 1..];
                let list = place.as_array_mut().ok_or_else(clash)?;
                // `a[][b]=1&a[][c]=2` is one set, `a[][b]=1&a[][b]=2` are two.
                let taken = list.last().is_none_or(|last| rest.is_empty() || !last.is_object() || holds(last, rest));
                if taken {
                    list.push(Value::Null);
                }
                place = list.last_mut().expect("just pushed");
            } else {
                if place.is_null() {
                    *place = Value::Object(Map::new());
                }
                place = place.as_object_mut().ok_or_else(clash)?.entry(*step).or_insert(Value::Null);
            }
        }
        if place.is_array() || place.is_object() {
            return Err(clash());
        }
        *place = Value::String(value);
        Ok(())
    }
}

/// Whether `set` already has the scalar that `rest` leads to.
fn holds(set: &Value, rest: &[&str]) -> bool {
    let mut value = set;
    for step in rest {
        if step.is_empty() {
            return false;
        }
        let Some(next) = value.get(step) else { return false };
        value = next;
    }
    true
}

/// `a[b][]` → `a`, `b`, and an empty step for "append". Brackets that do not pair belong to the name.
fn path(name: &str) -> Vec<&str> {
    let Some((first, rest)) = name.split_once('[') else { return vec![name] };
    let Some(inner) = rest.strip_suffix(']') else { return vec![name] };
    if first.is_empty() {
        return vec![name];
    }
    std::iter::once(first).chain(inner.split("][")).collect()
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The values of a hash keyed by index, in the order of the indexes.
fn by_number(map: &Map<String, Value>) -> Vec<&Value> {
    let mut items: Vec<_> = map.iter().filter_map(|(key, value)| Some((key.parse::<u64>().ok()?, value))).collect();
    items.sort_by_key(|(key, _)| *key);
    items.into_iter().map(|(_, value)| value).collect()
}

fn measure(value: &Value, depth: usize, left: &mut usize) -> Result<()> {
    let children: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => {
            *left =
                left.checked_sub(1).ok_or_else(|| Error::Malformed(format!("More than {PARAMETERS} parameters")))?;
            return Ok(());
        }
    };
    if depth == 0 {
        return Err(Error::Malformed(format!("Parameters nest deeper than {DEPTH} levels")));
    }
    children.into_iter().try_for_each(|child| measure(child, depth - 1, left))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde_json::json;

    use super::*;
    use crate::app::tests::test_app;
    use crate::ids::StatusId;

    #[test]
    fn names_in_brackets_grow_a_tree() {
        for (text, expected) in [
            ("", json!({})),
            ("a=1&b=x+y%21", json!({"a": "1", "b": "x y!"})),
            ("a=1&a=2", json!({"a": "2"})),
            ("a[]=1&a[]=2", json!({"a": ["1", "2"]})),
            ("a%5B%5D=1", json!({"a": ["1"]})),
            (
                "poll[options][]=x&poll[options][]=y&poll[multiple]=0",
                json!({"poll": {"options": ["x", "y"], "multiple": "0"}}),
            ),
            ("f[0][name]=n&f[0][value]=v", json!({"f": {"0": {"name": "n", "value": "v"}}})),
            ("f[][a]=1&f[][b]=2&f[][a]=3", json!({"f": [{"a": "1", "b": "2"}, {"a": "3"}]})),
            ("a[=1&]b[=2&[c]=3", json!({"a[": "1", "]b[": "2", "[c]": "3"})),
        ] {
            assert_eq!(Params::from_pairs(text.as_bytes()).expect(text).tree, expected, "{text}");
        }
    }

    #[test]
    fn what_is_too_much_or_contradicts_itself_is_refused() {
        let deep = format!("a{}=1", "[b]".repeat(DEPTH));
        let many = "a[]=1&".repeat(PARAMETERS + 1);
        for text in ["a=1&a[b]=2", "a[]=1&a[b]=2", "a[b]=1&a=2", deep.as_str(), many.as_str()] {
            assert!(matches!(Params::from_pairs(text.as_bytes()), Err(Error::Malformed(_))), "{:.40}", text);
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(DEPTH), "]".repeat(DEPTH));
        let many = format!("{{\"a\":[{}1]}}", "1,".repeat(PARAMETERS));
        for text in ["[1]", "{", "\"x\"", deep.as_str(), many.as_str()] {
            assert!(matches!(Params::from_json(text.as_bytes()), Err(Error::Malformed(_))), "{:.40}", text);
        }
    }

    #[test]
    fn values_are_read_as_mastodon_reads_them() {
        let form = Params::from_pairs(b"t=x&no=no&f=OFF&e=&n=+7+&bad=7x&id=12&ids[]=1&ids[]=x&ids[]=2&one=5&s[p]=q")
            .expect("reads");
        assert_eq!(form.text("t").as_deref(), Some("x"));
        assert_eq!(form.text("s[p]").as_deref(), Some("q"));
        assert_eq!(
            (form.flag("no"), form.flag("f"), form.flag("e"), form.flag("absent")),
            (Some(true), Some(false), None, None)
        );
        assert_eq!(form.number("n").expect("a number"), Some(7));
        assert!(matches!(form.number("bad"), Err(Error::Invalid { field: "bad", .. })));
        assert_eq!(form.id::<StatusId>("id").expect("an id"), Some(StatusId(12)));
        assert!(matches!(form.id::<StatusId>("t"), Err(Error::NotFound(_))));
        assert_eq!(form.ids::<StatusId>("ids"), Some(vec![StatusId(1), StatusId(2)]));
        assert_eq!(form.list("one"), Some(vec!["5".to_owned()]));
        assert_eq!(form.list("e"), Some(Vec::new()));

        let json = Params::from_json(br#"{"f":false,"n":7,"l":[1,"2"],"o":null,"s":[{"a":"x"}]}"#).expect("reads");
        assert_eq!((json.flag("f"), json.number("n").expect("a number")), (Some(false), Some(7)));
        assert_eq!(json.list("l"), Some(vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!((json.text("o"), json.list("o")), (None, None));
        assert_eq!(json.sets("s").expect("sets")[0].text("a").as_deref(), Some("x"));
        let hash = Params::from_pairs(b"s[10][a]=z&s[2][a]=y").expect("reads").sets("s").expect("sets");
        assert_eq!(hash.iter().map(|set| set.text("a")).collect::<Vec<_>>(), [Some("y".into()), Some("z".into())]);
    }

    async fn extract(kind: &str, uri: &str, body: impl Into<Body>) -> std::result::Result<(Params, PathBuf), Failure> {
        let (folder, app) = test_app();
        let request = Request::builder().method("DELETE").uri(uri).header(CONTENT_TYPE, kind).body(body.into());
        let params = Params::from_request(request.expect("a request"), &app).await?;
        Ok((params, folder.keep()))
    }

    #[tokio::test]
    async fn every_encoding_gives_the_same_and_the_body_wins() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let multi = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n";
        for (kind, body) in [
            (form, "a=1"),
            ("application/json", "{\"a\":\"1\"}"),
            ("text/plain", "{\"a\":\"1\"}"),
            ("multipart/form-data; boundary=b", multi),
        ] {
            let (params, _) = extract(kind, "/x?a=0&q=2", body).await.expect(kind);
            assert_eq!(params.tree, json!({"a": "1", "q": "2"}), "{kind}");
        }
    }

    #[tokio::test]
    async fn files_lie_on_disk_until_they_are_dropped() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.png\"\r\n\
                    Content-Type: image/png\r\n\r\n12345\r\n--b--\r\n";
        let (params, folder) = extract("multipart/form-data; boundary=b", "/api/v2/media", body).await.expect("reads");
        let upload = params.file("file").expect("the file");
        assert_eq!((upload.size, upload.file_name.as_str(), upload.content_type.as_str()), (5, "x.png", "image/png"));
        assert_eq!(std::fs::read(&upload.path).expect("lies there"), b"12345");
        let path = upload.path.clone();
        drop(params);
        assert!(!path.exists());
        std::fs::remove_dir_all(folder).expect("cleans up");
        let elsewhere = extract("multipart/form-data; boundary=b", "/api/v1/apps", body).await;
        assert!(elsewhere.is_err(), "a stranger cannot fill the disk");
    }

    #[tokio::test]
    async fn broken_and_oversized_bodies_are_answered() {
        let huge = vec![b'a'; TEXT_LIMIT + 1];
        let huge_part = format!(
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{}\r\n--b--\r\n",
            "x".repeat(TEXT_LIMIT + 1)
        );
        for (kind, body, expected) in [
            ("application/json", b"{\"a\":".to_vec(), 400),
            ("multipart/form-data", b"x".to_vec(), 400),
            ("multipart/form-data; boundary=b", b"--b\r\nContent-Disp".to_vec(), 400),
            ("application/x-www-form-urlencoded", huge, 413),
            ("multipart/form-data; boundary=b", huge_part.into_bytes(), 413),
        ] {
            let Err(failure) = extract(kind, "/x", body).await else { panic!("{kind} was accepted") };
            assert_eq!(axum::response::IntoResponse::into_response(failure).status().as_u16(), expected, "{kind}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(text in "[ab\\[\\]=&%0-9]{0,60}", json in "\\PC{0,60}") {
            let _ = Params::from_pairs(text.as_bytes());
            let _ = Params::from_json(json.as_bytes());
        }
    }
}
