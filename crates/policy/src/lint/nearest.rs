//! What a mistyped name was meant to be.

/// The known name that differs least from `name`, in at most `distance_max` letters; case is none.
pub(super) fn nearest(
    name: &str,
    known: impl Iterator<Item = &'static str>,
    distance_max: usize,
) -> Option<&'static str> {
    let wanted = name.to_lowercase();
    // Most names are of another length, and need not be compared.
    let similar = known.filter(|known| known.len().abs_diff(wanted.len()) <= distance_max);
    let distance = |known: &str| strsim::damerau_levenshtein(&wanted, &known.to_lowercase());
    let (distance, nearest) = similar.map(|known| (distance(known), known)).min()?;
    (distance <= distance_max).then_some(nearest)
}
