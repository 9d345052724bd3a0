//! Scripts in which whole groups interact: nodes, what they keep, what is on its way between them, and the commands that move
//! it.

use std::collections::VecDeque;
use std::fmt::Write;

use quorate::raft::{
    APPEND_THREAD, APPLY_THREAD, ConfChange, ConfChangeTransition, ConfChangeV2, Config, Entry, EntryKind, Error,
    Message, MessageKind, NodeId, ReadOnly, ReadyNode, Snapshot, Stored, wire,
};

use super::describe;
use super::log_lines::{self, LogLevel};
use super::storage::Storage;
use crate::datadriven::{self, Argument, Case};

const ELECTION_TICK: u64 = 3;
const HEARTBEAT_TICK: u64 = 1;

/// A group and all that is on its way in it.
pub(super) struct Group {
    members: Vec<Member>,
    /// What was sent and not delivered.
    messages: Vec<Message>,
    output: Output,
}

/// A node with its storage and its state machine, whose state is all that was ever applied, one after the other.
struct Member {
    id: NodeId,
    node: ReadyNode,
    storage: Storage,
    asynchronous: bool,
    /// The state after the last entry that was applied, which is what members that are too far behind are sent.
    state: Snapshot,
    append_work: VecDeque<Message>,
    apply_work: VecDeque<Message>,
}

/// What the current command prints.
struct Output {
    text: String,
    level: LogLevel,
}

/// A command that cannot be done. What it says is printed.
type Refusal = String;

impl Group {
    pub(super) fn new() -> Self {
        Self {
            members: Vec::new(),
            messages: Vec::new(),
            output: Output {
                text: String::new(),
                level: LogLevel::Debug,
            },
        }
    }

    /// Runs one command; more may stand in its input, a line each.
    pub(super) fn run(&mut self, case: &Case) -> String {
        self.output.text.clear();
        let mut refusal = self.run_one(case).err();
        if refusal.is_none() && case.command != "propose-conf-change" && !case.input.is_empty() {
            refusal = self.run_input(&case.input).err();
        }
        if let Some(refusal) = refusal {
            // What is wrong is said at every level.
            self.output.text.push_str(&refusal);
        }
        match self.output.text.is_empty() {
            true => "ok".to_string(),
            false => std::mem::take(&mut self.output.text),
        }
    }

    fn run_input(&mut self, input: &str) -> Result<(), Refusal> {
        for case in datadriven::parse(&input.replace('\n', "\n----\n\n")).map_err(|error| error.to_string())? {
            if let Err(refusal) = self.run_one(&case) {
                self.output.text.push_str(&refusal);
            }
        }
        Ok(())
    }

    fn run_one(&mut self, case: &Case) -> Result<(), Refusal> {
        match case.command.as_str() {
            "_breakpoint" => Ok(()),
            "add-nodes" => self.add_nodes(case),
            "campaign" => self.with_member(case, |member, output| member.input(output, ReadyNode::campaign)),
            "compact" => self.compact(case),
            "deliver-msgs" => self.deliver_messages(case),
            "forget-leader" => self.with_member(case, |member, output| member.input(output, ReadyNode::forget_leader)),
            "log-level" => self.set_log_level(case.words().next().unwrap_or_default()),
            "process-append-thread" => self.for_each(case, "processing append thread", Self::process_append_thread),
            "process-apply-thread" => self.for_each(case, "processing apply thread", Self::process_apply_thread),
            "process-ready" => self.for_each(case, "handling Ready", Self::process_ready),
            "propose" => self.propose(case),
            "propose-conf-change" => self.propose_conf_change(case),
            "raft-log" => self.with_member(case, |member, output| {
                member.print_log(output);
                Ok(())
            }),
            "raft-state" => {
                self.print_state();
                Ok(())
            }
            "report-unreachable" => self.report_unreachable(case),
            "send-snapshot" => self.send_snapshot(case),
            "set-randomized-election-timeout" => {
                let ticks = number(case, "timeout")?.ok_or("expected a timeout")?;
                self.with_member(case, |member, _| {
                    member.node.set_election_timeout(ticks);
                    Ok(())
                })
            }
            "stabilize" => self.stabilize_command(case),
            "status" => self.with_member(case, |member, output| {
                for (id, progress) in member.node.status().progress {
                    output.line(&format!("{id}: {progress}"));
                }
                Ok(())
            }),
            "tick-election" => self.with_member(case, |member, output| member.tick(output, ELECTION_TICK)),
            "tick-heartbeat" => self.with_member(case, |member, output| member.tick(output, HEARTBEAT_TICK)),
            "transfer-leadership" => self.transfer_leadership(case),
            _ => Err("unknown command".to_string()),
        }
    }

