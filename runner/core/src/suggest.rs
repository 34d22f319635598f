//! Finds what somebody meant to write.

/// Longer words are no slips; comparing takes the square of their length.
const LONGEST: usize = 100;
/// So many candidates are compared: a file can have as many slips as there are names.
const MOST: usize = 300;

/// The candidate nearest to a word, where one is near enough to be what was meant.
pub fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let is_short = |word: &str| word.len() <= LONGEST;
    if !is_short(word) {
        return None;
    }
    let word = word.to_lowercase();
    let score = |candidate: &'c str| {
        let likeness = strsim::jaro_winkler(&word, &candidate.to_lowercase());
        (likeness, candidate)
    };
    candidates
        .into_iter()
        .filter(|candidate| is_short(candidate))
        .take(MOST)
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

    #[test]
    fn what_is_too_long_for_a_slip_is_not_compared() {
        let (long, other) = ("ab".repeat(500_000), "ba".repeat(500_000));
        assert_eq!(closest(&long, [other.as_str()]), None);
        assert_eq!(
            closest("regoin", [other.as_str(), "region"]),
            Some("region")
        );
    }
}
