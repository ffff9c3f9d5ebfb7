//! Writing down HTML so that every element is closed inside the one it was opened in; and formulas, which become text.

use super::markup::{Piece, Tag};

/// How deep elements may nest; deeper ones are left out, their text stays.
const DEPTH: usize = 32;

/// Elements that end an open paragraph.
const BLOCKS: &[&str] = &["p", "pre", "blockquote", "ul", "ol", "li"];
/// HTML being written with proper nesting.
#[derive(Default)]
pub(super) struct Nest {
    out: String,
    open: Vec<&'static str>,
}

impl Nest {
    /// Writes text, entities and all.
    pub fn text(&mut self, text: &str) {
        if text == "<" {
            self.out += "&lt;";
        } else {
            self.out += text;
        }
    }

    /// Opens an element with those of the tag's attributes that are named, and `lang`. Ends what cannot contain it.
    pub fn open(&mut self, name: &'static str, attributes: &[&str], tag: &Tag<'_>) {
        if BLOCKS.contains(&name) {
            self.close("p");
        }
        match name {
            "a" => self.close("a"),
            "rt" | "rp" if matches!(self.open.last(), Some(&("rt" | "rp"))) => self.pop(),
            "li" => {
                let list = self.open.iter().rposition(|open| matches!(*open, "ul" | "ol"));
                if self.open.iter().rposition(|open| *open == "li") > list {
                    self.close("li");
                }
            }
            _ => {}
        }
        if self.open.len() >= DEPTH {
            return;
        }
        self.out += &format!("<{name}");
        for attribute in attributes.iter().chain(&["lang"]) {
            if let Some(value) = tag.attribute(attribute) {
                self.out += &format!(" {attribute}=\"{}\"", value.replace('"', "&quot;"));
            }
        }
        self.out.push('>');
        if name != "br" {
            self.open.push(name);
        }
    }

    /// Closes the innermost such element and whatever is open inside it; without one nothing happens.
    pub fn close(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|open| *open == name) {
            while self.open.len() > at {
                self.pop();
            }
        }
    }

    fn pop(&mut self) {
        if let Some(name) = self.open.pop() {
            self.out += &format!("</{name}>");
        }
    }

    /// Closes everything.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.pop();
        }
        self.out
    }
}

/// A `math` element while it is read. Its annotation is its source; without one its own text must do. Spec: FEP-dc88
#[derive(Default)]
pub(super) struct Formula {
    block: bool,
    depth: usize,
    annotation: Option<Annotation>,
    latex: String,
    plain: String,
    shown: String,
}

#[derive(Clone, Copy)]
enum Annotation {
    Latex,
    Plain,
    Other,
}

impl Formula {
    /// A formula that begins with this tag.
    pub fn begin(tag: &Tag<'_>) -> Self {
        Self { block: tag.attribute("display") == Some("block"), ..Self::default() }
    }

    /// Takes one piece; `true` when it was the end.
    pub fn take(&mut self, piece: &Piece<'_>) -> bool {
        match piece {
            Piece::Text(text) => {
                let text = if *text == "<" { "&lt;" } else { text };
                match self.annotation {
                    Some(Annotation::Latex) => self.latex += text,
                    Some(Annotation::Plain) => self.plain += text,
                    Some(Annotation::Other) => {}
                    None => self.shown += text,
                }
            }
            Piece::Open(tag) if tag.name == "math" => self.depth += 1,
            Piece::Open(tag) if tag.name.starts_with("annotation") => {
                self.annotation = Some(match tag.attribute("encoding") {
                    Some("application/x-tex") => Annotation::Latex,
                    Some("text/plain") => Annotation::Plain,
                    _ => Annotation::Other,
                });
            }
            Piece::Close(name) if name.starts_with("annotation") => self.annotation = None,
            Piece::Close(name) if name == "math" && self.depth == 0 => return true,
            Piece::Close(name) if name == "math" => self.depth -= 1,
            _ => {}
        }
        false
    }

    /// What to show.
    pub fn source(&self) -> String {
        let mark = if self.block { "$$" } else { "$" };
        match (self.latex.trim(), self.plain.trim()) {
            ("", "") => self.shown.clone(),
            ("", plain) => plain.to_owned(),
            (latex, _) => format!("{mark}{latex}{mark}"),
        }
    }
}
