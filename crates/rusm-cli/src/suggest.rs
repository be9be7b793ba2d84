//! "Did you mean": the nearest of the words that would have been right.

/// The valid word that `word` was probably meant to be. Letter case and `_` for `-` cost nothing; otherwise one
/// slip in three letters is forgiven.
pub(crate) fn nearest<'a>(word: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let word = plain(word);
    let allowed = (word.chars().count() / 3).max(1);
    valid
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean ...?` when a valid word is near, otherwise all of them: ``expected `a`, `b` or `c` ``.
pub(crate) fn did_you_mean<'a>(word: &str, valid: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, valid.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match list(valid, "or") {
            Some(all) => format!("expected {all}"),
            None => String::new(),
        },
    }
}

/// `` `a`, `b` or `c` ``; nothing when there are no words.
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>, conjunction: &str) -> Option<String> {
    let mut words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    let last = words.pop()?;
    if words.is_empty() { Some(last) } else { Some(format!("{} {conjunction} {last}", words.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word() {
        let keys = ["listen", "max-connections", "idle-timeout", "log"];
        assert_eq!(nearest("max_conections", keys), Some("max-connections"));
        assert_eq!(nearest("Listen", keys), Some("listen"));
        assert_eq!(nearest("lgo", keys), Some("log"));
        assert_eq!(nearest("colour", keys), None);
    }

    #[test]
    fn without_a_near_word_all_are_listed() {
        assert_eq!(did_you_mean("xyz", ["http", "sse", "ws"]), "expected `http`, `sse` or `ws`");
        assert_eq!(did_you_mean("htp", ["http", "sse", "ws"]), "did you mean `http`?");
        assert_eq!(did_you_mean("x", []), "");
    }
}