    // ---- commands on one member

    fn member(&mut self, id: NodeId) -> Result<(&mut Member, &mut Output), Refusal> {
        let place = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
        let member = place.and_then(|place| self.members.get_mut(place));
        let member = member.ok_or_else(|| format!("there is no node {id}"))?;
        Ok((member, &mut self.output))
    }

    fn with_member(
        &mut self,
        case: &Case,
        act: impl FnOnce(&mut Member, &mut Output) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let id = *ids(case)?.first().ok_or("expected a node")?;
        let (member, output) = self.member(id)?;
        act(member, output)
    }

    fn propose(&mut self, case: &Case) -> Result<(), Refusal> {
        let mut words = case.words();
        let id = words
            .next()
            .and_then(|word| word.parse().ok())
            .ok_or("expected a node")?;
        let data = words.next().ok_or("expected what to propose")?.as_bytes().to_vec();
        let (member, output) = self.member(id)?;
        member.input(output, |node| node.propose(data))
    }

    fn propose_conf_change(&mut self, case: &Case) -> Result<(), Refusal> {
        let unknown = |argument: &&Argument| {
            !argument.values.is_empty() && !["v1", "transition"].contains(&argument.key.as_str())
        };
        if let Some(argument) = case.arguments.iter().find(unknown) {
            return Err(format!("unknown command {}", argument.key));
        }
        let v1 = flag(case, "v1")?.unwrap_or(false);
        let transition = match case
            .values("transition")
            .and_then(<[String]>::first)
            .map(String::as_str)
        {
            None | Some("auto") => ConfChangeTransition::Auto,
            Some("implicit") => ConfChangeTransition::JointImplicit,
            Some("explicit") => ConfChangeTransition::JointExplicit,
            Some(other) => return Err(format!("unknown transition {other}")),
        };
        let changes = super::parse_changes(&case.input)?;
        let entry = if v1 {
            let [change] = changes[..] else {
                return Err("v1 conf change can only have one operation and no transition".to_string());
            };
            if transition != ConfChangeTransition::Auto {
                return Err("v1 conf change can only have one operation and no transition".to_string());
            }
            let change = ConfChange {
                kind: change.kind,
                node_id: change.node_id,
                context: Vec::new(),
                id: 0,
            };
            Entry {
                kind: EntryKind::ConfChange,
                ..Entry::normal(wire::encode_change_v1(&change))
            }
        } else {
            let change = ConfChangeV2 {
                transition,
                changes,
                context: Vec::new(),
            };
            Entry {
                kind: EntryKind::ConfChangeV2,
                ..Entry::normal(wire::encode_change_v2(&change))
            }
        };
        self.with_member(case, |member, output| {
            member.input(output, |node| node.propose_entries(vec![entry]))
        })
    }

    fn compact(&mut self, case: &Case) -> Result<(), Refusal> {
        let to = case.words().nth(1).and_then(|word| word.parse().ok());
        let to = to.ok_or("expected an index")?;
        self.with_member(case, |member, output| {
            member.storage.compact(to)?;
            member.node.compact(to).map_err(|error| error.to_string())?;
            member.print_log(output);
            Ok(())
        })
    }

    fn report_unreachable(&mut self, case: &Case) -> Result<(), Refusal> {
        let [_, peer] = ids(case)?[..] else {
            return Err("must specify exactly two node ids on the argument".to_string());
        };
        self.with_member(case, |member, output| {
            member.input(output, |node| node.report_unreachable(peer))
        })
    }

