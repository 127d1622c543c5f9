//! Metadata tokens that opened before.

use std::fmt;
use std::sync::Mutex;

use constant_time_eq::constant_time_eq_n;
use rolecall_identity::InstanceId;

use crate::metadata::METADATA_TOKEN_LENGTH;

/// A client shows the same token with every read for hours: what opened once opens again without
/// its tag.
///
/// Each place has the last token that opened there. It stands beside the key that checked it, and
/// what it says is true for as long as that key is: only its end has to be looked at again.
#[derive(Default)]
pub(crate) struct OpenedTokens {
    places: [Mutex<Option<Opened>>; PLACES],
}

struct Opened {
    token: PresentedToken,
    instance: InstanceId,
    end: u32,
}

/// A token as it was presented.
pub(crate) type PresentedToken = [u8; METADATA_TOKEN_LENGTH];

/// Few hosts have more clients at a time.
const PLACES: usize = 16;
/// A character of a token's salt: every token has its own.
const SALT_CHARACTER: usize = 16;

impl OpenedTokens {
    /// The end of a token that opened before for this instance.
    pub(crate) fn end(&self, token: &PresentedToken, instance: &InstanceId) -> Option<u32> {
        // Whoever finds the place taken checks the tag: nobody waits.
        let place = self.place(token)?.try_lock().ok()?;
        let opened = place.as_ref().filter(|opened| opened.instance == *instance)?;
        constant_time_eq_n(&opened.token, token).then_some(opened.end)
    }

    /// Keeps a token whose tag was right.
    pub(crate) fn keep(&self, token: &PresentedToken, instance: &InstanceId, end: u32) {
        if let Some(Ok(mut place)) = self.place(token).map(Mutex::try_lock) {
            *place = Some(Opened { token: *token, instance: instance.clone(), end });
        }
    }

    fn place(&self, token: &PresentedToken) -> Option<&Mutex<Option<Opened>>> {
        self.places.get(usize::from(token[SALT_CHARACTER]) % PLACES)
    }
}

/// A memory, no value: a copy of a key ring begins with an empty one.
impl Clone for OpenedTokens {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for OpenedTokens {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for OpenedTokens {}

impl fmt::Debug for OpenedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenedTokens(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_the_last_token_of_the_last_instance() {
        let opened = OpenedTokens::default();
        let [one, other] = [b'a', b'b'].map(|letter| {
            let mut token = [letter; METADATA_TOKEN_LENGTH];
            token[SALT_CHARACTER] = b'A';
            token
        });
        let [i, j] = ["i-0123456789abcdef0", "i-0123456789abcdef1"].map(|id| id.parse().unwrap());
        assert_eq!(opened.end(&one, &i), None);
        opened.keep(&one, &i, 7);
        assert_eq!((opened.end(&one, &i), opened.end(&one, &j)), (Some(7), None));
        assert_eq!(opened.end(&other, &i), None);
        opened.keep(&other, &j, 8);
        assert_eq!((opened.end(&one, &i), opened.end(&other, &j)), (None, Some(8)));
        assert_eq!(opened.clone().end(&other, &j), None);
    }

    #[test]
    fn tokens_of_other_salt_stand_beside_each_other() {
        let opened = OpenedTokens::default();
        let id = "i-0123456789abcdef0".parse().unwrap();
        let token = |letter| [letter; METADATA_TOKEN_LENGTH];
        for letter in b'A'..=b'P' {
            opened.keep(&token(letter), &id, u32::from(letter));
        }
        for letter in b'A'..=b'P' {
            assert_eq!(opened.end(&token(letter), &id), Some(u32::from(letter)));
        }
    }
}
