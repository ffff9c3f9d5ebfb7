//! JSON, small: what settings, `raw` documents and patches need, in a few kilobytes of code.

use std::fmt;

/// How deep lists and objects may lie in one another.
const DEPTH: usize = 64;

/// A JSON value. Objects keep their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Json {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Flag(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

static NULL: Json = Json::Null;

impl Json {
    /// Reads a whole document; `None`: it is not JSON, or nested deeper than 64 levels.
    ///
    /// ```
    /// use nagaya_plugin::Json;
    /// let note = Json::parse(r##"{"type": "Note", "tag": [{"name": "#tea"}]}"##).unwrap();
    /// assert_eq!(note.get("tag").at(0).get("name").text(), Some("#tea"));
    /// assert_eq!(note.get("nothing").get("there").text(), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
        let value = reader.value(0)?;
        reader.blank();
        (reader.at == reader.bytes.len()).then_some(value)
    }

    /// A member of an object; `null` when there is none.
    pub fn get(&self, key: &str) -> &Self {
        let Self::Object(members) = self else { return &NULL };
        members.iter().find(|(name, _)| name == key).map_or(&NULL, |(_, value)| value)
    }

    /// An item of a list; `null` when there is none.
    pub fn at(&self, index: usize) -> &Self {
        let Self::List(items) = self else { return &NULL };
        items.get(index).unwrap_or(&NULL)
    }

    /// The items of a list, a lone value as the only item, nothing for `null`: ActivityPub leaves the brackets off.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Null => &[],
            one => std::slice::from_ref(one),
        }
    }

    /// A string.
    pub fn text(&self) -> Option<&str> {
        let Self::Text(text) = self else { return None };
        Some(text)
    }

    /// A number.
    pub fn number(&self) -> Option<f64> {
        let Self::Number(number) = self else { return None };
        Some(*number)
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        *self == Self::Flag(true)
    }

    /// Whether it is `null`, or was not there.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// The address of an ActivityPub value that may be one or be an object with an `id` or an `href`.
    pub fn id(&self) -> Option<&str> {
        self.text().or_else(|| self.get("id").text()).or_else(|| self.get("href").text())
    }

    /// An object of these members.
    pub fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<f64> for Json {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Self {
        Self::List(items)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => to.write_str("null"),
            Self::Flag(flag) => to.write_str(if *flag { "true" } else { "false" }),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => write!(to, "{}", *number as i64),
            Self::Number(number) => write!(to, "{number}"),
            Self::Text(text) => quoted(to, text),
            Self::List(items) => {
                to.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        to.write_str(",")?;
                    }
                    item.fmt(to)?;
                }
                to.write_str("]")
            }
            Self::Object(members) => {
                to.write_str("{")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        to.write_str(",")?;
                    }
                    quoted(to, key)?;
                    to.write_str(":")?;
                    value.fmt(to)?;
                }
                to.write_str("}")
            }
        }
    }
}

fn quoted(to: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    to.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => to.write_str("\\\"")?,
            '\\' => to.write_str("\\\\")?,
            '\n' => to.write_str("\\n")?,
            '\u{0}'..='\u{1F}' => write!(to, "\\u{:04x}", c as u32)?,
            c => fmt::Write::write_char(to, c)?,
        }
    }
    to.write_str("\"")
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn blank(&mut self) {
        while self.bytes.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn takes(&mut self, word: &str) -> Option<()> {
        self.bytes[self.at..].starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    /// The next byte that is no blank, without taking it.
    fn peek(&mut self) -> Option<u8> {
        self.blank();
        self.bytes.get(self.at).copied()
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEPTH {
            return None;
        }
        match self.peek()? {
            b'n' => self.takes("null").map(|()| Json::Null),
            b't' => self.takes("true").map(|()| Json::Flag(true)),
            b'f' => self.takes("false").map(|()| Json::Flag(false)),
            b'"' => self.string().map(Json::Text),
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                while self.peek()? != b']' {
                    items.push(self.value(depth + 1)?);
                    match self.peek()? {
                        b',' => self.at += 1,
                        b']' => {}
                        _ => return None,
                    }
                }
                self.at += 1;
                Some(Json::List(items))
            }
            b'{' => {
                self.at += 1;
                let mut members = Vec::new();
                while self.peek()? != b'}' {
                    let key = self.string()?;
                    self.blank();
                    self.takes(":")?;
                    members.push((key, self.value(depth + 1)?));
                    match self.peek()? {
                        b',' => self.at += 1,
                        b'}' => {}
                        _ => return None,
                    }
                }
                self.at += 1;
                Some(Json::Object(members))
            }
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Option<Json> {
        let begun = self.at;
        while self.bytes.get(self.at).is_some_and(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        std::str::from_utf8(&self.bytes[begun..self.at]).ok()?.parse().ok().map(Json::Number)
    }

    fn string(&mut self) -> Option<String> {
        self.takes("\"")?;
        let mut out = Vec::new();
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => return String::from_utf8(out).ok(),
                b'\\' => {
                    let escaped = *self.bytes.get(self.at)?;
                    self.at += 1;
                    let c = match escaped {
                        b'n' => '\n',
                        b't' => '\t',
                        b'r' => '\r',
                        b'b' => '\u{8}',
                        b'f' => '\u{C}',
                        b'u' => self.escape()?,
                        other => char::from(other),
                    };
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                byte => out.push(byte),
            }
        }
    }

    /// What follows `\u`; half a pair of surrogates becomes the replacement character.
    fn escape(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xD800..0xDC00).contains(&first) {
            return Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        if self.takes("\\u").is_some() {
            let second = self.hex()?;
            if (0xDC00..0xE000).contains(&second) {
                return char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
            }
            self.at = before;
        }
        Some(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = std::str::from_utf8(self.bytes.get(self.at..self.at + 4)?).ok()?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same() {
        for text in
            [r#"{"a":[1,2.5,-3],"b":{"c":null,"d":[true,false]},"e":"ü\n\"\\"}"#, "[]", "{}", "\"\"", "17", r#"["😀"]"#]
        {
            assert_eq!(Json::parse(text).expect("JSON").to_string(), text);
        }
        assert_eq!(Json::parse(r#" { "a" : "\ud83d\ude00\u00e9" } "#).expect("JSON").get("a").text(), Some("😀é"));
    }

    #[test]
    fn nonsense_is_refused_and_deep_nesting_does_no_harm() {
        for text in ["", "{", "[1 2]", "{\"a\" 1}", "nul", "\"a", "1 2", "[1,]x", "\"\\u12\""] {
            assert_eq!(Json::parse(text), None, "{text}");
        }
        assert_eq!(Json::parse(&"[".repeat(100_000)), None);
        assert_eq!(Json::parse(r#""\ud800x""#).expect("JSON").text(), Some("\u{FFFD}x"));
    }

    #[test]
    fn activitypub_leaves_brackets_off() {
        let one = Json::parse(r#"{"to": "x", "tag": {"href": "y"}, "none": null}"#).expect("JSON");
        assert_eq!(one.get("to").items().len(), 1);
        assert_eq!(one.get("tag").items()[0].id(), Some("y"));
        assert!(one.get("none").items().is_empty() && one.get("missing").items().is_empty());
    }
}
