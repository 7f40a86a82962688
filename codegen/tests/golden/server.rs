//! A server that answers what it is told and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Asked {
    /// `POST /path?query`
    pub(crate) line: String,
    /// The body.
    pub(crate) body: String,
}

/// Answers these bodies one after another, on an address that is given back with what was asked.
pub(crate) fn serve(answers: &[&str]) -> (String, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = Vec::new();
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head.push(line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let line = head[0].trim_end_matches(['\r', '\n']).trim_end_matches(" HTTP/1.1").to_owned();
            sender.send(Asked { line, body: String::from_utf8_lossy(&body).into_owned() }).unwrap();
            let length = answer.len();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}").unwrap();
        }
    });
    (address, receiver)
}

/// What the server answers first: the token that the calls behind it travel with.
pub(crate) const TOKEN: &str = r#"{"access_token":"T","expires_in":7200}"#;
