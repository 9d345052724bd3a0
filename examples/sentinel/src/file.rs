//! The configuration file: the settings, and all that must survive.

use std::error::Error;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use quorate::sentinel::Config;

pub(crate) struct ConfigFile {
    path: PathBuf,
    /// What others wrote there, and stays.
    kept: Vec<String>,
    sentinel: Vec<String>,
}

impl ConfigFile {
    pub(crate) fn open(path: &str) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        let (sentinel, kept) = text
            .lines()
            .map(str::to_owned)
            .partition(|line| words(line).next() == Some("sentinel"));
        Ok(Self {
            path: Path::new(path).to_owned(),
            kept,
            sentinel,
        })
    }

    /// The `sentinel` lines.
    pub(crate) fn lines(&self) -> &[String] {
        &self.sentinel
    }

    pub(crate) fn bind(&self) -> &str {
        self.setting("bind").unwrap_or("127.0.0.1")
    }

    pub(crate) fn port(&self) -> Result<u16, Box<dyn Error>> {
        Ok(self.setting("port").unwrap_or("26379").parse()?)
    }

    /// The settings that are no `sentinel` lines.
    pub(crate) fn config(&self) -> Result<Config, Box<dyn Error>> {
        // A run id for good, if no line names one yet; and no two starts should draw the same numbers.
        let id = format!("{:016x}{:016x}{:08x}", random(), random(), random() >> 32);
        let mut config = Config::new(&id, random());
        config.ip = self.bind().to_owned();
        config.port = self.port()?;
        config.requirepass = self.setting("requirepass").map(str::to_owned);
        Ok(config)
    }

    fn setting(&self, name: &str) -> Option<&str> {
        self.kept.iter().find_map(|line| {
            let mut words = words(line);
            (words.next() == Some(name)).then(|| words.next())?
        })
    }

    /// Puts these lines in the place of the `sentinel` lines. When it returns they are on the disk: there is the old file or the
    /// new one at any time, and from then on the new one for good.
    pub(crate) fn persist(&mut self, lines: Vec<String>) -> io::Result<()> {
        self.sentinel = lines;
        let aside = self.path.with_extension("new");
        let mut file = File::create(&aside)?;
        let text: String = self
            .kept
            .iter()
            .chain(&self.sentinel)
            .map(|line| line.clone() + "\n")
            .collect();
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, &self.path)?;
        // That the file has its name now is kept in its folder.
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_ascii_whitespace().map(|word| word.trim_matches('"'))
}

/// A number that nobody can foresee: what the standard library keys its maps with.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_persisted_is_found_again_beside_what_others_wrote() {
        let folder = std::env::temp_dir().join(format!("quorate-sentinel-file-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("sentinel.conf");
        let given = "# ours\nport 7000\nsentinel monitor mymaster 127.0.0.1 6379 2\nrequirepass \"secret\"\n";
        fs::write(&path, given).expect("a file");
        let path = path.to_str().expect("a name");
        let mut file = ConfigFile::open(path).expect("it is there");
        assert_eq!(file.lines(), ["sentinel monitor mymaster 127.0.0.1 6379 2"]);
        for epoch in [1, 2] {
            let lines = vec![format!("sentinel current-epoch {epoch}")];
            file.persist(lines.clone()).expect("it is written");
            file = ConfigFile::open(path).expect("it is there");
            assert_eq!(file.lines(), lines);
        }
        let config = file.config().expect("it is valid");
        assert_eq!((config.port, config.requirepass.as_deref()), (7000, Some("secret")));
        let text = fs::read_to_string(path).expect("a file");
        assert!(text.starts_with("# ours\nport 7000\nrequirepass"), "{text}");
        fs::remove_dir_all(folder).expect("it is ours");
    }
}
