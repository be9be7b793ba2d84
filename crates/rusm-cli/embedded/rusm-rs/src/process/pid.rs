use std::fmt;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::seam;

/// A process's identity: 64 bits, never used twice in a node's life. Shown as a decimal number.
///
/// In messages it is `{"$pid":"281474976710657"}`: JavaScript's numbers end before a pid does.
///
/// ```no_run
/// use rusm_rs::http::{Params, Request, Response};
/// use rusm_rs::process::Pid;
///
/// fn whoami(_request: Request, _params: Params) -> Response {
///     Response::text(format!("process {} answered\n", Pid::own()))
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(pub(crate) u64);

impl Pid {
    /// The node itself, as the sender of what no process sent.
    pub const NODE: Pid = Pid(1 << 48);

    /// The pid of the calling process.
    ///
    /// # Panics
    ///
    /// Outside a node, where code is in no process: in a unit test, say.
    ///
    /// ```no_run
    /// # use rusm_rs::process::Pid;
    /// println!("this is process {}", Pid::own());
    /// ```
    pub fn own() -> Pid {
        Pid(seam::own_pid())
    }

    /// The pid as a number, the form in which it may be stored or shown.
    ///
    /// ```no_run
    /// # use rusm_rs::process::Pid;
    /// let stored: u64 = Pid::own().as_u64();
    /// ```
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The pid of this number. It need not be one of a living process.
    ///
    /// ```
    /// # use rusm_rs::process::Pid;
    /// assert_eq!(Pid::from_u64(7).as_u64(), 7);
    /// ```
    pub const fn from_u64(number: u64) -> Pid {
        Pid(number)
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pid({})", self.0)
    }
}

/// The name by which the wire knows a pid from a struct that looks like one.
const NAME: &str = "$rusm::Pid";

impl Serialize for Pid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pid = serializer.serialize_struct(NAME, 1)?;
        pid.serialize_field("$pid", &self.0.to_string())?;
        pid.end()
    }
}

impl<'de> Deserialize<'de> for Pid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename = "$rusm::Pid", deny_unknown_fields)]
        struct Tagged {
            #[serde(rename = "$pid")]
            pid: String,
        }
        let Tagged { pid } = Tagged::deserialize(deserializer)?;
        match pid.parse::<u64>() {
            // The one form that a pid is written in.
            Ok(number) if number.to_string() == pid => Ok(Pid(number)),
            _ => Err(de::Error::custom(format_args!(
                "`{pid}` is no pid: expected a decimal number of 64 bits"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pid;

    #[test]
    fn a_pid_is_shown_as_its_number() {
        let pid = Pid(u64::MAX);
        assert_eq!(pid.to_string(), "18446744073709551615");
        assert_eq!(format!("{pid:?}"), "Pid(18446744073709551615)");
        assert_eq!(format!("{:>3}", Pid(7)), "  7");
        assert_eq!(pid.as_u64(), u64::MAX);
    }

    #[test]
    fn a_pid_survives_json() {
        let pid = Pid(281_474_976_710_657);
        let text = serde_json::to_string(&pid).unwrap();
        assert_eq!(text, r#"{"$pid":"281474976710657"}"#);
        assert_eq!(serde_json::from_str::<Pid>(&text).unwrap(), pid);
        for wrong in [r#"{"$pid":"-1"}"#, r#"{"$pid":7}"#, "7", r#"{"$pid":"1","x":1}"#] {
            assert!(serde_json::from_str::<Pid>(wrong).is_err(), "{wrong}");
        }
    }
}
