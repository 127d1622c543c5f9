use std::cell::RefCell;

use rolecall_identity::Entropy;

/// The operating system's randomness.
///
/// Small amounts come from a pool of the thread, drawn at once: a request takes half a dozen of
/// them, and asking the kernel for each costs more than what they are for. A byte is given out once
/// and zeroed.
#[derive(Debug, Default, Clone, Copy)]
pub struct OsEntropy;

/// Bytes that a thread draws at once.
const POOL_BYTES: usize = 512;

struct Pool {
    bytes: [u8; POOL_BYTES],
    left: usize,
}

thread_local! {
    static POOL: RefCell<Pool> =
        const { RefCell::new(Pool { bytes: [0; POOL_BYTES], left: 0 }) };
}

impl Entropy for OsEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        if bytes.len() > POOL_BYTES {
            return draw(bytes);
        }
        POOL.with_borrow_mut(|pool| pool.fill(bytes));
    }
}

impl Pool {
    fn fill(&mut self, wanted: &mut [u8]) {
        if self.left < wanted.len() {
            draw(&mut self.bytes);
            self.left = POOL_BYTES;
        }
        let rest = self.left - wanted.len();
        // The pool is as large as that; nothing is given out that was not drawn.
        let Some(given) = self.bytes.get_mut(rest..self.left) else { return draw(wanted) };
        wanted.copy_from_slice(given);
        given.fill(0);
        self.left = rest;
    }
}

#[expect(clippy::panic, reason = "keys made without randomness would be worse than no process")]
fn draw(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        panic!("the operating system gives no randomness: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        OsEntropy.fill(&mut bytes);
        bytes
    }

    #[test]
    fn no_bytes_are_given_out_twice() {
        let drawn: Vec<Vec<u8>> = (0..1000).map(|_| fill(16)).collect();
        let mut distinct = drawn.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), drawn.len());
    }

    #[test]
    fn amounts_at_the_size_of_the_pool_and_one_past_it_are_filled() {
        for len in [1, POOL_BYTES, POOL_BYTES + 1] {
            let bytes: Vec<u8> = (0..64).flat_map(|_| fill(len)).collect();
            assert!((0..=255).all(|byte| bytes.contains(&byte)) || len == 1, "{len}");
        }
    }
}
