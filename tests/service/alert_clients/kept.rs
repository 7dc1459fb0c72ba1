//! What the worked clients of alerts keep: a file that holds a whole token at any moment, since none means to begin with the
//! next alert, and all before it would be skipped.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::{Server, Worked, wait_for_kept};

#[test]
fn the_token_of_the_client_in_python_is_kept_whole() {
    is_kept_whole(Worked::Python);
}

#[test]
fn the_token_of_the_client_in_typescript_is_kept_whole() {
    is_kept_whole(Worked::TypeScript);
}

#[test]
fn the_token_of_the_client_in_rust_is_kept_whole() {
    is_kept_whole(Worked::Rust);
}

/// A second name for what is kept shows what becomes of it: a file that is written over is empty at some moment, by both
/// names, and one that another takes the place of is not.
fn is_kept_whole(worked: Worked) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (kept, before) = (folder.path().join("token"), folder.path().join("before"));
    fs::write(&kept, "0").expect("a token can be written");
    fs::hard_link(&kept, &before).expect("a file can have two names");
    let server = Server::start();
    let _client = worked.start(&server, &kept);
    // Nothing is kept that is kept already.
    server.beat(2);
    assert_eq!(inode(&kept), inode(&before));
    server.raise(1);
    wait_for_kept(&kept, "1");
    assert_eq!(fs::read(&before).expect("it is still there"), b"0");
    let names = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(names, 2, "nothing else is left behind");
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).expect("the file is there").ino()
}

#[test]
fn the_client_in_python_refuses_what_is_no_token() {
    refuses_what_is_no_token(Worked::Python);
}

#[test]
fn the_client_in_typescript_refuses_what_is_no_token() {
    refuses_what_is_no_token(Worked::TypeScript);
}

#[test]
fn the_client_in_rust_refuses_what_is_no_token() {
    refuses_what_is_no_token(Worked::Rust);
}

fn refuses_what_is_no_token(worked: Worked) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let kept = folder.path().join("token");
    let server = Server::start();
    fs::write(&kept, "").expect("a file can be written");
    let mut client = worked.start(&server, &kept);
    assert_eq!(client.wait().code(), Some(1));
    client
        .wait_for_line("token is empty, which is no token: remove it to begin with the next alert");
    // A folder cannot be read, and is not nothing.
    let mut client = worked.start(&server, folder.path());
    assert_eq!(client.wait().code(), Some(1));
    assert!(server.tokens().is_empty(), "no alert was asked for");
}
