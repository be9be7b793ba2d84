//! What a standard server asks of others, under the same grant as every component.

use std::io::{Read, Write};

use super::wire::{Exchange, get};
use super::{SERVERS, serve};
use crate::support::upstream::Upstream;

#[test]
fn it_is_denied_without_the_grant() {
    for server in SERVERS {
        let upstream = Upstream::start(|mut exchange| exchange.answer("200 OK", "", b"reached"));
        let path = format!("/fetch/{}/", upstream.address);
        let got = get(&serve(server, "", ""), &path);
        assert_eq!(got.status, 502, "{server}");
        assert!(got.text().contains("HttpRequestDenied"), "{server}: {}", got.text());
        assert_eq!(upstream.connections(), 0);

        let got = get(&serve(server, "", "allow-network = true"), &path);
        assert_eq!((got.status, got.text()), (200, "reached"), "{server}");
    }
}

#[test]
fn bodies_stream_through_it_both_ways() {
    for server in SERVERS {
        // Sends each chunk back as it comes.
        let upstream = Upstream::start(|mut exchange| {
            exchange.stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
            let mut bytes = [0; 1024];
            loop {
                let read = exchange.stream.read(&mut bytes)?;
                exchange.stream.write_all(&bytes[..read])?;
                if read == 0 || bytes[..read].ends_with(b"0\r\n\r\n") {
                    return Ok(());
                }
            }
        });
        let node = serve(server, "", "allow-network = true");
        let request = format!("POST /fetch/{}/", upstream.address);
        let mut exchange = Exchange::begin(&node, &request, "transfer-encoding: chunked\r\n");
        // The crate that the one server is written with answers when it has sent all that it has to send.
        if server == "modern" {
            exchange.send_chunk("one");
            assert_eq!(exchange.head().status, 200);
            assert_eq!(exchange.chunk(), Ok(Some(b"one".to_vec())));
            exchange.send_chunk("two");
            assert_eq!(exchange.chunk(), Ok(Some(b"two".to_vec())));
            exchange.send("0\r\n\r\n");
            assert_eq!(exchange.chunk(), Ok(None));
        } else {
            exchange.send_chunk("one");
            exchange.send_chunk("two");
            exchange.send("0\r\n\r\n");
            let got = exchange.finish();
            assert_eq!((got.status, got.text(), got.whole), (200, "onetwo", true));
        }
    }
}
