//! Reading the configuration file and the environment: every mistake with its field, line and remedy.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::{Bucket, Config, Network, Tools};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The key.
    pub field: String,
    /// Where it stands: `line 3`, or the name of an environment variable.
    pub place: String,
    /// What is wrong, and what to write instead.
    pub remedy: String,
}

/// Everything that is wrong, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes {
    /// The file that was read.
    pub file: PathBuf,
    /// In the order of the file.
    pub list: Vec<Mistake>,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} has {} mistake(s) / 設定に誤りがあります:", self.file.display(), self.list.len())?;
        for mistake in &self.list {
            writeln!(f, "  {} ({}): {}", mistake.field, mistake.place, mistake.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// The keys, with the text that explains each in the sample file.
const KEYS: &[(&str, &str, &str)] = &[
    ("domain", "\"social.example\"", "The public name of the server. Required. Cannot be changed later."),
    (
        "handle_domain",
        "\"example\"",
        "The domain in people's handles (@you@example), when it differs from `domain`. Cannot be changed later.",
    ),
    ("data", "\"data\"", "The folder with the database and the media, relative to this file."),
    (
        "listen",
        "\"127.0.0.1:8080\"",
        "The address that the server listens on; a TLS terminator (Caddy, nginx) stands in front.",
    ),
    (
        "trusted_proxies",
        "[\"127.0.0.1\", \"::1\"]",
        "Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.",
    ),
    ("deliveries_in_flight", "256", "How many deliveries may be under way at once; 64 suits a machine with 512 MB."),
    ("log", "\"info\"", "What is logged: error, warn, info, debug, or a filter such as nagaya=debug."),
    ("plugins", "true", "Whether installed plugins run."),
    ("rate_limits", "true", "Whether people and addresses may ask only so often; false for load tests."),
    (
        "ffmpeg",
        "\"/usr/bin/ffmpeg\"",
        "The program for video, audio and phone pictures; found on the PATH by itself. \"\" does without.",
    ),
    ("s3_endpoint", "\"https://s3.example\"", "An S3-compatible store that keeps the media instead of `data`."),
    ("s3_bucket", "\"media\"", "The name of the bucket there."),
    ("s3_region", "\"us-east-1\"", "The region of the bucket; us-east-1 when the store knows none."),
    ("s3_key", "\"\"", "The key id for the bucket."),
    ("s3_secret", "\"\"", "The secret key for the bucket; better in NAGAYA_S3_SECRET than in this file."),
    (
        "s3_public_url",
        "\"\"",
        "Where anybody may read the bucket's files, such as a CDN; clients are sent there. Without it we pass them on.",
    ),
    (
        "mail",
        "\"smtps://user:password@mail.example:465\"",
        "The mail server that takes this server's mail: smtps:// (TLS), smtp:// (STARTTLS); ?tls=off for one on this \
         machine. Special characters in user and password as %XX. Without it no mail is sent.",
    ),
    ("mail_from", "\"Nagaya <nagaya@social.example>\"", "In whose name mail is sent."),
    (
        "development",
        "false",
        "Development only: plain http and federation with loopback addresses. Refused on a public domain name.",
    ),
    (
        "web_app",
        "\"web/app/dist\"",
        "Development only: a folder with a built web app, served instead of the one in the program.",
    ),
];

/// The sample configuration file, every key explained.
pub fn sample() -> String {
    let mut text = String::from("# Nagaya's configuration. Environment variables NAGAYA_<KEY> override it.\n");
    for (key, value, why) in KEYS {
        let off = if *key == "domain" { "" } else { "# " };
        text += &format!("\n# {why}\n{off}{key} = {value}\n");
    }
    text
}

/// Reads `file` (which may be absent) and `environment` (name, value), and checks everything.
pub fn load(file: &Path, environment: impl IntoIterator<Item = (String, String)>) -> Result<Config, Mistakes> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            let mistake = Mistake { field: "file".into(), place: "the whole file".into(), remedy: error.to_string() };
            return Err(Mistakes { file: file.to_owned(), list: vec![mistake] });
        }
    };
    let mut reader = Reader { values: BTreeMap::new(), mistakes: Vec::new() };
    reader.read_file(&text);
    reader.read_environment(environment);
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let config = reader.check(&folder);
    if reader.mistakes.is_empty() {
        return Ok(config.expect("a configuration without mistakes is complete"));
    }
    Err(Mistakes { file: file.to_owned(), list: reader.mistakes })
}

