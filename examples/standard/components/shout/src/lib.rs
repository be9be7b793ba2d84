//! A server of WASI 0.3: it has asynchronous functions and streams of its own.

use wasip3::http::types::{ErrorCode, Fields, Request, Response};
use wasip3::wit_bindgen::spawn_local;
use wasip3::{wit_future, wit_stream};

wasip3::http::service::export!(Shout);

struct Shout;

impl wasip3::exports::http::handler::Guest for Shout {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let fields = Fields::new();
        // The reply is as long as the request.
        let length = request.get_headers().get("content-length");
        fields.set("content-length", &length).map_err(|error| ErrorCode::InternalError(Some(error.to_string())))?;

        let (_, received) = wit_future::new(|| Ok(()));
        let (mut body, trailers) = Request::consume_body(request, received);
        let (mut writer, reader) = wit_stream::new();
        let (response, _) = Response::new(fields, Some(reader), trailers);
        spawn_local(async move {
            loop {
                let (_, mut piece) = body.read(Vec::with_capacity(4096)).await;
                piece.make_ascii_uppercase();
                if piece.is_empty() || !writer.write_all(piece).await.is_empty() {
                    break;
                }
            }
        });
        Ok(response)
    }
}
