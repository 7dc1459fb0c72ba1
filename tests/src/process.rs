//! The paceline binary as a child process, or a program that talks to it, its output caught line by line.
//!
//! Some promises are about the process and not about any library: how it exits, what it prints, what a signal does
//! to it, what is left after a crash. Tests of those run the same file that users do.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Read},
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use crate::{guard::Guarded, wait};

/// A domain of e-mail addresses that tests put into records: whatever runs, it never shows in a log.
pub const CANARY: &str = "canary.example";

/// A started `paceline`, or another program by [`spawn`](Self::spawn); dropping it kills the process, and fails the test if a line of
/// its log has a [`CANARY`] in it.
pub struct Paceline {
    /// What it is called in messages.
    name: String,
    guarded: Guarded,
    out: Lines,
    err: Lines,
}

impl Paceline {
    /// Starts the binary with these arguments.
    pub fn start(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut command = Self::command();
        command.args(args);
        Self::spawn(&command)
    }

    /// A command for the binary, to be given arguments, variables or a working folder before [`spawn`](Self::spawn).
    pub fn command() -> Command {
        Command::new(binary())
    }

    /// Starts a prepared command, of whatever program. Its input is empty and its output is caught, whatever the command says of them.
    pub fn spawn(command: &Command) -> Self {
        let mut guarded = Guarded::spawn(command, None, Stdio::piped(), Stdio::piped());
        let out = Lines::of(guarded.child().stdout.take());
        let err = Lines::of(guarded.child().stderr.take());
        let name = command.get_program().to_string_lossy();
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        Self { name, guarded, out, err }
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.guarded.pid()
    }

    /// How much memory it has that is not swapped out, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.memory_bytes("VmRSS:")
    }

    /// The most of that it ever had, or has had since [`forget_peak`](Self::forget_peak).
    pub fn peak_bytes(&self) -> u64 {
        self.memory_bytes("VmHWM:")
    }

    /// Forgets the most memory it has had so far.
    pub fn forget_peak(&self) {
        let forgotten = fs::write(format!("/proc/{}/clear_refs", self.pid()), "5");
        forgotten.expect("a process of ours can be told to forget");
    }

    fn memory_bytes(&self, of: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("a running process tells its memory");
        let line = status.lines().find_map(|line| line.strip_prefix(of));
        let kibibytes =
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kibibytes.expect("the memory is a number") * 1024
    }

    /// The lines it has printed to its standard output so far.
    pub fn stdout(&self) -> Vec<String> {
        self.out.so_far()
    }

    /// The lines it has printed to its standard error so far.
    pub fn stderr(&self) -> Vec<String> {
        self.err.so_far()
    }

    /// Waits for a line containing `part` on either output, and returns it.
    ///
    /// # Panics
    ///
    /// When the process ends without one or [`wait::LIMIT`] passes, showing what was printed instead.
    #[track_caller]
    pub fn wait_for_line(&mut self, part: &str) -> String {
        let found = wait::attempts(|| {
            let ended = self.guarded.ended().is_some();
            let line = self.out.find(part).or_else(|| self.err.find(part));
            (line.is_some() || ended).then_some(line)
        });
        // The last lines of an ended process may still be on their way through the pipe.
        let late = || self.all_output().lines().find(|line| line.contains(part)).map(str::to_owned);
        found.flatten().or_else(late).unwrap_or_else(|| {
            let (name, printed) = (self.name.clone(), self.all_output());
            panic!("{name} printed no line with {part:?}; it printed:\n{printed}")
        })
    }

    /// How it ended, or `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.guarded.ended()
    }

    /// Waits until it has ended and all of its output is caught, and returns how.
    ///
    /// # Panics
    ///
    /// When [`wait::LIMIT`] passes, showing what was printed.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let Some(status) = wait::attempts(|| self.guarded.ended()) else {
            panic!("{} did not end; it printed:\n{}", self.name.clone(), self.all_output())
        };
        wait::until("its output ends", || (self.out.whole() && self.err.whole()).then_some(()));
        status
    }

    /// Asks it to end, as a service manager does (SIGTERM).
    pub fn terminate(&mut self) {
        self.guarded.signal("TERM");
    }

    /// Interrupts it, as Ctrl-C does (SIGINT).
    pub fn interrupt(&mut self) {
        self.guarded.signal("INT");
    }

    /// Has it stand still (SIGSTOP), until it goes on or is killed.
    pub fn pause(&mut self) {
        self.guarded.signal("STOP");
    }

    /// Has it go on after a pause (SIGCONT).
    pub fn go_on(&mut self) {
        self.guarded.signal("CONT");
    }

    /// Ends it without a chance to clean up (SIGKILL), as a crash does.
    pub fn kill(&mut self) {
        self.guarded.kill();
    }

    /// Everything printed; of an ended process, to the last line.
    fn all_output(&mut self) -> String {
        if self.guarded.ended().is_some() {
            wait::attempts(|| (self.out.whole() && self.err.whole()).then_some(()));
        }
        [self.stdout(), self.stderr()].concat().join("\n")
    }
}

