//! Sharded pub/sub while slots move: what valkey#1066, node-redis#3311 and redis-py#4038 ask for.

use quorate::cluster::{Address, ShardSubscriptions, SlotMap, SubscriptionOutput};
use quorate::resp::Value;

const FOO: u16 = 12182;
const BAR: u16 = 5061;

fn node(name: &str) -> Address {
    Address::new(name, 1)
}

fn map(slots: &[(u16, &str)]) -> SlotMap {
    let mut map = SlotMap::new();
    for (slot, name) in slots {
        map.apply_moved(*slot, &node(name));
    }
    map
}

fn push(kind: &str, channel: &str, last: Value) -> Value {
    Value::Push([Value::bulk(kind), Value::bulk(channel), last].into())
}

fn drain(subscriptions: &mut ShardSubscriptions) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all = |channels: &[Vec<u8>]| {
        channels
            .iter()
            .map(|channel| text(channel))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut words = Vec::new();
    while let Some(output) = subscriptions.poll() {
        words.push(match output {
            SubscriptionOutput::Subscribe { node, channels } => format!("{} SSUBSCRIBE {}", node.host, all(&channels)),
            SubscriptionOutput::Unsubscribe { node, channels } => {
                format!("{} SUNSUBSCRIBE {}", node.host, all(&channels))
            }
            SubscriptionOutput::Refresh => "refresh".to_string(),
            SubscriptionOutput::Message { channel, payload } => format!("{}: {}", text(&channel), text(&payload)),
            SubscriptionOutput::Interrupted { channel } => format!("interrupted {}", text(&channel)),
            SubscriptionOutput::Resubscribed { channel } => format!("resubscribed {}", text(&channel)),
            other => format!("{other:?}"),
        });
    }
    words
}

/// Subscribed to `foo` at `b`.
fn standing() -> ShardSubscriptions {
    let mut subscriptions = ShardSubscriptions::new();
    subscriptions.topology(&map(&[(FOO, "b"), (BAR, "a")]));
    subscriptions.subscribe(&["foo"]);
    assert_eq!(drain(&mut subscriptions), ["b SSUBSCRIBE foo"]);
    subscriptions.push(&node("b"), &push("ssubscribe", "foo", Value::Integer(1)));
    assert_eq!(drain(&mut subscriptions), ["resubscribed foo"]);
    subscriptions
}

#[test]
fn channels_of_several_slots_are_never_in_one_command() {
    let mut subscriptions = ShardSubscriptions::new();
    subscriptions.subscribe(&["foo", "bar", "{foo}2"]);
    assert_eq!(drain(&mut subscriptions), Vec::<String>::new(), "there is no map yet");
    subscriptions.topology(&map(&[(FOO, "a"), (BAR, "a")]));
    assert_eq!(
        drain(&mut subscriptions),
        ["a SSUBSCRIBE bar", "a SSUBSCRIBE foo {foo}2"]
    );
    subscriptions.subscribe(&["foo"]);
    assert_eq!(drain(&mut subscriptions), Vec::<String>::new(), "once is enough");
}

#[test]
fn messages_come_from_what_is_subscribed_to() {
    let mut subscriptions = standing();
    subscriptions.push(&node("b"), &push("smessage", "foo", Value::bulk("hi")));
    subscriptions.push(&node("b"), &push("smessage", "other", Value::bulk("hi")));
    subscriptions.push(&node("b"), &Value::Integer(1));
    assert_eq!(drain(&mut subscriptions), ["foo: hi"]);
    assert_eq!(subscriptions.standing().collect::<Vec<_>>(), [b"foo"]);
}

#[test]
fn an_unsubscribe_that_nobody_asked_for_means_that_the_slot_left() {
    let mut subscriptions = standing();
    subscriptions.push(&node("b"), &push("sunsubscribe", "foo", Value::Integer(0)));
    assert_eq!(drain(&mut subscriptions), ["interrupted foo", "refresh"]);
    subscriptions.topology(&map(&[(FOO, "c")]));
    assert_eq!(drain(&mut subscriptions), ["c SSUBSCRIBE foo"]);
    subscriptions.push(&node("c"), &push("ssubscribe", "foo", Value::Integer(1)));
    assert_eq!(drain(&mut subscriptions), ["resubscribed foo"]);
}

#[test]
fn an_unsubscribe_that_was_asked_for_is_no_news() {
    let mut subscriptions = standing();
    subscriptions.unsubscribe(&["foo"]);
    assert_eq!(drain(&mut subscriptions), ["b SUNSUBSCRIBE foo"]);
    subscriptions.push(&node("b"), &push("sunsubscribe", "foo", Value::Integer(0)));
    assert_eq!(drain(&mut subscriptions), Vec::<String>::new());
    assert_eq!(subscriptions.standing().count(), 0);
}

#[test]
fn a_new_map_moves_subscriptions_and_a_late_yes_of_the_old_node_is_none() {
    let mut subscriptions = standing();
    subscriptions.topology(&map(&[(FOO, "c")]));
    assert_eq!(
        drain(&mut subscriptions),
        ["interrupted foo", "b SUNSUBSCRIBE foo", "c SSUBSCRIBE foo"]
    );
    subscriptions.push(&node("b"), &push("ssubscribe", "foo", Value::Integer(1)));
    subscriptions.push(&node("b"), &push("sunsubscribe", "foo", Value::Integer(0)));
    assert_eq!(drain(&mut subscriptions), Vec::<String>::new());
}

#[test]
fn lost_connections_and_refusals_wait_for_the_next_map() {
    let mut subscriptions = standing();
    subscriptions.lost(&node("b"));
    assert_eq!(drain(&mut subscriptions), ["interrupted foo", "refresh"]);
    subscriptions.topology(&map(&[(FOO, "b")]));
    assert_eq!(drain(&mut subscriptions), ["b SSUBSCRIBE foo"]);
    subscriptions.refused(&node("b"), &["foo"]);
    assert_eq!(
        drain(&mut subscriptions),
        ["refresh"],
        "it did not stand, so nothing was interrupted"
    );
    subscriptions.topology(&map(&[(FOO, "c")]));
    assert_eq!(drain(&mut subscriptions), ["c SSUBSCRIBE foo"]);
}
