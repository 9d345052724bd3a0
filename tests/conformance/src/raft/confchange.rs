//! Scripts about changes of membership: each step's result, or why it is refused.

use std::fmt::Write;

use quorate::raft::Members;

use crate::datadriven::Case;

/// The members as the script's commands left them.
pub(super) struct Script {
    members: Members,
    /// As if each command were an entry.
    last_index: u64,
}

impl Script {
    pub(super) fn new() -> Self {
        Self {
            members: Members::new(10, 0),
            last_index: 0,
        }
    }

    /// Runs one command.
    pub(super) fn run(&mut self, case: &Case) -> String {
        let result = self.try_run(case);
        self.last_index += 1;
        match result {
            Err(error) => error,
            Ok(members) => {
                let mut text = format!("{}\n", members.config());
                for (id, progress) in members.iter() {
                    let _ = writeln!(text, "{id}: {progress}");
                }
                self.members = members;
                text
            }
        }
    }

    fn try_run(&self, case: &Case) -> Result<Members, String> {
        let changes = super::parse_changes(&case.input)?;
        let members = match case.command.as_str() {
            "simple" => self.members.simple(&changes, self.last_index),
            "enter-joint" => {
                let auto_leave = case.values("autoleave").is_some_and(|values| values == ["true"]);
                self.members.enter_joint(auto_leave, &changes, self.last_index)
            }
            "leave-joint" if !changes.is_empty() => return Err("this command takes no input".to_string()),
            "leave-joint" => self.members.leave_joint(),
            _ => return Err("unknown command".to_string()),
        };
        members.map_err(|error| error.to_string())
    }
}