struct Reader {
    /// Key → value as text (lists: one element a line) and where it stands.
    values: BTreeMap<String, (String, String)>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn wrong(&mut self, field: &str, place: &str, remedy: impl Into<String>) {
        self.mistakes.push(Mistake { field: field.into(), place: place.into(), remedy: remedy.into() });
    }

    fn read_file(&mut self, text: &str) {
        let line = |at: usize| format!("line {}", text[..at.min(text.len())].matches('\n').count() + 1);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let place = line(error.span().map_or(0, |span| span.start));
            self.wrong("syntax", &place, error.message().to_owned());
        }
        for (key, value) in table.get_ref() {
            let place = line(key.span().start);
            let key = key.get_ref().to_string();
            if !KEYS.iter().any(|(known, ..)| *known == key) {
                let known: Vec<_> = KEYS.iter().map(|(known, ..)| *known).collect();
                self.wrong(&key, &place, format!("there is no such key; the keys are {}", known.join(", ")));
                continue;
            }
            let text = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) => number.as_str().to_owned(),
                DeValue::Boolean(flag) => flag.to_string(),
                DeValue::Array(items) => {
                    let texts: Vec<_> = items.iter().filter_map(|item| item.get_ref().as_str()).collect();
                    texts.join("\n")
                }
                _ => {
                    self.wrong(&key, &place, "write a text in quotes, a number, true or false, or a list of texts");
                    continue;
                }
            };
            self.values.insert(key, (text, place));
        }
    }

    fn read_environment(&mut self, environment: impl IntoIterator<Item = (String, String)>) {
        for (name, value) in environment {
            let Some(key) = name.strip_prefix("NAGAYA_").map(str::to_lowercase) else { continue };
            if KEYS.iter().any(|(known, ..)| *known == key) {
                let value = if key == "trusted_proxies" { value.replace(',', "\n") } else { value };
                self.values.insert(key, (value, name));
            }
        }
    }

    /// The value of `key` if it is set and `parse` takes it; a mistake is noted when `parse` does not.
    fn value<T>(&mut self, key: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let (text, place) = self.values.get(key).cloned()?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(remedy) => {
                self.wrong(key, &place, remedy);
                None
            }
        }
    }

    fn check(&mut self, folder: &Path) -> Option<Config> {
        let flag = |text: &str| match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            other => Err(format!("write true or false, not {other}")),
        };
        let development = self.value("development", flag).unwrap_or(false);
        if !self.values.contains_key("domain") {
            self.wrong(
                "domain",
                "missing",
                "write the public name of the server, for example domain = \"social.example\"",
            );
        }
        let domain = self.value("domain", |text| host(text, development));
        let handle_domain = self.value("handle_domain", |text| host(text, development));
        let data = self.value("data", |text| Ok(folder.join(text)));
        let listen = self.value("listen", |text| {
            text.parse().map_err(|_| format!("write an address and a port such as 127.0.0.1:8080, not {text}"))
        });
        let trusted_proxies = self.value("trusted_proxies", |text| {
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::parse::<Network>).collect()
        });
        let deliveries_in_flight = self.value("deliveries_in_flight", |text| {
            text.parse()
                .ok()
                .filter(|count| (1..=4096).contains(count))
                .ok_or("write a number from 1 to 4096".to_owned())
        });
        let log = self.value("log", |text| {
            tracing_subscriber::EnvFilter::try_new(text)
                .map(|_| text.to_owned())
                .map_err(|_| "write error, warn, info, debug or trace, or a filter such as nagaya=debug".to_owned())
        });
        let plugins = self.value("plugins", flag);
        let web_app = self.value("web_app", |text| match folder.join(text) {
            _ if !development => Err("it is for development; leave it out, or set development = true".to_owned()),
            path if path.join("index.html").is_file() => Ok(path),
            path => Err(format!("there is no index.html in {}; build the web app first", path.display())),
        });
        let server = self.value("mail", mail_server);
        let from = self.value("mail_from", |text| {
            let address = text.rsplit_once('<').map_or(text, |(_, address)| address.trim_end_matches('>')).trim();
            let fine = address.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
            fine.then(|| text.to_owned()).ok_or_else(|| "write an address such as nagaya@social.example".to_owned())
        });
        let rate_limits = self.value("rate_limits", flag);
        let tools = self.tools();
        let bucket = self.bucket();
        let domain = domain?;
        let default_from = || format!("nagaya@{}", domain.split(':').next().unwrap_or(&domain));
        let mail = server.map(|server| super::Mail { from: from.unwrap_or_else(default_from), ..server });
        Some(Config {
            handle_domain: handle_domain.unwrap_or_else(|| domain.clone()),
            domain,
            data: data.unwrap_or_else(|| folder.join("data")),
            listen: listen.unwrap_or_else(|| std::net::SocketAddr::from(([127, 0, 0, 1], 8080))),
            trusted_proxies: trusted_proxies.unwrap_or_default(),
            development,
            deliveries_in_flight: deliveries_in_flight.unwrap_or(256),
            log: log.unwrap_or_else(|| "info".into()),
            plugins: plugins.unwrap_or(true),
            mail,
            rate_limits: rate_limits.unwrap_or(true),
            tools,
            bucket,
            web_app,
            program: std::env::current_exe().unwrap_or_else(|_| "nagaya".into()),
        })
    }
}

