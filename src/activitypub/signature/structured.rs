//! As much of structured fields as message signatures need: dictionaries of byte sequences and of inner lists.
//!
//! Refuses decimals, dates and repeated keys (the standard lets the last one win; two readers must not disagree here).
//! Spec: RFC 8941, https://www.rfc-editor.org/rfc/rfc8941

use base64::Engine;

use super::key::{BASE64, encode};

/// A bare item or an inner list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Integer(i64),
    Text(String),
    Token(String),
    Bytes(Vec<u8>),
    Boolean(bool),
    List(Vec<(Self, Parameters)>),
}

/// `;key=value` in order, no key twice.
pub(super) type Parameters = Vec<(String, Value)>;

/// One member of a dictionary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) parameters: Parameters,
}

/// Reads a dictionary; `None` when it is none.
pub(super) fn dictionary(text: &str) -> Option<Vec<Member>> {
    let mut reader = Reader { rest: text.trim_matches([' ', '\t']) };
    let mut members: Vec<Member> = Vec::new();
    while !reader.rest.is_empty() {
        let key = reader.key()?;
        let value = if reader.eat('=') { reader.value()? } else { Value::Boolean(true) };
        let parameters = reader.parameters()?;
        if members.iter().any(|member| member.key == key) {
            return None;
        }
        members.push(Member { key, value, parameters });
        reader.skip_white();
        if reader.rest.is_empty() {
            break;
        }
        if !reader.eat(',') {
            return None;
        }
        reader.skip_white();
        if reader.rest.is_empty() {
            return None;
        }
    }
    Some(members)
}

/// Writes a value in its one canonical form.
pub(super) fn write(value: &Value, parameters: &Parameters) -> String {
    let mut text = match value {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Value::Token(token) => token.clone(),
        Value::Bytes(bytes) => format!(":{}:", encode(bytes)),
        Value::Boolean(truth) => if *truth { "?1" } else { "?0" }.to_owned(),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|(item, parameters)| write(item, parameters)).collect();
            format!("({})", items.join(" "))
        }
    };
    for (key, value) in parameters {
        text.push(';');
        text.push_str(key);
        if *value != Value::Boolean(true) {
            text.push('=');
            text.push_str(&write(value, &Vec::new()));
        }
    }
    text
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, wanted: char) -> bool {
        self.rest.strip_prefix(wanted).map(|rest| self.rest = rest).is_some()
    }

    fn skip_white(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn key(&mut self) -> Option<String> {
        let key = self.take(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-' | '.' | '*'));
        key.starts_with(|c: char| c.is_ascii_lowercase() || c == '*').then(|| key.to_owned())
    }

    fn value(&mut self) -> Option<Value> {
        if !self.eat('(') {
            return self.bare();
        }
        let mut items = Vec::new();
        loop {
            let before = self.rest.len();
            self.rest = self.rest.trim_start_matches(' ');
            if self.eat(')') {
                return Some(Value::List(items));
            }
            if !items.is_empty() && self.rest.len() == before {
                return None;
            }
            let item = self.bare()?;
            items.push((item, self.parameters()?));
        }
    }

    fn parameters(&mut self) -> Option<Parameters> {
        let mut parameters: Parameters = Vec::new();
        while self.eat(';') {
            self.rest = self.rest.trim_start_matches(' ');
            let key = self.key()?;
            let value = if self.eat('=') { self.bare()? } else { Value::Boolean(true) };
            if parameters.iter().any(|(known, _)| *known == key) {
                return None;
            }
            parameters.push((key, value));
        }
        Some(parameters)
    }

    fn bare(&mut self) -> Option<Value> {
        match self.rest.chars().next()? {
            '"' => self.text(),
            ':' => {
                let (inside, rest) = self.rest[1..].split_once(':')?;
                self.rest = rest;
                BASE64.decode(inside).ok().map(Value::Bytes)
            }
            '?' => {
                let truth = self.rest.get(1..2)?;
                self.rest = &self.rest[2..];
                matches!(truth, "0" | "1").then(|| Value::Boolean(truth == "1"))
            }
            '-' | '0'..='9' => {
                let negative = self.eat('-');
                let digits = self.take(|c| c.is_ascii_digit());
                if digits.is_empty() || digits.len() > 15 || self.rest.starts_with('.') {
                    return None;
                }
                let number: i64 = digits.parse().ok()?;
                Some(Value::Integer(if negative { -number } else { number }))
            }
            first if first.is_ascii_alphabetic() || first == '*' => {
                let token = self.take(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c));
                Some(Value::Token(token.to_owned()))
            }
            _ => None,
        }
    }

    fn text(&mut self) -> Option<Value> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Some(Value::Text(text));
                }
                '\\' => match chars.next()?.1 {
                    escaped @ ('"' | '\\') => text.push(escaped),
                    _ => return None,
                },
                ' '..='~' => text.push(c),
                _ => return None,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionaries_are_read_and_written_canonically() {
        for (given, expected) in [
            ("a=1", Some("a=1")),
            ("a=1 ,\tb=-15", Some("a=1, b=-15")),
            (
                r#"sig1=( "@method"   "date" );created=5; keyid="x\"y\\";alg="ed25519""#,
                Some(r#"sig1=("@method" "date");created=5;keyid="x\"y\\";alg="ed25519""#),
            ),
            ("sig1=:AAEC:", Some("sig1=:AAEC:")),
            ("a;b;c=?0", Some("a=?1;b;c=?0")),
            ("a=tok/en", Some("a=tok/en")),
            ("a=()", Some("a=()")),
            ("", Some("")),
            ("a=1,", None),
            ("a=1 b=2", None),
            ("a=1, a=2", None),
            ("a=1;b=2;b=3", None),
            ("A=1", None),
            ("a=(\"x\"\"y\")", None),
            ("a=(\"x\"", None),
            ("a=\"x", None),
            ("a=\"x\ny\"", None),
            ("a=\"x\\ny\"", None),
            ("a=:AA!:", None),
            ("a=:AAEC", None),
            ("a=?2", None),
            ("a=?", None),
            ("a=1.5", None),
            ("a=1234567890123456", None),
            ("a=@5", None),
            ("a=ü", None),
        ] {
            let written = dictionary(given).map(|members| {
                let members: Vec<_> =
                    members.iter().map(|m| format!("{}={}", m.key, write(&m.value, &m.parameters))).collect();
                members.join(", ")
            });
            assert_eq!(written.as_deref(), expected, "{given}");
        }
    }
}
