//! What a component says of itself: a custom section named `rusm` that the node reads without running the
//! component. Its format stands with its reader, `description.rs` of `rusm-wasm`.

use crate::http_handler::{Action, Shape};

/// How many bytes [`text`] has.
pub const fn length(actions: &[Action]) -> usize {
    write(actions, &mut [])
}

/// The description of a component of these actions: `LENGTH` is [`length`]'s answer for them.
///
/// `const`, since only the compiler knows which actions a `#[cfg]` has left.
pub const fn text<const LENGTH: usize>(actions: &[Action]) -> [u8; LENGTH] {
    let mut text = [0; LENGTH];
    write(actions, &mut text);
    text
}

/// Writes as much as there is room for, and returns how much there is to write. An action's name needs no
/// escapes, for it is a Rust identifier.
const fn write(actions: &[Action], out: &mut [u8]) -> usize {
    let mut end = put(r#"{"version":1,"kind":"handlers","actions":["#, out, 0);
    let mut index = 0;
    while index < actions.len() {
        end = put(if index == 0 { r#"{"name":""# } else { r#",{"name":""# }, out, end);
        end = put(actions[index].name, out, end);
        let shape = match actions[index].shape {
            Shape::Buffered => r#"","reply":"buffered"}"#,
            Shape::StreamedBody => r#"","reply":"buffered","body":"stream"}"#,
            Shape::Events => r#"","reply":"sse"}"#,
        };
        end = put(shape, out, end);
        index += 1;
    }
    put("]}", out, end)
}

/// Writes the text at `start`, as far as there is room, and returns where it ends.
const fn put(text: &str, out: &mut [u8], start: usize) -> usize {
    let text = text.as_bytes();
    let mut index = 0;
    while index < text.len() && start + index < out.len() {
        out[start + index] = text[index];
        index += 1;
    }
    start + text.len()
}

#[cfg(test)]
mod tests {
    use super::{length, text};
    use crate::http::Response;
    use crate::http_handler::{Action, Shape};

    const fn action(name: &'static str, shape: Shape) -> Action {
        Action { name, shape, run: |_, _| Ok(Some(Response::new(200))) }
    }

    #[test]
    fn the_table_is_written_in_its_order() {
        const ACTIONS: &[Action] = &[
            action("show", Shape::Buffered),
            action("größe", Shape::Events),
            action("upload", Shape::StreamedBody),
        ];
        const TEXT: [u8; length(ACTIONS)] = text(ACTIONS);
        let expected = concat!(
            r#"{"version":1,"kind":"handlers","actions":["#,
            r#"{"name":"show","reply":"buffered"},{"name":"größe","reply":"sse"},"#,
            r#"{"name":"upload","reply":"buffered","body":"stream"}]}"#
        );
        assert_eq!(str::from_utf8(&TEXT), Ok(expected));
    }

    #[test]
    fn no_action_is_an_empty_table() {
        const TEXT: [u8; length(&[])] = text(&[]);
        assert_eq!(str::from_utf8(&TEXT), Ok(r#"{"version":1,"kind":"handlers","actions":[]}"#));
    }
}