    fn transfer_leadership(&mut self, case: &Case) -> Result<(), Refusal> {
        let from = number(case, "from")?.ok_or("expected valid \"from\" argument")?;
        let to = number(case, "to")?.ok_or("expected valid \"to\" argument")?;
        self.member(to)?;
        let (member, output) = self.member(from)?;
        member.input(output, |node| node.transfer_leader(to))
    }

    fn send_snapshot(&mut self, case: &Case) -> Result<(), Refusal> {
        let [from, to] = ids(case)?[..] else {
            return Err("expected two nodes".to_string());
        };
        let (member, output) = self.member(from)?;
        let mut message = Message::to(MessageKind::Snap, to);
        message.from = from;
        message.term = member.node.status().hard_state.term;
        message.snapshot = Some(Box::new(member.state.clone()));
        output.write(&describe::message(&message));
        self.messages.push(message);
        Ok(())
    }

    // ---- the group as a whole

    fn add_nodes(&mut self, case: &Case) -> Result<(), Refusal> {
        let count = case.words().next().and_then(|word| word.parse::<usize>().ok());
        let count = count.ok_or("expected a number of nodes")?;
        let mut snapshot = Snapshot::default();
        let metadata = &mut snapshot.metadata;
        metadata.conf_state.voters = numbers(case, "voters")?;
        metadata.conf_state.learners = numbers(case, "learners")?;
        metadata.index = number(case, "index")?.unwrap_or(0);
        if let Some([content, ..]) = case.values("content") {
            snapshot.data = content.as_bytes().into();
        }
        if snapshot != Snapshot::default() {
            // An index of 1 would leave no place for the entry before the log.
            if snapshot.metadata.index <= 1 {
                return Err("index must be specified as > 1 due to bootstrap".to_string());
            }
            snapshot.metadata.term = 1;
        }
        let asynchronous = flag(case, "async-storage-writes")?.unwrap_or(false);
        for _ in 0..count {
            let config = config(self.members.len() as NodeId + 1, case)?;
            let member = Member::new(config, &snapshot, asynchronous)?;
            self.members.push(member);
            if let Some(member) = self.members.last_mut() {
                member.print_traces(&mut self.output);
            }
        }
        Ok(())
    }

    fn set_log_level(&mut self, name: &str) -> Result<(), Refusal> {
        self.output.level =
            LogLevel::from_name(name).ok_or("log levels must be either of [DEBUG INFO WARN ERROR FATAL NONE]")?;
        Ok(())
    }

    fn print_state(&mut self) {
        for member in &self.members {
            let status = member.node.status();
            let voter = if status.config.is_voter(member.id) {
                "Voter"
            } else {
                "Non-Voter"
            };
            self.output.line(&format!(
                "{}: {} ({voter}) Term:{} Lead:{}",
                member.id,
                describe::role(status.role),
                status.hard_state.term,
                status.lead
            ));
        }
    }

    fn deliver_messages(&mut self, case: &Case) -> Result<(), Refusal> {
        let kind = match case.values("type").and_then(<[String]>::first) {
            None => None,
            Some(name) => {
                let known = (0..=u64::from(u8::MAX)).filter_map(MessageKind::from_number);
                let named = known.into_iter().find(|kind| describe::kind(*kind) == *name);
                Some(named.ok_or_else(|| format!("unknown message type {name}"))?)
            }
        };
        let mut delivered = 0;
        // In the order in which they are named.
        for argument in &case.arguments {
            if argument.values.is_empty() {
                delivered += self.deliver(parse(&argument.key)?, kind)?;
            } else if argument.key == "drop" {
                for value in &argument.values {
                    delivered += self.drop_messages(parse(value)?, kind);
                }
            }
        }
        if delivered == 0 {
            self.output.line("no messages");
        }
        Ok(())
    }

