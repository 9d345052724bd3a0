//! `quorate.raft`: the Raft node.

mod classes;
mod config;
pub(crate) mod members;
pub(crate) mod message;
pub(crate) mod node;
mod output;
pub(crate) mod ready;
mod trace;
pub(crate) mod wire;

/// `BecameLeader` as Python's enums write it: `became_leader`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}