impl Drop for Paceline {
    fn drop(&mut self) {
        let told = self.err.find(CANARY);
        if let Some(line) = told.filter(|_| !thread::panicking()) {
            panic!("{} logs what a record says of a person: {line}", self.name);
        }
    }
}

/// Lets this process, and those it starts from now on, open as many files as the system allows it to.
///
/// # Panics
///
/// When that is not at least `needed`, or cannot be said.
pub fn open_many_files(needed: u64) {
    let limits = fs::read_to_string("/proc/self/limits").expect("a process tells its limits");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let mut words = line.into_iter().flat_map(str::split_whitespace);
    let mut number = || words.next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(u64::MAX);
    let (soft, hard) = (number(), number());
    assert!(hard >= needed, "{needed} open files are needed and {hard} allowed: see `ulimit -Hn`");
    if soft < needed {
        let (pid, limit) = (std::process::id().to_string(), format!("--nofile={hard}:{hard}"));
        let raised = Command::new("prlimit").args(["--pid", &pid, &limit]).status();
        assert!(raised.is_ok_and(|status| status.success()), "say `ulimit -n {hard}` before");
    }
}

/// Where the binary is: the file that `PACELINE_BIN` names, else the one of the same profile as the running test.
///
/// # Panics
///
/// When there is no such file: a test cannot build it, since Cargo holds its lock while tests are built.
pub fn binary() -> PathBuf {
    let path = env::var_os("PACELINE_BIN").map_or_else(beside_the_test, PathBuf::from);
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build --bin paceline`, or `make test` for everything",
        path.display()
    );
    path
}

/// The path of the binary in the profile's folder, of which test executables live in the subfolder `deps`.
fn beside_the_test() -> PathBuf {
    let test = env::current_exe().expect("a running test has a path");
    let profile = test.ancestors().nth(2).expect("a test executable lies in a folder of a profile");
    profile.join("paceline")
}

/// The lines of one output, caught by a thread of its own so that the process never waits for a reader.
struct Lines {
    /// A plain mutex: held for a push or a copy, by one writer and the test.
    caught: Arc<Mutex<Vec<String>>>,
    thread: thread::JoinHandle<()>,
}

impl Lines {
    fn of(output: Option<impl Read + Send + 'static>) -> Self {
        let output = BufReader::new(output.expect("the output was asked for as a pipe"));
        let caught = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&caught);
        let thread = thread::spawn(move || {
            for line in output.split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                writer.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { caught, thread }
    }

    fn so_far(&self) -> Vec<String> {
        self.caught.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn find(&self, part: &str) -> Option<String> {
        self.so_far().into_iter().find(|line| line.contains(part))
    }

    /// Whether the output has ended, so that no line can follow.
    fn whole(&self) -> bool {
        self.thread.is_finished()
    }
}
