//! The file of the audit log: the records of the topic once more, as lines, for who has no Kafka at hand or does not trust it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context, bail};

use crate::audit_log::record::{Sealed, read};

/// How far back the last record is looked for: what a crash cut off is passed over.
const TAIL: u64 = 1024 * 1024;

/// A file to which lines are added.
#[derive(Debug)]
pub(super) struct AuditFile {
    file: File,
    /// Whether its last line has no end: a crash or a full disk came between.
    is_cut_off: bool,
    /// The hash of its last record.
    last: Option<String>,
}

impl AuditFile {
    /// Opens a file, made when missing, that nobody but its owner may read.
    ///
    /// # Errors
    /// It cannot be added to, or others may read it.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        Self::open_with(path, |folder| File::open(folder)?.sync_all())
    }

    /// The same, with what has the entries of a folder on the disk.
    fn open_with(
        path: &Path,
        sync_folder: impl FnOnce(&Path) -> io::Result<()>,
    ) -> anyhow::Result<Self> {
        let name = path.display();
        let opened = open_or_make(path, sync_folder);
        let mut file =
            opened.with_context(|| format!("`{name}` (audit.file) cannot be added to"))?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            bail!(
                "`{name}` (audit.file) may be read by others, by its mode {mode:o}: say `chmod 600 {name}`"
            );
        }
        let (is_cut_off, last) =
            end(&mut file).with_context(|| format!("`{name}` (audit.file)"))?;
        Ok(Self { file, is_cut_off, last })
    }

    /// The hash of its last record, if it has any.
    pub(super) fn last(&self) -> Option<String> {
        self.last.clone()
    }

    /// Adds a record as a line, and has it on the disk.
    pub(super) fn add(&mut self, sealed: &Sealed) -> io::Result<()> {
        let begin = if self.is_cut_off { "\n" } else { "" };
        self.is_cut_off = true;
        self.file.write_all(format!("{begin}{}\n", sealed.line).as_bytes())?;
        self.is_cut_off = false;
        self.last = Some(sealed.hash.clone());
        self.file.sync_data()
    }
}

fn open_or_make(
    path: &Path,
    sync_folder: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).read(true).mode(0o600);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => options.open(path),
        made => {
            let file = made?;
            // However well its lines are on the disk, without its name nobody finds them after a crash.
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            sync_folder(folder.unwrap_or_else(|| Path::new(".")))?;
            Ok(file)
        }
    }
}

/// Whether the last line has no end, and the hash of the last record.
fn end(file: &mut File) -> io::Result<(bool, Option<String>)> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let is_cut_off = tail.last().is_some_and(|last| *last != b'\n');
    let last = tail.rsplit(|byte| *byte == b'\n').find_map(read);
    Ok((is_cut_off, last.map(|link| link.hash)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};
    use std::process;

    use super::AuditFile;
    use crate::audit_log::record::{NONE_BEFORE, Record, Sealed, seal};

    fn sealed(seq: u64) -> Sealed {
        let record = Record::suppressed(seq, jiff::Timestamp::UNIX_EPOCH);
        seal(&record, ("a", seq, NONE_BEFORE)).expect("it is written")
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("paceline-audit-{name}-{}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    #[test]
    fn lines_are_added_to_a_file_of_the_owner_alone() {
        let folder = folder("lines");
        let path = folder.join("audit.jsonl");
        let [one, two, three] = [1, 2, 3].map(sealed);
        let mut file = AuditFile::open(&path).expect("it is made");
        assert_eq!(file.last(), None);
        file.add(&one).expect("it is written");
        drop(file);
        fs::write(&path, format!("{}\nhal", one.line)).expect("it is cut off");
        let mut file = AuditFile::open(&path).expect("it is there");
        assert_eq!(file.last().as_ref(), Some(&one.hash), "what is cut off is no record");
        file.add(&two).expect("it is written");
        file.add(&three).expect("it is written");
        assert_eq!(file.last().as_ref(), Some(&three.hash));
        let text = [&one.line, "hal", &two.line, &three.line].map(|line| format!("{line}\n"));
        assert_eq!(fs::read_to_string(&path).expect("a text"), text.concat());
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
        let refused = AuditFile::open(&path).expect_err("others may read it").to_string();
        assert!(refused.contains("by its mode 640: say `chmod 600"), "{refused}");
        fs::remove_dir_all(&folder).expect("it is removed");
    }

    #[test]
    fn a_file_that_is_made_has_its_name_on_the_disk_before_anything_is_written() {
        let folder = folder("made");
        let path = folder.join("audit.jsonl");
        let open = || {
            let mut synced: Option<PathBuf> = None;
            let sync = |folder: &Path| {
                synced = Some(folder.to_owned());
                Ok(())
            };
            AuditFile::open_with(&path, sync).expect("it is opened");
            synced
        };
        assert_eq!(open(), Some(folder.clone()));
        assert_eq!(open(), None, "it was there");
        fs::remove_file(&path).expect("it is removed");
        let broken = |_: &Path| Err(std::io::Error::other("no disk"));
        AuditFile::open_with(&path, broken).expect_err("it may be gone after a crash");
        fs::remove_dir_all(&folder).expect("it is removed");
    }
}
