//! What an instance says in INFO, as far as a sentinel reads it.

use alloc::vec::Vec;

use super::instance::Role;

/// What stands in an INFO (the first half of `sentinelRefreshInstanceInfo`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Info<'a> {
    pub(super) run_id: Option<&'a str>,
    /// Where the replicas of a master are, as it tells them.
    pub(super) replicas: Vec<(&'a str, i64)>,
    /// How long a replica's link to its master is down, in seconds; 0 if it is not.
    pub(super) link_down_seconds: i64,
    pub(super) role: Option<Role>,
    pub(super) master_host: Option<&'a str>,
    pub(super) master_port: Option<i64>,
    pub(super) link_up: Option<bool>,
    pub(super) priority: Option<i64>,
    pub(super) offset: Option<u64>,
    pub(super) announced: Option<bool>,
}

impl<'a> Info<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let mut info = Self::default();
        for line in text.split("\r\n") {
            let Some((field, value)) = line.split_once(':') else {
                continue;
            };
            info.field(field, value);
        }
        info
    }

    fn field(&mut self, field: &str, value: &'a str) {
        match field {
            "run_id" => self.run_id = value.get(..40).or(self.run_id),
            "master_link_down_since_seconds" => self.link_down_seconds = leading_int(value),
            "role" if value.starts_with("master") => self.role = Some(Role::Master),
            "role" if value.starts_with("slave") => self.role = Some(Role::Replica),
            _ if field
                .strip_prefix("slave")
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) =>
            {
                self.replicas.extend(replica(value));
            }
            // A master may have lines of these names as well; they say nothing then.
            _ if self.role != Some(Role::Replica) => {}
            "master_host" => self.master_host = Some(value),
            "master_port" => self.master_port = Some(leading_int(value)),
            "master_link_status" => self.link_up = Some(value.eq_ignore_ascii_case("up")),
            "slave_priority" => self.priority = Some(leading_int(value)),
            "slave_repl_offset" => self.offset = Some(leading_u64(value)),
            "replica_announced" => self.announced = Some(leading_int(value) != 0),
            _ => {}
        }
    }
}

/// `ip=127.0.0.1,port=6380,...`, or `127.0.0.1,6380,...` of old.
fn replica(value: &str) -> Option<(&str, i64)> {
    if !value.contains("ip=") {
        let mut parts = value.split(',');
        let (host, port, _state) = (parts.next()?, parts.next()?, parts.next()?);
        return Some((host, leading_int(port)));
    }
    let part = |name: &str| {
        value
            .split(',')
            .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    };
    Some((part("ip")?, leading_int(part("port")?)))
}

/// The number that a text begins with; 0 if there is none, as in C.
pub(super) fn leading_int(text: &str) -> i64 {
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = i64::try_from(leading_u64(digits)).unwrap_or(i64::MAX);
    if negative { -value } else { value }
}

/// The number without a sign that a text begins with; 0 if there is none, and the greatest if it is greater still.
pub(super) fn leading_u64(text: &str) -> u64 {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.fold(0, |value: u64, digit| {
        value.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_tells_of_its_replicas_in_both_formats() {
        let info =
            Info::parse("role:master\r\nslave0:ip=10.0.0.2,port=6380,state=online\r\nslave1:10.0.0.3,6381,online\r\n");
        assert_eq!(info.replicas, [("10.0.0.2", 6380), ("10.0.0.3", 6381)]);
    }

    #[test]
    fn what_a_replica_says_counts_after_its_role_alone() {
        let before = Info::parse("master_host:10.0.0.1\r\nrole:slave\r\nslave_priority:7\r\n");
        assert_eq!((before.master_host, before.priority), (None, Some(7)));
        assert_eq!(Info::parse("role:master\r\nslave_priority:7").priority, None);
        assert!(before.replicas.is_empty());
    }

    #[test]
    fn numbers_are_read_as_far_as_they_go() {
        assert_eq!((leading_int("12x"), leading_int("-3"), leading_int("x")), (12, -3, 0));
        assert_eq!(leading_u64("99999999999999999999999"), u64::MAX);
    }
}
