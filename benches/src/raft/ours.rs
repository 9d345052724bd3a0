//! A group of ours.

use quorate::raft::{Config, Entry, HardState, Message, Node, Output, Role, Stored};

use super::{COMMAND, Group, Settings};

pub(super) struct Nodes {
    members: Vec<Member>,
    reads: u64,
    applied: u64,
}

struct Member {
    node: Node,
    inbox: Vec<Message>,
    /// What would be on a disk.
    hard_state: HardState,
    stored: Vec<Entry>,
}

impl Group for Nodes {
    fn new(settings: Settings) -> Self {
        let ids: Vec<u64> = (1..=settings.nodes).collect();
        let member = |&id: &u64| {
            let config = Config {
                pre_vote: settings.pre_vote,
                check_quorum: settings.check_quorum,
                coalesce_appends: settings.coalesce,
                ..Config::new(id, id)
            };
            Member {
                node: Node::new(config, Stored::group(&ids)).expect("a config of ours"),
                inbox: Vec::new(),
                hard_state: HardState::default(),
                stored: Vec::new(),
            }
        };
        Self {
            members: ids.iter().map(member).collect(),
            reads: 0,
            applied: 0,
        }
    }

    fn campaign(&mut self, node: usize) {
        self.members[node].node.campaign().expect("a node that runs");
    }

    fn propose(&mut self, node: usize) {
        self.members[node].node.propose(&COMMAND[..]).expect("a leader");
    }

    fn propose_batch(&mut self, node: usize, commands: usize) {
        let batch = (0..commands).map(|_| &COMMAND[..]);
        self.members[node].node.propose_batch(batch).expect("a leader");
    }

    fn tick(&mut self, node: usize) {
        self.members[node].node.tick().expect("a node that runs");
    }

    fn read(&mut self, node: usize, context: u64) {
        let context = &context.to_le_bytes()[..];
        self.members[node].node.read_index(context).expect("a leader");
    }

    fn pass(&mut self) -> bool {
        let mut busy = false;
        for place in 0..self.members.len() {
            let mut inbox = std::mem::take(&mut self.members[place].inbox);
            busy |= !inbox.is_empty();
            self.members[place]
                .node
                .step_many(inbox.drain(..))
                .expect("well-formed messages");
            // What it says goes to the others, so its own box is still empty.
            self.members[place].inbox = inbox;
            while let Some(output) = self.members[place].node.poll() {
                busy = true;
                self.act(place, output);
            }
        }
        busy
    }

    fn compact(&mut self) {
        for member in &mut self.members {
            let applied = member.node.status().log.applied;
            member.node.compact(applied).expect("everything is applied");
            member.stored.retain(|entry| entry.index > applied);
        }
    }

    fn applied(&self) -> u64 {
        self.applied
    }

    fn reads(&self) -> u64 {
        self.reads
    }

    fn leads(&self, node: usize) -> bool {
        self.members[node].node.soft_state().role == Role::Leader
    }
}

impl Nodes {
    fn act(&mut self, place: usize, output: Output) {
        match output {
            Output::Send(message) => self.members[message.to as usize - 1].inbox.push(message),
            Output::Persist {
                ticket,
                hard_state,
                entries,
                ..
            } => {
                let member = &mut self.members[place];
                member.hard_state = hard_state.unwrap_or(member.hard_state);
                if let (Some(first), Some(last)) = (entries.first(), member.stored.last())
                    && first.index <= last.index
                {
                    member.stored.retain(|entry| entry.index < first.index);
                }
                member.stored.extend(entries);
                member.node.persisted(ticket).expect("a ticket that is open");
            }
            Output::Apply(entries) => {
                self.applied += entries.len() as u64;
                let last = entries.last().map_or(0, |entry| entry.index);
                self.members[place].node.applied(last).expect("entries to apply");
            }
            Output::ReadReady { .. } => self.reads += 1,
            _ => {}
        }
    }
}
