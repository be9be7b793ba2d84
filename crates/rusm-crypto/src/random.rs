use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;

/// The system's source of randomness. It panics if the system has none, as the standard library's hash maps do.
pub(crate) fn source() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// So many random bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    use getrandom::rand_core::Rng;
    let mut bytes = [0; N];
    source().fill_bytes(&mut bytes);
    bytes
}
