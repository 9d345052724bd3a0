//! The words after `cargo xtask`.

pub(crate) struct Args {
    words: Vec<String>,
}

impl Args {
    pub(crate) fn new(words: impl Iterator<Item = String>) -> Self {
        Self { words: words.collect() }
    }

    /// Takes the first word that is no flag.
    pub(crate) fn word(&mut self) -> Option<String> {
        let at = self.words.iter().position(|word| !word.starts_with('-'))?;
        Some(self.words.remove(at))
    }

    /// Takes a flag, and says whether it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// Takes a flag with the word after it, which must be one of `choices`.
    pub(crate) fn choice(&mut self, name: &str, choices: &[&str]) -> Result<Option<String>, String> {
        let Some(at) = self.words.iter().position(|word| word == name) else {
            return Ok(None);
        };
        self.words.remove(at);
        if at < self.words.len() && choices.contains(&self.words[at].as_str()) {
            return Ok(Some(self.words.remove(at)));
        }
        let found = self.words.get(at).map_or("nothing", String::as_str);
        Err(format!("{name} takes one of {}, found {found}", choices.join(", ")))
    }

    /// Takes all that is left.
    pub(crate) fn rest(self) -> Vec<String> {
        self.words
    }

    /// Refuses what nobody took.
    pub(crate) fn end(self) -> Result<(), String> {
        match self.words.first() {
            Some(word) => Err(format!("unexpected {word:?}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Args {
        Args::new(line.split_whitespace().map(String::from))
    }

    #[test]
    fn takes_words_flags_and_choices() {
        let mut args = args("bench --json resp --only c");
        assert_eq!(args.word().as_deref(), Some("bench"));
        assert!(args.flag("--json"));
        assert!(!args.flag("--json"));
        assert_eq!(args.choice("--only", &["js", "c"]), Ok(Some("c".into())));
        assert_eq!(args.word().as_deref(), Some("resp"));
        assert_eq!(args.end(), Ok(()));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert_eq!(
            args("--only ada").choice("--only", &["js", "c"]),
            Err("--only takes one of js, c, found ada".into())
        );
        assert_eq!(
            args("--only").choice("--only", &["js"]),
            Err("--only takes one of js, found nothing".into())
        );
        assert_eq!(args("--loud").end(), Err("unexpected \"--loud\"".into()));
    }
}
