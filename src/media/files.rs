//! The media folder: our own random names in two levels of folders, written beside and renamed, never half.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::probe::Format;
use crate::error::{Error, Result};
use crate::random::Random;

/// Characters of a name before its ending: 128 random bits, so that nobody guesses the address of a private picture.
const LENGTH: usize = 32;

/// Uploads that still have to be worked on; they outlive a crash.
const WAITING: &str = "waiting";

/// The media folder.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    random: Random,
    /// Makes temporary names differ; they are thrown away at every start.
    counter: AtomicU64,
}

/// A file being made; removed when dropped, unless it was kept.
#[derive(Debug)]
pub(super) struct Temporary(pub PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // Mostly gone already: kept files were renamed.
        let _ = fs::remove_file(&self.0);
    }
}

impl Files {
    /// Opens (or creates) `root` and throws away what an earlier run left half-made.
    pub fn open(root: PathBuf, random: Random) -> Result<Self> {
        let half_made = root.join("tmp");
        if half_made.exists() {
            fs::remove_dir_all(&half_made).map_err(Error::io(format!("cannot empty {}", half_made.display())))?;
        }
        fs::create_dir_all(&half_made)
            .map_err(Error::io(format!("cannot create the media folder {}", root.display())))?;
        Ok(Self { root, random, counter: AtomicU64::new(0) })
    }

    /// A place for a file being made, on the same disk as the folder.
    pub fn temporary(&self) -> Temporary {
        Temporary(self.root.join("tmp").join(self.counter.fetch_add(1, Ordering::Relaxed).to_string()))
    }

    /// A new name for a file of this kind.
    pub fn name(&self, format: Format) -> String {
        let mut bytes = [0; LENGTH / 2];
        self.random.fill(&mut bytes);
        format!("{}.{}", hex::encode(bytes), format.ending())
    }

    /// Moves an upload to where it waits to be made into something; answers its name there.
    pub fn wait(&self, upload: &Path) -> Result<String> {
        let mut bytes = [0; LENGTH / 2];
        self.random.fill(&mut bytes);
        let name = hex::encode(bytes);
        let path = self.waiting(&name);
        let failed = || Error::io("cannot keep an upload");
        fs::create_dir_all(self.root.join(WAITING)).map_err(failed())?;
        File::open(upload).and_then(|file| file.sync_all()).map_err(failed())?;
        // The media folder may be a disk of its own.
        fs::rename(upload, &path).or_else(|_| fs::copy(upload, &path).map(drop)).map_err(failed())?;
        File::open(self.root.join(WAITING)).and_then(|folder| folder.sync_all()).map_err(failed())?;
        Ok(name)
    }

    /// Where the upload `name` waits.
    pub fn waiting(&self, name: &str) -> PathBuf {
        self.root.join(WAITING).join(name)
    }

    /// Removes uploads that nobody waits for: all but `wanted`.
    pub fn forget(&self, wanted: &[String]) -> Result<()> {
        let failed = || Error::io("cannot tidy the folder of waiting uploads");
        let entries = match fs::read_dir(self.root.join(WAITING)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(failed())?,
        };
        for entry in entries {
            let entry = entry.map_err(failed())?;
            if !wanted.iter().any(|name| entry.file_name() == name.as_str()) {
                fs::remove_file(entry.path()).map_err(failed())?;
            }
        }
        Ok(())
    }

    /// Makes a finished file durable and gives it its name.
    pub fn keep(&self, made: &Temporary, format: Format) -> Result<String> {
        let name = self.name(format);
        let path = self.path(&name)?;
        let folder = path.parent().expect("names lie in folders");
        let failed = || Error::io("cannot store a file in the media folder");
        fs::create_dir_all(folder).map_err(failed())?;
        File::open(&made.0).and_then(|file| file.sync_all()).map_err(failed())?;
        fs::rename(&made.0, &path).map_err(failed())?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed())?;
        Ok(name)
    }

    /// Where the file `name` lies, if it exists; [`Error::NotFound`] for anything that is no name of ours.
    pub fn path(&self, name: &str) -> Result<PathBuf> {
        format(name)?;
        Ok(self.root.join(&name[..2]).join(&name[2..4]).join(name))
    }

    /// Removes the file `name`; that it is gone already is fine.
    pub fn remove(&self, name: &str) -> Result<()> {
        match fs::remove_file(self.path(name)?) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io("cannot remove a file from the media folder")(error))
            }
            _ => Ok(()),
        }
    }
}

/// The format of a stored file, told by our own name for it. Refuses every name that we would not have made.
pub(super) fn format(name: &str) -> Result<Format> {
    let unknown = || Error::NotFound("file");
    let (stem, ending) = name.split_once('.').ok_or_else(unknown)?;
    let ours = stem.len() == LENGTH && stem.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    Format::of_ending(ending).filter(|_| ours).ok_or_else(unknown)
}

/// Whether `path` begins like a file that we serve.
pub(super) fn head(path: &Path) -> Result<Vec<u8>> {
    use std::io::Read;
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(super::probe::SNIFFED as u64).read_to_end(&mut head))
        .map_err(Error::io("cannot read an uploaded file"))?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_ours_lead_nowhere() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let files = Files::open(folder.path().to_owned(), Random::seeded(1)).expect("opens");
        let good = "0123456789abcdef0123456789abcdef.jpg";
        assert!(files.path(good).expect("ours").ends_with(format!("01/23/{good}")));
        for bad in [
            "",
            ".jpg",
            "../../nagaya.db",
            "..%2f..%2fnagaya.db",
            "0123456789abcdef0123456789abcdef",
            "0123456789abcdef0123456789abcdef.svg",
            "0123456789abcdef0123456789abcdef.jpg.html",
            "0123456789ABCDEF0123456789abcdef.jpg",
            "0123456789abcdef/123456789abcdef.jpg",
            "あ123456789abcdef0123456789abcd.jpg",
        ] {
            assert!(matches!(files.path(bad), Err(Error::NotFound(_))), "{bad}");
        }
    }

    #[test]
    fn kept_files_stay_and_half_made_ones_vanish() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let files = Files::open(folder.path().to_owned(), Random::seeded(1)).expect("opens");
        let (kept, dropped) = (files.temporary(), files.temporary());
        fs::write(&kept.0, b"kept").expect("writes");
        fs::write(&dropped.0, b"dropped").expect("writes");
        let name = files.keep(&kept, Format::Png).expect("keeps");
        let gone = dropped.0.clone();
        drop((kept, dropped));
        assert!(!gone.exists());
        assert_eq!(fs::read(files.path(&name).expect("ours")).expect("there"), b"kept");

        fs::write(folder.path().join("tmp/99"), b"crash").expect("writes");
        let files = Files::open(folder.path().to_owned(), Random::seeded(2)).expect("opens again");
        assert!(!folder.path().join("tmp/99").exists());
        files.remove(&name).expect("removes");
        files.remove(&name).expect("is gone already");
        assert!(!files.path(&name).expect("ours").exists());
    }
}