    /// Takes out the messages for `to`, in order.
    fn take_messages(&mut self, wanted: impl Fn(&Message) -> bool) -> Vec<Message> {
        let (taken, left) = std::mem::take(&mut self.messages).into_iter().partition(wanted);
        self.messages = left;
        taken
    }

    fn deliver(&mut self, to: NodeId, kind: Option<MessageKind>) -> Result<usize, Refusal> {
        let messages = self.take_messages(|message| message.to == to && kind.is_none_or(|kind| message.kind == kind));
        let count = messages.len();
        for message in messages {
            self.output.line(&describe::message(&message));
            let (member, output) = self.member(to)?;
            if let Err(refusal) = member.input(output, |node| node.step(message)) {
                output.line(&refusal);
            }
        }
        Ok(count)
    }

    fn drop_messages(&mut self, to: NodeId, kind: Option<MessageKind>) -> usize {
        // What a node says to itself and to its storage is never lost.
        let local = |message: &Message| message.from == message.to || is_thread(message.from) || is_thread(message.to);
        let messages = self.take_messages(|message| {
            message.to == to && !local(message) && kind.is_none_or(|kind| message.kind == kind)
        });
        for message in &messages {
            self.output.line(&format!("dropped: {}", describe::message(message)));
        }
        messages.len()
    }

    // ---- work

    /// Does something for each member that is named: indented, below a line for each, if there are several.
    fn for_each(
        &mut self,
        case: &Case,
        what: &str,
        act: impl Fn(&mut Self, NodeId) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        match ids(case)?[..] {
            [id] => act(self, id),
            ref ids => ids
                .iter()
                .try_for_each(|&id| self.below(&format!("> {id} {what}"), |group| act(group, id))),
        }
    }

    /// Prints a line, and what `act` prints indented below it.
    fn below(&mut self, line: &str, act: impl FnOnce(&mut Self) -> Result<(), Refusal>) -> Result<(), Refusal> {
        self.output.line(line);
        let before = std::mem::take(&mut self.output.text);
        let result = act(self);
        let inner = std::mem::replace(&mut self.output.text, before);
        for line in inner.lines() {
            let _ = writeln!(self.output.text, "  {line}");
        }
        result
    }

    fn process_ready(&mut self, id: NodeId) -> Result<(), Refusal> {
        let (member, output) = self.member(id)?;
        let ready = member.node.ready();
        output.write(&describe::ready(&ready));
        if !member.asynchronous {
            member.storage.write(ready.snapshot.as_ref(), &ready.entries)?;
            member.apply(output, &ready.committed_entries)?;
        }
        let mut sent = Vec::new();
        for message in ready.messages {
            match message.to {
                APPEND_THREAD => member.append_work.push_back(message),
                APPLY_THREAD => member.apply_work.push_back(message),
                _ => sent.push(message),
            }
        }
        let result = match member.asynchronous {
            true => Ok(()),
            false => member.input(output, ReadyNode::advance),
        };
        self.messages.extend(sent);
        result
    }

    fn process_append_thread(&mut self, id: NodeId) -> Result<(), Refusal> {
        let (member, output) = self.member(id)?;
        let Some(mut message) = member.append_work.pop_front() else {
            output.write("no append work to perform");
            return Ok(());
        };
        let responses = std::mem::take(&mut message.responses);
        output.line("Processing:");
        output.line(&describe::message(&message));
        member.storage.write(message.snapshot.as_deref(), &message.entries)?;
        self.respond(responses);
        Ok(())
    }

    fn process_apply_thread(&mut self, id: NodeId) -> Result<(), Refusal> {
        let (member, output) = self.member(id)?;
        let Some(mut message) = member.apply_work.pop_front() else {
            output.write("no apply work to perform");
            return Ok(());
        };
        let responses = std::mem::take(&mut message.responses);
        output.line("Processing:");
        output.line(&describe::message(&message));
        member.apply(output, &message.entries)?;
        self.respond(responses);
        Ok(())
    }

    fn respond(&mut self, responses: Vec<Message>) {
        self.output.line("Responses:");
        for response in &responses {
            self.output.line(&describe::message(response));
        }
        self.messages.extend(responses);
    }

