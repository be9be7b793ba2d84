use serde::Serialize;

/// What a [client](mod@crate::service) takes for an argument of type `T`: a `T`, a `&T`, or what borrows one, as
/// `&str` for a `String` and a slice for a `Vec`.
///
/// ```
/// use rusm_rs::service::Argument;
///
/// fn rename(id: impl Argument<u64>, name: impl Argument<String>) {
///     # let _ = (id, name);
/// }
///
/// rename(7, "Ada");
/// rename(&7, String::from("Ada"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument of type `{T}`",
    label = "expected `{T}` or a reference to one"
)]
pub trait Argument<T: ?Sized>: Serialize {}

impl<T: Serialize + ?Sized> Argument<T> for &T {}
impl<T: Serialize> Argument<T> for T {}
impl Argument<String> for &str {}
impl<T: Serialize> Argument<Vec<T>> for &[T] {}
impl<T: Serialize, const N: usize> Argument<Vec<T>> for [T; N] where [T; N]: Serialize {}
impl Argument<Option<String>> for Option<&str> {}
