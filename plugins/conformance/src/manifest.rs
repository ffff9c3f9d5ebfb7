//! The few lines of a manifest that decide whether a filter sees an activity at all. The manifests here keep each list and
//! each default on one line, in words that are JSON as well.

use nagaya_plugin::Json;
use nagaya_plugin::types::{Direction, Envelope, Visibility};

/// What a plugin says about itself.
pub struct Manifest {
    text: String,
}

impl Manifest {
    /// Of the plugin in this folder.
    pub fn of(name: &str) -> Self {
        let file = format!("{}/../{name}/manifest.toml", env!("CARGO_MANIFEST_DIR"));
        Self { text: std::fs::read_to_string(&file).unwrap_or_else(|why| panic!("{file}: {why}")) }
    }

    /// The words of a list; none when the key is not there.
    fn list(&self, key: &str) -> Vec<String> {
        let line = self.text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
        let list = line.map(|line| Json::parse(line).unwrap_or_else(|| panic!("{key}: {line}")));
        list.iter().flat_map(Json::items).filter_map(Json::text).map(str::to_owned).collect()
    }

    /// Whether the server would show it this activity, with everything granted that it asks for.
    pub fn looks_at(&self, envelope: &Envelope) -> bool {
        let direction = match envelope.direction {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
            Direction::Local => "local",
            Direction::Relayed => "relayed",
            Direction::Fetched => "fetched",
        };
        let fits = |key: &str, word: &str| {
            let list = self.list(key);
            list.is_empty() || list.iter().any(|listed| listed == word)
        };
        let granted = |permission: &str| self.list("permissions").iter().any(|asked| asked == permission);
        fits("directions", direction)
            && fits("activities", &envelope.activity)
            && match envelope.visibility {
                Visibility::Followers => granted("see-followers"),
                Visibility::Direct => granted("see-direct"),
                _ => true,
            }
            && (!matches!(envelope.activity.as_str(), "Delete" | "Undo" | "Block" | "Flag") || granted("control"))
    }

    /// The settings as they are before an admin changes them.
    pub fn defaults(&self) -> Json {
        let mut members = Vec::new();
        let mut key = String::new();
        for line in self.text.lines() {
            if let Some(section) = line.strip_prefix("[config.").and_then(|rest| rest.strip_suffix(']')) {
                key = section.into();
            } else if let Some(value) = line.strip_prefix("default = ") {
                members.push((key.clone(), Json::parse(value).unwrap_or_else(|| panic!("{key}: {line}"))));
            }
        }
        Json::Object(members)
    }
}
