//! Counts of tests, read from the closing lines of each language's test runner.

use std::ops::AddAssign;

/// How many tests passed, failed and could not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    pub(crate) const PASSED: Self = Self::new(1, 0, 0);
    pub(crate) const FAILED: Self = Self::new(0, 1, 0);
    pub(crate) const SKIPPED: Self = Self::new(0, 0, 1);

    pub(crate) const fn new(passed: u64, failed: u64, skipped: u64) -> Self {
        Self {
            passed,
            failed,
            skipped,
        }
    }

    pub(crate) fn ran(&self) -> u64 {
        self.passed + self.failed + self.skipped
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// What a step's output says of its tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// The step builds or sets up: it is no test, but one failure if it fails.
    Nothing,
    /// The step as a whole is one test.
    One,
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; ...`, once a test binary.
    Cargo,
    /// `3 passed, 1 skipped in 0.12s`.
    Pytest,
    /// `ℹ pass 3`, `ℹ fail 0`, `ℹ skipped 1`.
    Node,
    /// A line a test: `PASS name`, `FAIL name`, `SKIP name reason`.
    Lines,
}

impl Count {
    /// The tally of `output`, of a command that ended well or not. A test runner that ran nothing has failed, and so
    /// has one that says all is well but ends with an error.
    pub(crate) fn tally(self, output: &str, success: bool) -> Tally {
        let tally = match self {
            Self::Nothing if success => return Tally::default(),
            Self::One if success => return Tally::PASSED,
            Self::Nothing | Self::One => return Tally::FAILED,
            Self::Cargo => cargo(output),
            Self::Pytest => pytest(output),
            Self::Node => node(output),
            Self::Lines => lines(output),
        };
        let silent = tally.ran() == 0 || (!success && tally.failed == 0);
        Tally {
            failed: tally.failed + u64::from(silent),
            ..tally
        }
    }

    /// The lines of `output` that name a skipped test.
    pub(crate) fn skips(self, output: &str) -> Vec<String> {
        let skip = |line: &&str| match self {
            Self::Nothing | Self::One => false,
            Self::Cargo => line.ends_with("... ignored") || line.contains("... ignored,"),
            Self::Pytest => line.starts_with("SKIPPED ") || line.starts_with("XFAIL "),
            Self::Node => line.starts_with('﹣') || line.contains("# SKIP") || line.contains("# TODO"),
            Self::Lines => line.starts_with("SKIP "),
        };
        let trimmed = output.lines().map(str::trim);
        trimmed.filter(skip).map(String::from).collect()
    }
}

fn cargo(output: &str) -> Tally {
    let mut tally = Tally::default();
    for line in output.lines().filter(|line| line.starts_with("test result: ")) {
        tally += Tally::new(
            before(line, " passed"),
            before(line, " failed"),
            before(line, " ignored"),
        );
    }
    tally
}

fn pytest(output: &str) -> Tally {
    let closing = |line: &&str| line.contains(" in ") && line.trim_end_matches([' ', '=']).ends_with(['s', ')']);
    let counted = |line: &&str| {
        [" passed", " failed", " skipped", " error"]
            .iter()
            .any(|word| line.contains(word))
    };
    let Some(line) = output.lines().rev().filter(closing).find(counted) else {
        return Tally::default();
    };
    Tally::new(
        before(line, " passed"),
        before(line, " failed") + before(line, " error") + before(line, " xpassed"),
        before(line, " skipped") + before(line, " xfailed"),
    )
}

fn node(output: &str) -> Tally {
    let after = |word: &str| {
        let mut sum = 0;
        for line in output.lines() {
            let rest = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "));
            let number = rest.and_then(|rest| rest.strip_prefix(word)?.strip_prefix(' '));
            sum += number.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or(0);
        }
        sum
    };
    Tally::new(
        after("pass"),
        after("fail") + after("cancelled"),
        after("skipped") + after("todo"),
    )
}

fn lines(output: &str) -> Tally {
    let count = |word: &str| output.lines().filter(|line| line.starts_with(word)).count() as u64;
    Tally::new(count("PASS "), count("FAIL "), count("SKIP "))
}

/// The number right before the first `word`, or 0.
fn before(line: &str, word: &str) -> u64 {
    let Some(end) = line.find(word) else {
        return 0;
    };
    let head = &line[..end];
    let start = head.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    // A character that is not ASCII may be longer than one byte.
    head.get(start..).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_the_binaries_of_a_cargo_test() {
        let output = "running 2 tests\ntest a ... ok\ntest b ... ignored\n\
                      test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                      test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(Count::Cargo.tally(output, false), Tally::new(5, 2, 1));
        assert_eq!(Count::Cargo.skips(output), ["test b ... ignored"]);
    }

    #[test]
    fn reads_both_closing_lines_of_pytest() {
        assert_eq!(
            Count::Pytest.tally("..s.\n3 passed, 1 skipped in 0.12s\n", true),
            Tally::new(3, 0, 1)
        );
        let long = "===== 1 failed, 13 passed, 1 xfailed, 2 errors in 61.20s (0:01:01) =====\n";
        assert_eq!(Count::Pytest.tally(long, false), Tally::new(13, 3, 1));
    }

    #[test]
    fn reads_both_reporters_of_node() {
        let spec = "✔ a (1ms)\nℹ tests 4\nℹ suites 0\nℹ pass 2\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\n";
        assert_eq!(Count::Node.tally(spec, false), Tally::new(2, 1, 1));
        assert_eq!(
            Count::Node.tally("# tests 1\n# pass 1\n# fail 0\n", true),
            Tally::new(1, 0, 0)
        );
    }

    #[test]
    fn counts_lines() {
        let output = "PASS one\nFAIL two\n  expected 1, found 2\nSKIP three valgrind is missing\n";
        assert_eq!(Count::Lines.tally(output, false), Tally::new(1, 1, 1));
        assert_eq!(Count::Lines.skips(output), ["SKIP three valgrind is missing"]);
    }

    #[test]
    fn a_run_of_no_test_has_failed() {
        for count in [Count::Cargo, Count::Pytest, Count::Node, Count::Lines] {
            assert_eq!(count.tally("", true), Tally::FAILED, "{count:?}");
        }
        assert_eq!(
            Count::Cargo.tally("test result: ok. 1 passed;", false),
            Tally::new(1, 1, 0)
        );
        assert_eq!(Count::Nothing.tally("", true), Tally::default());
        assert_eq!(Count::One.tally("", false), Tally::FAILED);
    }
}
