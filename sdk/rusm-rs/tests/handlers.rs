//! What `#[handlers]` makes of a module, as far as it shows without a node: which functions are actions,
//! in which order, under which names, and what they answer.

use std::fmt;

use rusm_rs::http::{Params, Request, Response};

type Answer = Result<Response, OutOfStock>;

/// An error of the app's own.
#[derive(Debug)]
pub struct OutOfStock(&'static str);

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {} left", self.0)
    }
}

#[rusm_rs::handlers]
pub mod api {
    #![allow(missing_docs, reason = "the names say it")]

    pub use helpers::re_exported;

    use super::*;
    use rusm_rs::http as web;

    pub fn plain(request: Request, _params: Params) -> Response {
        reply(request.path())
    }

    // Types may go by any name.
    pub fn aliases(_: web::Request, Params { .. }: web::Params) -> Answer {
        Err(OutOfStock("tea"))
    }

    pub fn boxed(mut request: Request, _params: Params) -> Result<Response, Box<dyn std::error::Error>> {
        request = request.with_header("x-seen", "yes");
        let count: u32 = request.text()?.parse()?;
        Ok(Response::json(&count))
    }

    #[cfg(not(test))]
    pub fn compiled_out(_request: Request, _params: Params) -> Response {
        Response::new(500)
    }

    #[cfg(test)]
    pub fn either(_request: Request, _params: Params) -> Response {
        reply("either")
    }

    #[cfg(not(test))]
    pub fn either(_request: Request, _params: Params) -> Response {
        reply("or")
    }

    pub fn r#type(_request: Request, _params: Params) -> Response {
        reply("type")
    }

    // Named as what an action is called with.
    pub fn request(_request: Request, params: Params) -> Response {
        reply(params.get("id").unwrap_or("?"))
    }

    pub fn params(_request: Request, _params: Params) -> Response {
        reply("params")
    }

    #[deprecated = "still served"]
    pub fn old(_request: Request, _params: Params) -> Response {
        reply("old")
    }

    pub(crate) fn reply(text: &str) -> Response {
        Response::text(text)
    }

    pub mod helpers {
        pub fn re_exported() -> u8 {
            1
        }
    }
}

fn call(name: &str, request: Request, params: Params) -> Result<Response, String> {
    let action = api::__ACTIONS.iter().find(|action| action.name == name);
    let response = (action.unwrap_or_else(|| panic!("{name} is an action")).run)(request, params)?;
    Ok(response.expect("it gives a response"))
}

fn get(name: &str) -> Result<Response, String> {
    call(name, Request::get("/here?and=there"), Params::from([("id", "42")]))
}

#[test]
fn the_actions_are_the_public_functions_in_their_order() {
    let names: Vec<&str> = api::__ACTIONS.iter().map(|action| action.name).collect();
    assert_eq!(names, ["plain", "aliases", "boxed", "either", "type", "request", "params", "old"]);
    assert_eq!(api::re_exported(), 1);
}

#[test]
fn each_name_calls_its_function() {
    for (name, body) in [
        ("plain", "/here"),
        ("either", "either"),
        ("type", "type"),
        ("request", "42"),
        ("params", "params"),
        ("old", "old"),
    ] {
        assert_eq!(get(name), Ok(Response::text(body)), "{name}");
    }
}

#[test]
fn an_err_is_its_text() {
    assert_eq!(get("aliases").unwrap_err(), "no tea left");
    assert_eq!(get("boxed").unwrap_err(), "cannot parse integer from empty string");
    let request = Request::post("/").with_body("7");
    assert_eq!(call("boxed", request, Params::default()), Ok(Response::json(&7)));
}
