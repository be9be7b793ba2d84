//! The generator behind Math.random. The engine's own cannot be seeded anew, and its state would be in the image that all
//! processes start from.

use std::cell::Cell;

use rquickjs::{Ctx, Function, Object, Result};

use crate::binary::{Bytes, type_error};

/// xoshiro128++ by Blackman and Vigna: small state, no multiplication.
#[derive(Clone, Copy)]
struct Generator([u32; 4]);

impl Generator {
    fn next(&mut self) -> u32 {
        let [s0, s1, s2, s3] = self.0;
        let result = s0.wrapping_add(s3).rotate_left(7).wrapping_add(s0);
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        self.0 = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 9), s3.rotate_left(11)];
        result
    }

    /// At least 0, less than 1, with 53 random bits.
    fn fraction(&mut self) -> f64 {
        let high = u64::from(self.next() >> 5);
        let low = u64::from(self.next() >> 6);
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what a double holds")]
        let bits = ((high << 26) | low) as f64;
        bits / 9_007_199_254_740_992.0
    }
}

thread_local! {
    static GENERATOR: Cell<Option<Generator>> = const { Cell::new(None) };
}

pub(crate) fn install(natives: &Object<'_>) -> Result<()> {
    let ctx = natives.ctx();
    natives.set("seedRandom", Function::new(ctx.clone(), seed)?)?;
    natives.set("nextRandom", Function::new(ctx.clone(), next)?)
}

/// Takes sixteen bytes, or none to be without a seed again.
#[expect(clippy::needless_pass_by_value, reason = "the engine passes values")]
fn seed(ctx: Ctx<'_>, bytes: Bytes<'_>) -> Result<()> {
    let (words, rest) = bytes.get().as_chunks::<4>();
    if rest.is_empty() && words.is_empty() {
        GENERATOR.set(None);
        return Ok(());
    }
    let Ok(words) = <[[u8; 4]; 4]>::try_from(words) else {
        return type_error(&ctx, "a seed has sixteen bytes");
    };
    let mut state = words.map(u32::from_le_bytes);
    // All zeros is the one state that the generator never leaves.
    state[0] |= 1;
    GENERATOR.set(Some(Generator(state)));
    Ok(())
}

/// The next number, or -1 while there is no seed.
fn next() -> f64 {
    GENERATOR.with(|cell| match cell.get() {
        None => -1.0,
        Some(mut generator) => {
            let fraction = generator.fraction();
            cell.set(Some(generator));
            fraction
        }
    })
}
