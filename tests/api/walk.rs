//! Walks through a list in both directions and in small steps: nothing may be missing, doubled or out of order.

use serde_json::Value;

use super::ask::Body;
use super::table::{Call, Endpoint};
use super::world::World;

/// How many entries a list must have for a walk to mean anything.
pub const LEAST: usize = 5;
/// More steps than any of these lists has.
const STEPS: usize = 60;

/// A list and how one asks for it.
pub struct Walk<'a> {
    pub world: &'a World,
    pub endpoint: &'a Endpoint,
    pub call: &'a Call,
    pub path: String,
    pub token: Option<String>,
}

struct Page {
    keys: Vec<String>,
    next: Option<String>,
    previous: Option<String>,
}

impl Walk<'_> {
    /// What is wrong with the paging.
    pub async fn problems(&self) -> Vec<String> {
        let mut words = self.endpoint.paging.split([' ', '/']);
        let (kind, most) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
        let by_min = kind == "ID" || self.endpoint.paging.ends_with("min_id");
        match self.walk(kind, most, by_min).await {
            Ok(()) => Vec::new(),
            Err(why) => vec![format!("paging: {why}")],
        }
    }

    async fn walk(&self, kind: &str, most: &str, by_min: bool) -> Result<(), String> {
        let all = self.page(&self.with(&format!("limit={most}"))).await?;
        let least = self.call.least.unwrap_or(LEAST);
        if all.keys.len() < least {
            return Err(format!("only {} entries, {least} are needed to walk", all.keys.len()));
        }
        let all = all.keys;
        if kind == "OFF" {
            return self.offsets(&all).await;
        }
        let (mut seen, mut next, mut last) = (Vec::new(), Some(self.with("limit=2")), None);
        for _ in 0..STEPS {
            let Some(path) = next.take() else { break };
            let page = self.page(&path).await?;
            if page.keys.len() > 2 {
                return Err(format!("{} entries with limit=2", page.keys.len()));
            }
            if page.keys.is_empty() {
                break;
            }
            seen.extend(page.keys.iter().cloned());
            next = page.next.clone();
            last = Some(page);
        }
        same("by rel=next", &seen, &all)?;
        let last = last.ok_or("an empty list")?;
        let back = last.previous.ok_or("the last page has no rel=prev")?;
        let wanted = if by_min { "min_id=" } else { "since_id=" };
        if !back.contains(wanted) {
            return Err(format!("rel=prev has no {wanted}: {back}"));
        }
        let rest = &all[..all.len() - last.keys.len()];
        if by_min {
            self.backwards(back, rest).await?;
        } else {
            // since_id gives the newest of those that are newer.
            let page = self.page(&back).await?;
            same("by since_id", &page.keys, &rest[..rest.len().min(2)])?;
        }
        if kind == "ID" && self.call.key.is_none() {
            self.cursors(&all).await?;
        }
        Ok(())
    }

    async fn backwards(&self, from: String, rest: &[String]) -> Result<(), String> {
        let (mut seen, mut previous) = (Vec::new(), Some(from));
        for _ in 0..STEPS {
            let Some(path) = previous.take() else { break };
            let page = self.page(&path).await?;
            if page.keys.is_empty() {
                break;
            }
            seen.splice(0..0, page.keys.iter().cloned());
            previous = page.previous;
        }
        same("by rel=prev", &seen, rest)
    }

    /// The ids of the entries are cursors themselves.
    async fn cursors(&self, all: &[String]) -> Result<(), String> {
        let last = all.last().ok_or("an empty list")?;
        let older = self.page(&self.with(&format!("limit=2&max_id={}", all[1]))).await?;
        same("by max_id", &older.keys, &all[2..all.len().min(4)])?;
        let above = all.len() - 3..all.len() - 1;
        let newer = self.page(&self.with(&format!("limit=2&min_id={last}"))).await?;
        same("by min_id", &newer.keys, &all[above])?;
        let newest = self.page(&self.with(&format!("limit=2&since_id={last}"))).await?;
        same("by since_id", &newest.keys, &all[..2])
    }

    async fn offsets(&self, all: &[String]) -> Result<(), String> {
        let mut seen = Vec::new();
        for _ in 0..STEPS {
            let page = self.page(&self.with(&format!("limit=2&offset={}", seen.len()))).await?;
            if page.keys.is_empty() {
                break;
            }
            seen.extend(page.keys);
        }
        same("by offset", &seen, all)
    }

    /// The path with this added to its query.
    fn with(&self, query: &str) -> String {
        let joint = if self.path.contains('?') { '&' } else { '?' };
        format!("{}{joint}{query}", self.path)
    }

    async fn page(&self, path: &str) -> Result<Page, String> {
        let answer = self.world.ask("GET", path, self.token.as_deref(), &Body::None).await;
        if answer.status != 200 {
            return Err(format!("{path} answers {}", answer.status));
        }
        let body = answer.json();
        let list = self.call.from.as_ref().map_or(&body, |from| &body[from.as_str()]);
        let key = self.call.key.as_deref().unwrap_or("id");
        let entries = list.as_array().into_iter().flatten();
        let keys = entries.map(|entry| match entry {
            Value::String(text) => text.clone(),
            entry => entry.pointer(&format!("/{key}")).map(ToString::to_string).unwrap_or_default().replace('"', ""),
        });
        let base = format!("http://{}", self.world.here.domain);
        let link = |rel: &str| {
            let part = answer.header("link").split(", ").find(|part| part.ends_with(&format!("rel=\"{rel}\"")))?;
            let address = part.trim_start_matches('<').split('>').next()?;
            address.strip_prefix(&base).map(str::to_owned)
        };
        Ok(Page { keys: keys.collect(), next: link("next"), previous: link("prev") })
    }
}

fn same(how: &str, seen: &[String], expected: &[String]) -> Result<(), String> {
    if seen == expected {
        return Ok(());
    }
    Err(format!(
        "{how}: {} entries {:.90}, expected {} {:.90}",
        seen.len(),
        format!("{seen:?}"),
        expected.len(),
        format!("{expected:?}")
    ))
}
