/// Why there is no result. The first three are the `DOMException`s of the Web Cryptography API with these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// `DataError`: a key is not what its encoding or its algorithm asks for.
    #[error("{0}")]
    Data(&'static str),
    /// `OperationError`: the algorithm cannot be applied to these values, or what was to be authentic is not.
    #[error("{0}")]
    Operation(&'static str),
    /// `NotSupportedError`: there is such a thing, but not here.
    #[error("{0}")]
    NotSupported(&'static str),
    /// The caller wanted no more of it.
    #[error("stopped before it was done")]
    Stopped,
}