/// A mail server; its sender is filled in later.
fn mail_server(text: &str) -> Result<super::Mail, String> {
    let wrong = || "write smtps://user:password@host:465 or smtp://user:password@host:587".to_owned();
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let off = url.query_pairs().any(|(key, value)| key == "tls" && value == "off");
    let (tls, port) = match url.scheme() {
        "smtps" => (super::Tls::Whole, 465),
        "smtp" if off => (super::Tls::Off, 25),
        "smtp" => (super::Tls::Started, 587),
        _ => return Err(wrong()),
    };
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    let host = host.trim_matches(['[', ']']).to_owned();
    let login = url.password().map(|password| (plain(url.username()), plain(password)));
    Ok(super::Mail { host, port: url.port().unwrap_or(port), tls, login, from: String::new() })
}

impl Reader {
    /// What is installed, or what the operator names.
    fn tools(&mut self) -> Tools {
        let mut tools = Tools::installed();
        let named = self.value("ffmpeg", |text| match PathBuf::from(text) {
            _ if text.is_empty() => Ok(None),
            program if program.is_file() && program.with_file_name("ffprobe").is_file() => Ok(Some(program)),
            _ => Err(format!("there is no ffmpeg with an ffprobe beside it at {text}; name the program itself")),
        });
        if let Some(named) = named {
            tools.ffmpeg = named;
        }
        tools
    }

    /// The bucket, when any of its keys is set; then all that are needed must be.
    fn bucket(&mut self) -> Option<Bucket> {
        const NEEDED: [&str; 4] = ["s3_endpoint", "s3_bucket", "s3_key", "s3_secret"];
        let given = |reader: &Self, key: &str| reader.values.get(key).is_some_and(|(text, _)| !text.is_empty());
        if !NEEDED.iter().any(|key| given(self, key)) {
            return None;
        }
        for key in NEEDED {
            if !given(self, key) {
                self.wrong(key, "missing", "a bucket needs s3_endpoint, s3_bucket, s3_key and s3_secret");
            }
        }
        let address = |text: &str| match url::Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => Ok(Some(url)),
            _ if text.is_empty() => Ok(None),
            _ => Err(format!("write an address such as https://s3.example, not {text}")),
        };
        let text = |text: &str| Ok(text.to_owned());
        let endpoint = self.value("s3_endpoint", address);
        let public_url = self.value("s3_public_url", address);
        let region = self.value("s3_region", text).filter(|region| !region.is_empty());
        Some(Bucket {
            endpoint: endpoint??,
            name: self.value("s3_bucket", text)?,
            region: region.unwrap_or_else(|| "us-east-1".into()),
            key: self.value("s3_key", text)?,
            secret: self.value("s3_secret", text)?,
            public_url: public_url.flatten(),
        })
    }
}

