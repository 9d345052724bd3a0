//! Ending a process with all that it started.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

/// A process as the system lists it.
struct Process {
    parent: u32,
    name: String,
}

/// Ends a process and all below it, and names them.
///
/// They are looked up rather than put into a group of their own, because Control-C on a terminal reaches only the
/// terminal's own group.
pub(crate) fn end(root: u32) -> String {
    let tree = tree(root, &list());
    let mut kill = Command::new("kill");
    kill.arg("-KILL").args(tree.iter().map(|(id, _)| id.to_string()));
    // Some of them may have ended by now.
    let _ = kill.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let names: Vec<&str> = tree.iter().map(|(_, name)| name.as_str()).collect();
    names.join(", ")
}

/// The process `root` and all below it, parents first, so that none can start what is not seen any more.
fn tree(root: u32, all: &BTreeMap<u32, Process>) -> Vec<(u32, String)> {
    let mut tree: Vec<(u32, String)> = all
        .get(&root)
        .map(|process| (root, process.name.clone()))
        .into_iter()
        .collect();
    let mut next = 0;
    while let Some((parent, _)) = tree.get(next) {
        let parent = *parent;
        let children = all.iter().filter(|(_, process)| process.parent == parent);
        tree.extend(children.map(|(&id, process)| (id, process.name.clone())));
        next += 1;
    }
    tree
}

/// All processes: from /proc where there is one, else from `ps`.
fn list() -> BTreeMap<u32, Process> {
    let from_proc = |entry: fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        Some((id, from_stat(&stat)?))
    };
    let listed: BTreeMap<u32, Process> = fs::read_dir("/proc")
        .map(|entries| entries.flatten().filter_map(from_proc).collect())
        .unwrap_or_default();
    if !listed.is_empty() {
        return listed;
    }
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid=,comm="]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let from_line = |line: &str| {
        let mut words = line.split_whitespace();
        let (id, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let name = words.collect::<Vec<_>>().join(" ");
        Some((id, Process { parent, name }))
    };
    text.unwrap_or_default().lines().filter_map(from_line).collect()
}

/// The line of /proc/ID/stat: `7 (a name) S 1 ...`, where a name may hold anything.
fn from_stat(stat: &str) -> Option<Process> {
    let (head, rest) = stat.rsplit_once(") ")?;
    let (_, name) = head.split_once('(')?;
    let parent = rest.split(' ').nth(1)?.parse().ok()?;
    Some(Process {
        parent,
        name: name.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_of_proc() {
        let process = from_stat("7 (a ) (name) S 12 7 7 0").expect("a line of its form");
        assert_eq!((process.parent, process.name.as_str()), (12, "a ) (name"));
        assert!(from_stat("7 a S 12").is_none());
    }

    #[test]
    fn a_tree_holds_what_is_below_and_nothing_else() {
        let process = |parent, name: &str| Process {
            parent,
            name: name.into(),
        };
        let all = BTreeMap::from([
            (1, process(0, "init")),
            (4, process(9, "grandchild")),
            (7, process(1, "root")),
            (8, process(1, "other")),
            (9, process(7, "child")),
        ]);
        let names: Vec<String> = tree(7, &all).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["root", "child", "grandchild"]);
    }
}
