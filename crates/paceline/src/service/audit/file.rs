//! The file of the audit log: the records of the topic once more, as lines, for who has no Kafka at hand or does not trust it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context, bail};

/// A file to which lines are added.
#[derive(Debug)]
pub(super) struct AuditFile {
    file: File,
    /// Whether its last line has no end: a crash or a full disk came between.
    is_cut_off: bool,
}

impl AuditFile {
    /// Opens a file, made when missing, that nobody but its owner may read.
    ///
    /// # Errors
    /// It cannot be added to, or others may read it.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let mut options = OpenOptions::new();
        let opened = options.append(true).read(true).create(true).mode(0o600).open(path);
        let mut file =
            opened.with_context(|| format!("`{name}` (audit.file) cannot be added to"))?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            bail!(
                "`{name}` (audit.file) may be read by others, by its mode {mode:o}: say `chmod 600 {name}`"
            );
        }
        let is_cut_off = is_cut_off(&mut file).with_context(|| format!("`{name}` (audit.file)"))?;
        Ok(Self { file, is_cut_off })
    }

    /// Adds a line, and has it on the disk.
    pub(super) fn add(&mut self, line: &str) -> io::Result<()> {
        let begin = if self.is_cut_off { "\n" } else { "" };
        self.is_cut_off = true;
        self.file.write_all(format!("{begin}{line}\n").as_bytes())?;
        self.is_cut_off = false;
        self.file.sync_data()
    }
}

fn is_cut_off(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::AuditFile;

    #[test]
    fn lines_are_added_to_a_file_of_the_owner_alone() {
        let folder = std::env::temp_dir().join(format!("paceline-audit-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("audit.jsonl");
        let mut file = AuditFile::open(&path).expect("it is made");
        file.add("one").expect("it is written");
        drop(file);
        fs::write(&path, "one\nhal").expect("it is cut off");
        let mut file = AuditFile::open(&path).expect("it is there");
        file.add("two").expect("it is written");
        file.add("three").expect("it is written");
        assert_eq!(fs::read_to_string(&path).expect("a text"), "one\nhal\ntwo\nthree\n");
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
        let refused = AuditFile::open(&path).expect_err("others may read it").to_string();
        assert!(refused.contains("by its mode 640: say `chmod 600"), "{refused}");
        fs::remove_dir_all(&folder).expect("it is removed");
    }
}
