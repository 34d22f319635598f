//! Finds what somebody meant to write.

/// The candidate nearest to a word, where one is near enough to be what was meant.
pub fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let score = |candidate: &'c str| {
        let likeness = strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase());
        (likeness, candidate)
    };
    candidates
        .into_iter()
        .map(score)
        .filter(|(likeness, _)| *likeness > 0.84)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let keys = ["region", "roles", "stack_prefix"];
        assert_eq!(closest("regoin", keys), Some("region"));
        assert_eq!(closest("StackPrefix", keys), Some("stack_prefix"));
        assert_eq!(closest("colour", keys), None);
    }
}
