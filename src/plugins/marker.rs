//! Which plugin runs right now, in a file: when the process dies, the next start knows whom to leave out.
//!
//! A write costs a microsecond and no sync: what a dead process wrote is still in the page cache. After a loss of power the file
//! may be empty; then nobody is blamed.

use std::fs::File;
use std::path::Path;
use std::sync::Mutex;

use crate::error::{Error, Result};

/// The file, in the data folder.
const FILE: &str = "plugin-running";
/// Bytes of one place; an id has at most 100.
const PLACE: usize = 128;

/// The open file, and which places are taken.
#[derive(Debug)]
pub(super) struct Marker {
    file: File,
    taken: Mutex<Vec<bool>>,
}

impl Marker {
    /// Opens the file with room for so many names at once, and clears it. [`left_behind`] must have been asked before.
    pub(super) fn open(data: &Path, places: usize) -> Result<Self> {
        let path = data.join(FILE);
        let file = File::create(&path).map_err(Error::io(format!("cannot write {}", path.display())))?;
        file.set_len((places * PLACE) as u64).map_err(Error::io(format!("cannot write {}", path.display())))?;
        Ok(Self { file, taken: Mutex::new(vec![false; places]) })
    }

    /// Names `id` until the guard is dropped.
    pub(super) fn name(&self, id: &str) -> Named<'_> {
        let place = {
            let mut taken = self.taken.lock().expect("no holder panics");
            let free = taken.iter().position(|taken| !taken);
            free.inspect(|place| taken[*place] = true)
        };
        if let Some(place) = place {
            let mut bytes = [0; PLACE];
            let length = id.len().min(PLACE);
            bytes[..length].copy_from_slice(&id.as_bytes()[..length]);
            self.write(place, &bytes);
        }
        Named { marker: self, place }
    }

    #[cfg(unix)]
    fn write(&self, place: usize, bytes: &[u8]) {
        // Without the mark nobody is blamed; that is no reason to stop.
        let _ = std::os::unix::fs::FileExt::write_at(&self.file, bytes, (place * PLACE) as u64);
    }

    #[cfg(not(unix))]
    fn write(&self, _place: usize, _bytes: &[u8]) {}
}

/// A name stands in the file.
pub(super) struct Named<'m> {
    marker: &'m Marker,
    place: Option<usize>,
}

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.marker.write(place, &[0]);
            self.marker.taken.lock().expect("no holder panics")[place] = false;
        }
    }
}

/// Which plugins were running when the last process ended.
pub(super) fn left_behind(data: &Path) -> Vec<String> {
    let Ok(bytes) = std::fs::read(data.join(FILE)) else { return Vec::new() };
    let mut ids: Vec<String> = bytes
        .chunks(PLACE)
        .map(|place| String::from_utf8_lossy(place.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned())
        .filter(|id| !id.is_empty())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Forgets them: whoever they are, they are switched off by now.
pub(super) fn forget(data: &Path) {
    let _ = std::fs::remove_file(data.join(FILE));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_is_running_at_the_end_is_blamed() {
        let folder = tempfile::tempdir().expect("temporary folder");
        assert_eq!(left_behind(folder.path()), [""; 0]);
        let marker = Marker::open(folder.path(), 2).expect("opens");
        drop(marker.name("org.example.done"));
        let running = [marker.name("org.example.b"), marker.name("org.example.a"), marker.name("org.example.too-many")];
        // As after a crash: the guards never run.
        std::mem::forget(running);
        drop(marker);
        assert_eq!(left_behind(folder.path()), ["org.example.a", "org.example.b"]);
        Marker::open(folder.path(), 2).expect("opens");
        assert_eq!(left_behind(folder.path()), [""; 0]);
    }
}
