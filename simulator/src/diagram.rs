//! Space-time diagrams in text (Lamport, 1978): time runs down, machines are lanes, messages cross.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::event::{Event, What};
use crate::kind::Drawing;
use crate::network::Address;
use crate::time::Time;

/// The width of a lane.
const LANE: usize = 18;

/// The width of the times on the left.
const TIMES: usize = 11;

pub(crate) fn draw(drawing: &'static Drawing, nodes: u64, events: &[Event], from: Time, to: Time) -> String {
    let mut diagram = Diagram {
        drawing,
        lanes: vec![' '; nodes as usize],
        text: String::new(),
        quiet: 0,
    };
    diagram.header();
    for event in events {
        let visible = (from..=to).contains(&event.at);
        diagram.event(event, visible);
    }
    diagram.end_quiet();
    diagram.text
}

struct Diagram {
    drawing: &'static Drawing,
    /// How each machine's lane is drawn: by its role.
    lanes: Vec<char>,
    text: String,
    /// Messages since the last row that are counted and not drawn.
    quiet: u64,
}

impl Diagram {
    fn header(&mut self) {
        let mut row = Row::new(&vec![' '; self.lanes.len()]);
        for node in 1..=self.lanes.len() {
            row.put(column(node as u64), &node.to_string());
        }
        self.text += &row.print(&format!("{:>width$}", "ms", width = TIMES - 2));
    }

    fn event(&mut self, event: &Event, visible: bool) {
        // Lanes are kept up to date from the beginning.
        let before = self.lanes.clone();
        match &event.what {
            What::Role { node, role, .. } => self.set(*node, (self.drawing.lane)(role)),
            What::Crashed { node } => self.set(*node, ' '),
            What::Started { node } => self.set(*node, (self.drawing.lane)("")),
            What::Paused { node, paused: true } => self.set(*node, ':'),
            _ => {}
        }
        if !visible {
            return;
        }
        let mut row = Row::new(&self.lanes);
        let mark = |row: &mut Row, node: u64, text: &str| row.put(column(node) + 2, text);
        match &event.what {
            What::Role { node, role, term, .. } => {
                // A new term alone shows in the messages.
                if before == self.lanes {
                    return;
                }
                let term = if *term > 0 { format!(" {term}") } else { String::new() };
                mark(&mut row, *node, &format!("{role}{term}"));
            }
            What::Delivered {
                kind,
                from,
                to,
                sent,
                text,
                ..
            } => {
                let kind = kind.to_string();
                if (self.drawing.is_quiet)(&kind) {
                    self.quiet += 1;
                    return;
                }
                let label = (self.drawing.label)(&kind, text);
                row.arrow(*from, *to, &label, '>', event.at - sent);
            }
            What::Lost { kind, from, to, .. } => {
                let kind = kind.to_string();
                if (self.drawing.is_quiet)(&kind) {
                    return;
                }
                row.arrow(*from, *to, &kind, 'x', 0);
            }
            What::Committed { node, index } => mark(&mut row, *node, &format!("<> commit {index}")),
            What::Told { node, channel, .. } => mark(&mut row, *node, channel),
            What::Crashed { node } => mark(&mut row, *node, "X crash"),
            What::Started { node } => mark(&mut row, *node, "o start"),
            What::Paused { node, paused } => mark(&mut row, *node, if *paused { "paused" } else { "resumed" }),
            What::Snapshot { node, index } => mark(&mut row, *node, &format!("snapshot {index}")),
            What::Configured { node, text, .. } => mark(&mut row, *node, text),
            What::Asked { client, text, .. } => row.note(&format!("c{client} asks {text}")),
            What::Answered { client, text, .. } => row.note(&format!("c{client} knows {text}")),
            What::Acted { text } => row.note(&format!("** {text}")),
            What::Violated { invariant, .. } => row.note(&format!("!! {invariant}")),
            _ => return,
        }
        self.end_quiet();
        self.text += &row.print(&format!("{:>width$}", milliseconds(event.at), width = TIMES - 2));
    }

    fn set(&mut self, node: u64, glyph: char) {
        if let Some(lane) = self.lanes.get_mut((node as usize).wrapping_sub(1)) {
            *lane = glyph;
        }
    }

    fn end_quiet(&mut self) {
        if self.quiet > 0 {
            let mut row = Row::new(&self.lanes);
            row.note(&format!("({} {})", self.quiet, self.drawing.quiet));
            self.text += &row.print(&" ".repeat(TIMES - 2));
            self.quiet = 0;
        }
    }
}

fn column(node: u64) -> usize {
    (node as usize - 1) * LANE
}

fn milliseconds(time: Time) -> String {
    format!("{}.{}", time / 1_000, time % 1_000 / 100)
}

struct Row {
    cells: Vec<char>,
    note: String,
}

impl Row {
    fn new(lanes: &[char]) -> Self {
        let mut cells = vec![' '; lanes.len() * LANE];
        for (place, lane) in lanes.iter().enumerate() {
            cells[place * LANE] = *lane;
        }
        Self {
            cells,
            note: String::new(),
        }
    }

    fn put(&mut self, at: usize, text: &str) {
        for (cell, char) in self.cells.iter_mut().skip(at).zip(text.chars()) {
            *cell = char;
        }
    }

    /// An arrow from lane to lane; one from or to a client is a note.
    fn arrow(&mut self, from: Address, to: Address, label: &str, head: char, took: Time) {
        let (Address::Node(one), Address::Node(two)) = (from, to) else {
            let arrow = if head == 'x' { "-x" } else { "->" };
            self.note(&format!("{from} {arrow} {to}: {label}"));
            return;
        };
        let (start, end) = (column(one), column(two));
        let (low, high) = (start.min(end) + 1, start.max(end));
        for cell in low..high {
            self.cells[cell] = '-';
        }
        let head_at = if start < end { high - 1 } else { low };
        self.cells[head_at] = match head {
            '>' if start > end => '<',
            head => head,
        };
        let took = if took > 0 {
            format!(" {}ms", took / 1_000)
        } else {
            String::new()
        };
        let label: String = format!(" {label}{took} ").chars().take(LANE - 3).collect();
        // Near where it comes from, where no other lane is crossed.
        let at = if start < end {
            low + 1
        } else {
            high - 1 - label.chars().count()
        };
        self.put(at, &label);
    }

    fn note(&mut self, text: &str) {
        self.note = text.to_string();
    }

    fn print(&self, time: &str) -> String {
        let cells: String = self.cells.iter().collect();
        let note = if self.note.is_empty() {
            String::new()
        } else {
            format!("  {}", self.note)
        };
        format!("{time}  {}\n", format!("{cells}{note}").trim_end())
    }
}
