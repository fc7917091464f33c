//! A folder, served over HTTP on loopback.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

/// Serves until the process ends; the URL of the folder, with a slash at its end. Whatever folders a request names, the file is looked for in
/// this one.
pub fn served(folder: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let folder = folder.to_owned();
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(answer(stream, &folder))));
    url
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut head = BufReader::new(stream.try_clone()?).lines();
    let request = head.next().transpose()?.unwrap_or_default();
    while head.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = PathBuf::from(request.split(' ').nth(1).unwrap_or_default());
    let (status, body) = match path.file_name().map(|name| fs::read(folder.join(name))) {
        Some(Ok(body)) => ("200 OK", body),
        _ => ("404 Not Found", Vec::new()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)
}
