//! Compression and its reverse, piece by piece: gzip (RFC 1952), zlib, which the web calls deflate (RFC 1950), and bare
//! deflate (RFC 1951).

use std::io::{self, Write as _};
use std::mem;

use flate2::write::{DeflateEncoder, GzDecoder, GzEncoder, ZlibEncoder};
use flate2::{Compression, Decompress, FlushDecompress, Status};
use rquickjs::function::{MutFn, Opt};
use rquickjs::{Ctx, Function, Object, Result, String as JsString, Value};

use crate::binary::{Bytes, array, type_error};
use crate::text::Text;

pub(crate) fn install(natives: &Object<'_>) -> Result<()> {
    let ctx = natives.ctx();
    natives.set("deflater", Function::new(ctx.clone(), deflater)?)?;
    natives.set("inflater", Function::new(ctx.clone(), inflater)?)
}

/// A function that takes a piece and returns what of it is compressed; without an argument it returns the end.
#[expect(clippy::needless_pass_by_value, reason = "the engine passes values")]
fn deflater<'js>(ctx: Ctx<'js>, format: JsString<'js>) -> Result<Function<'js>> {
    let level = Compression::default();
    let mut encoder = match &*Text::of(format)? {
        "gzip" => Encoder::Gzip(GzEncoder::new(Vec::new(), level)),
        "deflate" => Encoder::Zlib(ZlibEncoder::new(Vec::new(), level)),
        "deflate-raw" => Encoder::Raw(DeflateEncoder::new(Vec::new(), level)),
        _ => return type_error(&ctx, "the format is none of gzip, deflate and deflate-raw"),
    };
    piecewise(&ctx, move |piece| encoder.take(piece))
}

/// The same for the reverse, which throws a `TypeError` for what is malformed, cut short or goes on behind its end.
#[expect(clippy::needless_pass_by_value, reason = "the engine passes values")]
fn inflater<'js>(ctx: Ctx<'js>, format: JsString<'js>) -> Result<Function<'js>> {
    let mut decoder = match &*Text::of(format)? {
        "gzip" => Decoder::Gzip(Box::new(GzDecoder::new(Vec::new()))),
        "deflate" => Decoder::bare(true),
        "deflate-raw" => Decoder::bare(false),
        _ => return type_error(&ctx, "the format is none of gzip, deflate and deflate-raw"),
    };
    piecewise(&ctx, move |piece| decoder.take(piece))
}

fn piecewise<'js>(
    ctx: &Ctx<'js>,
    mut take: impl FnMut(Option<&[u8]>) -> io::Result<Vec<u8>> + 'js,
) -> Result<Function<'js>> {
    let function = move |ctx: Ctx<'js>, piece: Opt<Bytes<'js>>| -> Result<Value<'js>> {
        match take(piece.0.as_ref().map(Bytes::get)) {
            Ok(bytes) => array(&ctx, bytes),
            Err(error) => type_error(&ctx, &error.to_string()),
        }
    };
    Function::new(ctx.clone(), MutFn::from(function))
}

enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Zlib(ZlibEncoder<Vec<u8>>),
    Raw(DeflateEncoder<Vec<u8>>),
}

impl Encoder {
    fn take(&mut self, piece: Option<&[u8]>) -> io::Result<Vec<u8>> {
        match (&mut *self, piece) {
            (Self::Gzip(encoder), Some(piece)) => encoder.write_all(piece)?,
            (Self::Zlib(encoder), Some(piece)) => encoder.write_all(piece)?,
            (Self::Raw(encoder), Some(piece)) => encoder.write_all(piece)?,
            (Self::Gzip(encoder), None) => encoder.try_finish()?,
            (Self::Zlib(encoder), None) => encoder.try_finish()?,
            (Self::Raw(encoder), None) => encoder.try_finish()?,
        }
        Ok(mem::take(match self {
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Zlib(encoder) => encoder.get_mut(),
            Self::Raw(encoder) => encoder.get_mut(),
        }))
    }
}

enum Decoder {
    Gzip(Box<GzDecoder<Vec<u8>>>),
    Bare { inflate: Decompress, ended: bool },
}

impl Decoder {
    fn bare(zlib: bool) -> Self {
        Self::Bare { inflate: Decompress::new(zlib), ended: false }
    }

    fn take(&mut self, piece: Option<&[u8]>) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(decoder) => {
                match piece {
                    Some(piece) => write_gzip(decoder, piece)?,
                    None => decoder
                        .try_finish()
                        .map_err(|_| malformed("the compressed data is cut short or damaged"))?,
                }
                Ok(mem::take(decoder.get_mut()))
            }
            Self::Bare { inflate, ended } => match piece {
                Some(piece) => write_bare(inflate, ended, piece),
                None if *ended => Ok(Vec::new()),
                None => Err(malformed("the compressed data is cut short")),
            },
        }
    }
}

fn write_gzip(decoder: &mut GzDecoder<Vec<u8>>, mut piece: &[u8]) -> io::Result<()> {
    while !piece.is_empty() {
        match decoder.write(piece).map_err(|_| malformed("the compressed data is malformed"))? {
            0 => return Err(malformed("there is more behind the end of the compressed data")),
            taken => piece = &piece[taken..],
        }
    }
    Ok(())
}

fn write_bare(inflate: &mut Decompress, ended: &mut bool, mut piece: &[u8]) -> io::Result<Vec<u8>> {
    let mut output = Vec::with_capacity(piece.len().saturating_mul(3).clamp(256, 64 << 10));
    loop {
        if *ended {
            return if piece.is_empty() {
                Ok(output)
            } else {
                Err(malformed("there is more behind the end of the compressed data"))
            };
        }
        let before = (inflate.total_in(), output.len());
        let status = inflate
            .decompress_vec(piece, &mut output, FlushDecompress::None)
            .map_err(|_| malformed("the compressed data is malformed"))?;
        let taken = usize::try_from(inflate.total_in() - before.0).unwrap_or(piece.len());
        piece = &piece[taken..];
        *ended = status == Status::StreamEnd;
        let full = output.len() == output.capacity();
        if full {
            output.reserve(output.len());
        } else if !*ended && taken == 0 && output.len() == before.1 {
            // It waits for the next piece.
            return Ok(output);
        }
    }
}

fn malformed(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
