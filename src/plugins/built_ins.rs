//! The plugins that come with the server, carried in the program: one file in `plugins/built` each.

macro_rules! built {
    ($($name:literal)*) => {
        &[$(($name, include_bytes!(concat!("../../plugins/built/", $name, ".wasm")))),*]
    };
}

/// Short name, file.
pub(super) const ALL: &[(&str, &[u8])] = built![
    "auto-answer" "block-notice" "classifier" "duplicates" "emoji" "follow-bot" "host-rules" "keywords" "links"
    "media-warming" "mentions" "near-first" "newcomers" "no-op" "normalise" "polite" "poll" "quiet-hours" "rbl"
    "reminder" "rss" "steal-emoji" "visibility" "welcome"
];

#[cfg(test)]
mod tests {
    #[test]
    fn every_built_file_is_carried_and_nothing_else() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/built");
        let mut files: Vec<String> = std::fs::read_dir(&folder)
            .expect("the folder")
            .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".wasm").map(str::to_owned))
            .collect();
        files.sort();
        let carried: Vec<&str> = super::ALL.iter().map(|(name, _)| *name).collect();
        assert_eq!(carried, files, "src/plugins/built_ins.rs and {}", folder.display());
    }
}