    fn stabilize_command(&mut self, case: &Case) -> Result<(), Refusal> {
        let level = self.output.level;
        if let Some([name, ..]) = case.values("log-level") {
            self.set_log_level(name)?;
        }
        let mut ids = ids(case)?;
        if ids.is_empty() {
            ids = (1..=self.members.len() as NodeId).collect();
        }
        let result = self.stabilize(&ids);
        self.output.level = level;
        result
    }

    /// Lets the members do all that they have to do, a kind of work at a time, until there is none.
    fn stabilize(&mut self, ids: &[NodeId]) -> Result<(), Refusal> {
        let mut busy = true;
        while busy {
            busy = false;
            for &id in ids {
                if self.member(id)?.0.node.has_ready() {
                    busy = true;
                    self.below(&format!("> {id} handling Ready"), |group| group.process_ready(id))?;
                }
            }
            for &id in ids {
                if self.messages.iter().any(|message| message.to == id) {
                    busy = true;
                    self.below(&format!("> {id} receiving messages"), |group| {
                        group.deliver(id, None).map(|_| ())
                    })?;
                }
            }
            for &id in ids {
                if !self.member(id)?.0.append_work.is_empty() {
                    busy = true;
                    self.below(&format!("> {id} processing append thread"), |group| {
                        group.drain(id, |member| &member.append_work, Self::process_append_thread)
                    })?;
                }
            }
            for &id in ids {
                if !self.member(id)?.0.apply_work.is_empty() {
                    busy = true;
                    self.below(&format!("> {id} processing apply thread"), |group| {
                        group.drain(id, |member| &member.apply_work, Self::process_apply_thread)
                    })?;
                }
            }
        }
        Ok(())
    }

    fn drain(
        &mut self,
        id: NodeId,
        work: impl Fn(&Member) -> &VecDeque<Message>,
        act: impl Fn(&mut Self, NodeId) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        while !work(self.member(id)?.0).is_empty() {
            act(self, id)?;
        }
        Ok(())
    }
}

impl Member {
    fn new(config: Config, snapshot: &Snapshot, asynchronous: bool) -> Result<Self, Refusal> {
        let id = config.id;
        let stored = match snapshot.is_empty() {
            true => Stored::default(),
            false => Stored::snapshot(snapshot.clone()),
        };
        let node = ReadyNode::new(config, stored, asynchronous).map_err(|error| error.to_string())?;
        Ok(Self {
            id,
            node,
            storage: Storage::new(snapshot.metadata.index),
            asynchronous,
            state: snapshot.clone(),
            append_work: VecDeque::new(),
            apply_work: VecDeque::new(),
        })
    }

    /// Tells the node something, and prints what its logger would say of it.
    fn input(
        &mut self,
        output: &mut Output,
        input: impl FnOnce(&mut ReadyNode) -> Result<(), Error>,
    ) -> Result<(), Refusal> {
        let result = input(&mut self.node);
        self.print_traces(output);
        result.map_err(|error| match error {
            Error::ProposalDropped(_) => "raft proposal dropped".to_string(),
            Error::LocalMessage(_) => "raft: cannot step raft local message".to_string(),
            Error::UnknownPeer(_) => "raft: cannot step as peer not found".to_string(),
            other => other.to_string(),
        })
    }

    fn tick(&mut self, output: &mut Output, ticks: u64) -> Result<(), Refusal> {
        (0..ticks).try_for_each(|_| self.input(output, ReadyNode::tick))
    }

    fn print_traces(&mut self, output: &mut Output) {
        for trace in self.node.traces() {
            if let Some((level, text)) = log_lines::line(self.id, &trace) {
                output.log(level, &text);
            }
        }
    }

    fn print_log(&self, output: &mut Output) {
        let (first, last) = (self.storage.first_index(), self.storage.last_index());
        if last < first {
            output.write(&format!("log is empty: first index={first}, last index={last}"));
        } else {
            output.write(&describe::entries(self.storage.entries()));
        }
    }

