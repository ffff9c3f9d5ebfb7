//! A mail server for tests: takes what it is given, or says what it was told to say.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::config::{Mail, Tls};

/// It runs for as long as the test does.
pub(crate) struct Smtp {
    /// How to reach it.
    pub(crate) mail: Mail,
    /// What it took: whole mails, headers and all.
    pub(crate) taken: Arc<Mutex<Vec<String>>>,
    /// What it answers to the next recipients; 250 when nothing is left.
    pub(crate) answers: Arc<Mutex<VecDeque<&'static str>>>,
    /// How long it thinks before each answer.
    pub(crate) delay: Arc<Mutex<Duration>>,
}

impl Smtp {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let from = "Nagaya <nagaya@here.example>".to_owned();
        let mail = Mail { host: "127.0.0.1".into(), port, tls: Tls::Off, login: None, from };
        let (taken, answers, delay) = (Arc::default(), Arc::default(), Arc::default());
        let smtp = Self { mail, taken, answers, delay };
        let (taken, answers, delay) = (smtp.taken.clone(), smtp.answers.clone(), smtp.delay.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (taken, answers, delay) = (taken.clone(), answers.clone(), delay.clone());
                tokio::spawn(async move {
                    let _ = converse(stream, &taken, &answers, &delay).await;
                });
            }
        });
        smtp
    }

    /// Whom the mails went to, in order.
    pub(crate) fn recipients(&self) -> Vec<String> {
        let taken = self.taken.lock().expect("no holder panics");
        let to = |mail: &String| mail.lines().find_map(|line| line.strip_prefix("To: ").map(str::to_owned));
        taken.iter().filter_map(to).collect()
    }

    /// The secret in the link of the newest mail.
    pub(crate) fn secret(&self) -> String {
        let mail = self.taken.lock().expect("no holder panics").last().cloned().expect("a mail came");
        let text = match mail.split_once("base64\r\n\r\n") {
            Some((_, part)) => {
                let part: String = part.split("--").next().unwrap_or_default().split_whitespace().collect();
                String::from_utf8_lossy(&STANDARD.decode(part).expect("base64")).into_owned()
            }
            // Quoted-printable: soft line breaks, and an escaped equals sign.
            None => mail.replace("=\r\n", "").replace("=3D", "="),
        };
        let rest = text.split_once("token=").expect("a link").1;
        rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')).collect()
    }
}

async fn converse(
    stream: TcpStream,
    taken: &Mutex<Vec<String>>,
    answers: &Mutex<VecDeque<&'static str>>,
    delay: &Mutex<Duration>,
) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader);
    writer.write_all(b"220 test\r\n").await?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let wait = *delay.lock().expect("no holder panics");
        tokio::time::sleep(wait).await;
        let verb = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "RCPT" => answers.lock().expect("no holder panics").pop_front().unwrap_or("250 fine"),
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await?;
        if verb == "DATA" {
            let mut mail = String::new();
            while !mail.ends_with("\r\n.\r\n") {
                if lines.read_line(&mut mail).await? == 0 {
                    return Ok(());
                }
            }
            taken.lock().expect("no holder panics").push(mail);
            writer.write_all(b"250 taken\r\n").await?;
        }
    }
}
