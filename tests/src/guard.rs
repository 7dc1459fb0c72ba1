//! Child processes that end with their owner, even when the owner is killed and runs no destructor.
//!
//! A broker left behind by a test that was interrupted holds memory and ports until someone notices. `Drop` alone
//! does not help: statics are never dropped, and SIGKILL asks nobody. So each child is started by a small shell
//! script (`guard.sh`) which watches a pipe that only the owner holds open.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
};

use std::os::unix::process::CommandExt as _;

/// A running command on a leash; dropping it kills the command.
pub(crate) struct Guarded {
    /// The command itself: the guard's shell becomes it, under the same process id.
    child: Child,
    /// The pipe whose end tells the guard that nobody owns the command any more.
    leash: ChildStdin,
    status: Option<ExitStatus>,
}

impl Guarded {
    /// Starts `command` with the given outputs. When its owner is gone, `folder` is removed with it.
    pub(crate) fn spawn(command: &Command, folder: Option<&Path>, out: Stdio, err: Stdio) -> Self {
        let mut shell = Command::new("sh");
        shell.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guard.sh"));
        shell.arg(folder.map_or_else(|| OsStr::new(""), Path::as_os_str));
        shell.arg(command.get_program()).args(command.get_args());
        copy_surroundings(command, &mut shell);
        // In a group of its own: a Ctrl-C in the terminal is for the owner, and the guard must survive to clean up.
        shell.process_group(0).stdin(Stdio::piped()).stdout(out).stderr(err);
        let mut child =
            shell.spawn().unwrap_or_else(|e| panic!("failed to start {command:?}: {e}"));
        let leash = child.stdin.take().expect("the standard input was asked for as a pipe");
        Self { child, leash, status: None }
    }

    /// The child, for taking its output pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The process id of the command.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How the command ended, or `None` while it runs.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("a child of ours can be awaited");
            if self.status.is_some() {
                self.say("ended");
            }
        }
        self.status
    }

    /// Sends a signal by its name without the `SIG`; nothing if the command has ended.
    pub(crate) fn signal(&mut self, name: &str) {
        if self.ended().is_some() {
            return;
        }
        // The shell's own `kill`: a slim system has no program of that name.
        let kill = r#"kill -s "$1" "$2""#;
        let pid = self.pid().to_string();
        let sent = Command::new("sh").args(["-c", kill, "sh", name, &pid]).status();
        assert!(sent.is_ok_and(|s| s.success()), "failed to send SIG{name} to process {pid}");
    }

    /// Kills the command with SIGKILL and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        if self.ended().is_none() {
            self.child.kill().expect("a child of ours can be killed");
            self.status = Some(self.child.wait().expect("a child of ours can be awaited"));
            self.say("ended");
        }
    }

    /// Ends the watch over an ended command, leaving its folder where it is.
    pub(crate) fn release(mut self) {
        self.kill();
        self.say("released");
    }

    /// Says a word to the guard. One that is gone already has nothing left to be told.
    fn say(&mut self, word: &str) {
        drop(writeln!(self.leash, "{word}"));
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Gives `to` the environment and the working folder that `from` was to have.
fn copy_surroundings(from: &Command, to: &mut Command) {
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
    if let Some(folder) = from.get_current_dir() {
        to.current_dir(folder);
    }
}