    /// Applies entries, and takes a snapshot after each, so that the latest is always there to be sent.
    fn apply(&mut self, output: &mut Output, entries: &[Entry]) -> Result<(), Refusal> {
        for entry in entries {
            let mut data = self.state.data.to_vec();
            match entry.conf_change().map_err(|error| error.to_string())? {
                None => data.extend_from_slice(&entry.data),
                Some(change) => {
                    let mut members = Ok(Default::default());
                    self.input(output, |node| {
                        members = node.apply_conf_change(&change);
                        members.as_ref().map(|_| ()).map_err(Clone::clone)
                    })?;
                    self.state.metadata.conf_state = members.unwrap_or_default();
                    data.extend_from_slice(&change.context);
                }
            }
            self.state.data = data.into();
            self.state.metadata.index = entry.index;
            self.state.metadata.term = entry.term;
            match self.node.snapshot_taken(self.state.clone()) {
                // The leader has sent a later one while these entries waited to be applied.
                Ok(()) | Err(Error::UselessSnapshot(_)) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }
}

impl Output {
    fn write(&mut self, text: &str) {
        if self.level != LogLevel::None {
            self.text.push_str(text);
        }
    }

    fn line(&mut self, text: &str) {
        self.write(text);
        self.write("\n");
    }

    fn log(&mut self, level: LogLevel, text: &str) {
        if self.level <= level {
            self.line(&format!("{} {text}", level.name()));
        }
    }
}

fn config(id: NodeId, case: &Case) -> Result<Config, Refusal> {
    let mut config = Config::new(id, id);
    config.election_tick = ELECTION_TICK;
    config.heartbeat_tick = HEARTBEAT_TICK;
    config.max_size_per_msg = u64::MAX;
    config.max_inflight_msgs = i32::MAX as usize;
    config.coalesce_appends = false;
    config.trace = true;
    if let Some(count) = number(case, "inflight")? {
        config.max_inflight_msgs = usize::try_from(count).unwrap_or(usize::MAX);
    }
    config.max_committed_size = number(case, "max-committed-size-per-ready")?.unwrap_or(0);
    config.pre_vote = flag(case, "prevote")?.unwrap_or(false);
    config.check_quorum = flag(case, "checkquorum")?.unwrap_or(false);
    config.disable_conf_change_validation = flag(case, "disable-conf-change-validation")?.unwrap_or(false);
    config.step_down_on_removal = flag(case, "step-down-on-removal")?.unwrap_or(false);
    config.read_only = match case.values("read-only").and_then(<[String]>::first).map(String::as_str) {
        None | Some("safe") => ReadOnly::Safe,
        Some("lease-based") => ReadOnly::LeaseBased,
        Some(other) => return Err(format!("invalid read-only option {other:?}")),
    };
    Ok(config)
}

fn is_thread(id: NodeId) -> bool {
    id == APPEND_THREAD || id == APPLY_THREAD
}

fn parse(word: &str) -> Result<u64, Refusal> {
    word.parse().map_err(|_| format!("not a number: {word}"))
}

/// The members that are named.
fn ids(case: &Case) -> Result<Vec<NodeId>, Refusal> {
    let named = match case.command.as_str() {
        // Its second word is an index, which is no member.
        "compact" | "propose" => 1,
        _ => usize::MAX,
    };
    let words = case.arguments.iter().filter(|argument| argument.values.is_empty());
    words.take(named).map(|Argument { key, .. }| parse(key)).collect()
}

fn numbers(case: &Case, key: &str) -> Result<Vec<u64>, Refusal> {
    let values = case.values(key).unwrap_or_default();
    values.iter().map(|value| parse(value)).collect()
}

fn number(case: &Case, key: &str) -> Result<Option<u64>, Refusal> {
    Ok(numbers(case, key)?.first().copied())
}

fn flag(case: &Case, key: &str) -> Result<Option<bool>, Refusal> {
    match case.values(key) {
        Some([value]) => match value.as_str() {
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            other => Err(format!("neither true nor false: {other}")),
        },
        _ => Ok(None),
    }
}