/// A host name in its one spelling (lower case, punycode). Loopback names and ports are for development, all else is not.
fn host(text: &str, development: bool) -> Result<String, String> {
    let bare = || format!("write the bare name such as social.example, not {text}");
    if text.contains(['/', '@', ' ']) {
        return Err(bare());
    }
    let url = url::Url::parse(&format!("https://{text}/")).map_err(|_| bare())?;
    let name = url.host_str().ok_or_else(bare)?.to_owned();
    let loopback = name == "localhost"
        || name.ends_with(".localhost")
        || name.ends_with(".test")
        || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match (development, loopback) {
        (true, false) => Err(format!(
            "development = true lets everybody forge local traffic, so it is refused on the public name {name}; \
             remove it, or use 127.0.0.1:PORT or a name that ends in .localhost or .test"
        )),
        (false, true) => {
            Err(format!("{name} is not a public name; write yours, or set development = true to try things out"))
        }
        (false, false) if url.port().is_some() => {
            Err("write the name without a port; other servers always use 443".into())
        }
        (false, false) if !name.contains('.') => Err(bare()),
        _ => Ok(url.port().map_or(name.clone(), |port| format!("{name}:{port}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, Mistakes> {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("nagaya.toml");
        std::fs::write(&file, text).expect("writes");
        load(&file, environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn the_sample_is_valid() {
        let config = read(&sample(), &[]).expect("valid");
        assert_eq!(config.domain, "social.example");
        assert_eq!(config.handle_domain, "social.example");
    }

    #[test]
    fn all_mistakes_come_at_once_with_line_and_remedy() {
        let text = "domain = \"https://social.example/\"\nlisten = \"8080\"\nporrt = 1\n\nplugins = \"maybe\"\n";
        let mistakes = read(text, &[("NAGAYA_DELIVERIES_IN_FLIGHT", "many")]).expect_err("wrong");
        let places: Vec<_> = mistakes.list.iter().map(|m| (m.field.as_str(), m.place.as_str())).collect();
        assert_eq!(
            places,
            [
                ("porrt", "line 3"),
                ("domain", "line 1"),
                ("listen", "line 2"),
                ("deliveries_in_flight", "NAGAYA_DELIVERIES_IN_FLIGHT"),
                ("plugins", "line 5"),
            ]
        );
    }

    #[test]
    fn development_is_refused_on_a_public_name() {
        assert!(read("domain = \"social.example\"\ndevelopment = true", &[]).is_err());
        assert!(read("domain = \"127.0.0.1:3000\"", &[]).is_err());
        let config = read("domain = \"127.0.0.1:3000\"\ndevelopment = true", &[]).expect("valid");
        assert_eq!(config.url("/x"), "http://127.0.0.1:3000/x");
    }

    #[test]
    fn a_mail_server_is_understood_and_its_password_kept_quiet() {
        let with = |mail: &str| read(&format!("domain = \"social.example\"\nmail = \"{mail}\""), &[]);
        let mail = |text: &str| with(text).expect("valid").mail.expect("set");
        let one = mail("smtps://me%40x:p%3Aw@mail.example");
        assert_eq!((one.host.as_str(), one.port, one.tls), ("mail.example", 465, super::super::Tls::Whole));
        assert_eq!(one.login, Some(("me@x".to_owned(), "p:w".to_owned())));
        assert_eq!(one.from, "nagaya@social.example");
        assert!(!format!("{one:?}").contains("p:w"));
        let two = mail("smtp://127.0.0.1:2525?tls=off");
        assert_eq!((two.port, two.tls, two.login), (2525, super::super::Tls::Off, None));
        assert_eq!(mail("smtp://mail.example").port, 587);
        assert!(with("https://mail.example").is_err());
        assert!(read("domain = \"social.example\"\nmail_from = \"me\"", &[]).is_err());
    }

    #[test]
    fn a_bucket_is_whole_or_absent() {
        assert_eq!(read("domain = \"a.example\"", &[]).expect("valid").bucket, None);
        let half = read("domain = \"a.example\"\ns3_bucket = \"media\"", &[]).expect_err("half a bucket");
        let missing: Vec<_> = half.list.iter().map(|mistake| mistake.field.as_str()).collect();
        assert_eq!(missing, ["s3_endpoint", "s3_key", "s3_secret"]);
        let keys = [("NAGAYA_S3_SECRET", "hush"), ("NAGAYA_S3_KEY", "id")];
        let text = "domain = \"a.example\"\ns3_endpoint = \"http://10.0.0.1:9000\"\ns3_bucket = \"media\"";
        let bucket = read(text, &keys).expect("valid").bucket.expect("a bucket");
        assert_eq!((&*bucket.secret, &*bucket.region, bucket.public_url), ("hush", "us-east-1", None));
    }

    #[test]
    fn names_have_one_spelling() {
        assert_eq!(read("domain = \"長屋.Example\"", &[]).expect("valid").domain, "xn--ogt734k.example");
    }
}
