//! A server for guests to ask: each connection is a thread that does as the test says.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::PATIENCE;

/// A listening socket whose connections are handled until the test ends.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Upstream {
    /// Handles each connection by this.
    pub(crate) fn start(handle: impl Fn(Exchange) -> io::Result<()> + Send + Sync + 'static) -> Upstream {
        Upstream::listen(move |stream| {
            let mut exchange = Exchange { stream, head: String::new() };
            while exchange.read_head()? {
                let again = exchange.stream.try_clone()?;
                let last = exchange.header("connection") == Some("close");
                handle(exchange)?;
                if last {
                    return again.shutdown(Shutdown::Both);
                }
                exchange = Exchange { stream: again, head: String::new() };
            }
            Ok(())
        })
    }

    /// Handles each connection by this, from its first byte.
    pub(crate) fn listen(handle: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> Upstream {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (counted, handle) = (Arc::clone(&connections), Arc::new(handle));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::SeqCst);
                let handle = Arc::clone(&handle);
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                std::thread::spawn(move || {
                    // A guest that leaves early is what some tests are about.
                    let _ = handle(stream);
                });
            }
        });
        Upstream { address, connections }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many connections it was asked for.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A request whose head has been read.
pub(crate) struct Exchange {
    pub(crate) stream: TcpStream,
    pub(crate) head: String,
}

impl Exchange {
    /// False at the end of the connection.
    fn read_head(&mut self) -> io::Result<bool> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read(&mut byte)? == 0 {
                return Ok(false);
            }
            head.push(byte[0]);
        }
        self.head = String::from_utf8(head).unwrap();
        Ok(true)
    }

    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The bytes of the body, however they come.
    pub(crate) fn count_body(&mut self) -> io::Result<usize> {
        if let Some(length) = self.header("content-length") {
            let length: u64 = length.parse().unwrap();
            return Ok(io::copy(&mut Read::by_ref(&mut self.stream).take(length), &mut io::sink())? as usize);
        }
        let mut reader = io::BufReader::new(&mut self.stream);
        let mut total = 0;
        loop {
            let mut line = String::new();
            io::BufRead::read_line(&mut reader, &mut line)?;
            let length = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
            total += length as usize;
            io::copy(&mut Read::by_ref(&mut reader).take(length + 2), &mut io::sink())?;
            if length == 0 {
                return Ok(total);
            }
        }
    }

    pub(crate) fn answer(&mut self, status: &str, headers: &str, body: &[u8]) -> io::Result<()> {
        write!(self.stream, "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len())?;
        self.stream.write_all(body)
    }
}
