//! The lines of the configuration: what is persisted, and what is read back.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::config::{MasterConfig, is_run_id};
use super::error::Error;
use super::events::EventKind;
use super::groups::NotMade;
use super::server::{Millis, Sentinel};
use crate::resp::split_inline;

impl Sentinel {
    /// What must survive a restart, as the `sentinel` lines of a configuration file (`rewriteConfigSentinelOption`). Of a vote
    /// the epoch is kept, and not whom it went to: there is no second vote, and no memory of the first.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |words: &[&str]| {
            let mut text = "sentinel".to_owned();
            for word in words {
                text.push(' ');
                quote(word, &mut text);
            }
            lines.push(text);
        };
        let yes_no = |on: bool| if on { "yes" } else { "no" };
        let config = &self.config;
        line(&["myid", &config.id]);
        line(&["deny-scripts-reconfig", yes_no(config.deny_scripts_reconfig)]);
        line(&["resolve-hostnames", yes_no(config.resolve_hostnames)]);
        line(&["announce-hostnames", yes_no(config.announce_hostnames)]);
        for &group in &self.masters {
            let state = &self.groups[group];
            let config = &state.config;
            let name = &*config.name;
            let master = &self.instances[state.master].address;
            let current = self.current_address(group);
            let port = current.port.to_string();
            line(&[
                "monitor",
                name,
                self.announced(current),
                &port,
                &config.quorum.to_string(),
            ]);
            line(&["down-after-milliseconds", name, &config.down_after.to_string()]);
            line(&["failover-timeout", name, &config.failover_timeout.to_string()]);
            line(&["parallel-syncs", name, &config.parallel_syncs.to_string()]);
            let reboot = config.master_reboot_down_after;
            if reboot != 0 {
                line(&["master-reboot-down-after-period", name, &reboot.to_string()]);
            }
            let options = [
                ("notification-script", &config.notification_script),
                ("client-reconfig-script", &config.client_reconfig_script),
                ("auth-pass", &config.auth_pass),
                ("auth-user", &config.auth_user),
            ];
            for (option, value) in options {
                if let Some(value) = value {
                    line(&[option, name, value]);
                }
            }
            for (from, to) in &config.renamed_commands {
                line(&["rename-command", name, from, to]);
            }
            line(&["config-epoch", name, &state.config_epoch.to_string()]);
            line(&["leader-epoch", name, &state.leader_epoch.to_string()]);
            for &index in &state.replicas {
                let own = &self.instances[index].address;
                // The promoted replica stands as the master already, so the old master takes its line.
                let address = if own.same(current) { master } else { own };
                line(&[
                    "known-replica",
                    name,
                    self.announced(address),
                    &address.port.to_string(),
                ]);
            }
            for &index in &state.sentinels {
                let peer = &self.instances[index];
                let port = peer.address.port.to_string();
                line(&[
                    "known-sentinel",
                    name,
                    self.announced(&peer.address),
                    &port,
                    &peer.run_id,
                ]);
            }
        }
        line(&["current-epoch", &self.current_epoch.to_string()]);
        let port = config.announce_port.map(|port| port.to_string());
        let options = [
            ("announce-ip", &config.announce_ip),
            ("announce-port", &port),
            ("sentinel-user", &config.sentinel_user),
            ("sentinel-pass", &config.sentinel_pass),
        ];
        for (option, value) in options {
            if let Some(value) = value {
                line(&[option, value]);
            }
        }
        lines
    }

    /// Takes in the settings and the lines.
    pub(super) fn load(&mut self, lines: &[String], now: Millis) -> Result<(), Error> {
        let mut parsed = Vec::new();
        for (at, text) in lines.iter().enumerate() {
            let wrong = |reason: &str| Error::Line {
                line: at + 1,
                text: text.clone(),
                reason: reason.to_owned(),
            };
            let words = split_inline(text.as_bytes()).map_err(|_| wrong("the quotes do not match"))?;
            let words: Vec<String> = words
                .iter()
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect();
            if words.first().is_some_and(|word| word.eq_ignore_ascii_case("sentinel")) {
                parsed.push((at, text, words));
            }
        }
        let is = |words: &[String], option: &str| words.get(1).is_some_and(|word| word.eq_ignore_ascii_case(option));
        // Options before masters, and masters before what is said of them, in whatever order they stand.
        let rank = |words: &[String]| match words.len() {
            _ if is(words, "monitor") => 1,
            0..=3 => 0,
            _ => 2,
        };
        if !parsed.iter().any(|(_, _, words)| is(words, "myid")) {
            for config in core::mem::take(&mut self.config.masters) {
                let named = |words: &[String]| is(words, "monitor") && words.get(2) == Some(&config.name);
                if parsed.iter().any(|(_, _, words)| named(words)) {
                    continue;
                }
                let (name, host) = (config.name.clone(), config.host.clone());
                self.add_master(config, now)
                    .map_err(|error| Error::Config(format!("master `{name}` at `{host}`: {}", error.text())))?;
            }
        }
        self.config.masters = Vec::new();
        parsed.sort_by_key(|(_, _, words)| rank(words));
        for (at, text, words) in parsed {
            let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
            self.load_line(&words, now).map_err(|reason| Error::Line {
                line: at + 1,
                text: text.clone(),
                reason: reason.to_owned(),
            })?;
        }
        Ok(())
    }

    /// `sentinelHandleConfiguration`.
    fn load_line(&mut self, words: &[&str], now: Millis) -> Result<(), &'static str> {
        let Some((option, rest)) = words.split_first() else {
            return Err("an option is missing");
        };
        match (option.to_ascii_lowercase().as_str(), rest) {
            ("monitor", [name, host, port, quorum]) => {
                let port = port.parse().map_err(|_| NotMade::BadPort.text())?;
                let quorum = quorum.parse().ok().filter(|quorum| *quorum > 0);
                let quorum = quorum.ok_or("the quorum must be 1 or greater")?;
                let mut config = MasterConfig::new(name, host, port, quorum);
                config.down_after = self.config.timing.default_down_after;
                config.failover_timeout = self.config.timing.default_failover_timeout;
                self.add_master(config, now).map(|_| ()).map_err(NotMade::text)
            }
            ("myid", [id]) if is_run_id(id) => {
                (*id).clone_into(&mut self.config.id);
                Ok(())
            }
            ("current-epoch", [epoch]) => {
                self.current_epoch = self.current_epoch.max(number(epoch)?);
                Ok(())
            }
            ("announce-ip", [host]) => set(&mut self.config.announce_ip, Some((*host).to_owned())),
            ("announce-port", [port]) => set(
                &mut self.config.announce_port,
                Some(port.parse().map_err(|_| NotMade::BadPort.text())?),
            ),
            ("sentinel-user", [user]) => set(&mut self.config.sentinel_user, Some((*user).to_owned())),
            ("sentinel-pass", [pass]) => set(&mut self.config.sentinel_pass, Some((*pass).to_owned())),
            ("deny-scripts-reconfig", [on]) => set(&mut self.config.deny_scripts_reconfig, yes_no(on)?),
            ("resolve-hostnames", [on]) => set(&mut self.config.resolve_hostnames, yes_no(on)?),
            ("announce-hostnames", [on]) => set(&mut self.config.announce_hostnames, yes_no(on)?),
            (option, [name, values @ ..]) => {
                let group = self.find_master(name).ok_or("no master of that name is monitored")?;
                self.load_master_line(group, option, values, now)
            }
            _ => Err(UNKNOWN),
        }
    }

    fn load_master_line(
        &mut self,
        group: usize,
        option: &str,
        values: &[&str],
        now: Millis,
    ) -> Result<(), &'static str> {
        let state = &mut self.groups[group];
        let config = &mut state.config;
        match (option, values) {
            ("down-after-milliseconds", [value]) => {
                config.down_after = period(value)?;
                self.propagate_down_after(group);
                Ok(())
            }
            ("failover-timeout", [value]) => set(&mut config.failover_timeout, period(value)?),
            ("parallel-syncs", [value]) => {
                let count = value.parse().ok().filter(|count| *count > 0);
                set(
                    &mut config.parallel_syncs,
                    count.ok_or("a number of at least 1 is expected")?,
                )
            }
            ("master-reboot-down-after-period", [value]) => {
                let value = value.parse().ok().filter(|value| *value >= 0);
                set(
                    &mut config.master_reboot_down_after,
                    value.ok_or("a number is expected")?,
                )
            }
            ("notification-script", [path]) => set(&mut config.notification_script, Some((*path).to_owned())),
            ("client-reconfig-script", [path]) => set(&mut config.client_reconfig_script, Some((*path).to_owned())),
            ("auth-pass", [pass]) => set(&mut config.auth_pass, Some((*pass).to_owned())),
            ("auth-user", [user]) => set(&mut config.auth_user, Some((*user).to_owned())),
            ("rename-command", [from, to]) => {
                config
                    .renamed_commands
                    .retain(|(known, _)| !known.eq_ignore_ascii_case(from));
                config.renamed_commands.push(((*from).to_owned(), (*to).to_owned()));
                Ok(())
            }
            ("config-epoch", [epoch]) => {
                state.config_epoch = number(epoch)?;
                self.current_epoch = self.current_epoch.max(state.config_epoch);
                Ok(())
            }
            ("leader-epoch", [epoch]) => {
                state.leader_epoch = number(epoch)?;
                Ok(())
            }
            ("known-replica" | "known-slave", [host, port]) => {
                let port = port.parse().map_err(|_| NotMade::BadPort.text())?;
                known(self.add_replica(group, host, port, now)).map(|_| ())
            }
            // Of old, without a run id: passed over.
            ("known-sentinel", [_, _]) => Ok(()),
            ("known-sentinel", [host, port, run_id]) => {
                let port = port.parse().map_err(|_| NotMade::BadPort.text())?;
                if let Some(index) = known(self.add_sentinel(group, run_id, host, port, now))? {
                    self.share_link(index);
                }
                Ok(())
            }
            _ => Err(UNKNOWN),
        }
    }

    /// `sentinelGenerateInitialMonitorEvents`.
    pub(super) fn announce_masters(&mut self) {
        for at in 0..self.masters.len() {
            self.tell_monitor(self.masters[at]);
        }
    }

    pub(super) fn tell_monitor(&mut self, group: usize) {
        let state = &self.groups[group];
        let master = state.master;
        let message = format!("{} quorum {}", self.describe(master), state.config.quorum);
        self.event(EventKind::Monitor, Some(master), message);
    }

    /// `sentinelPropagateDownAfterPeriod`.
    pub(super) fn propagate_down_after(&mut self, group: usize) {
        let state = &self.groups[group];
        for &index in [&state.master]
            .into_iter()
            .chain(&state.replicas)
            .chain(&state.sentinels)
        {
            self.instances[index].down_after = state.config.down_after;
            self.due[index] = super::server::NEVER;
        }
    }
}

const UNKNOWN: &str = "no such option, or not so many arguments";

impl NotMade {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Exists => "there is one already",
            Self::BadHost => "the host is no IP address, and names are not resolved",
            Self::BadPort => "the port must be a number from 0 to 65535",
            Self::TooMany => "there are as many instances as the settings allow",
        }
    }
}

/// What is there already is no mistake.
fn known(made: Result<usize, NotMade>) -> Result<Option<usize>, &'static str> {
    match made {
        Ok(index) => Ok(Some(index)),
        Err(NotMade::Exists) => Ok(None),
        Err(error) => Err(error.text()),
    }
}

fn set<T>(setting: &mut T, value: T) -> Result<(), &'static str> {
    *setting = value;
    Ok(())
}

fn number(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "a number is expected")
}

fn period(text: &str) -> Result<Millis, &'static str> {
    let value = text.parse().ok().filter(|value| *value > 0);
    value.ok_or("a number of milliseconds above 0 is expected")
}

fn yes_no(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("yes or no is expected"),
    }
}

/// Writes a word so that it is read back as it is, in quotes where it must be.
fn quote(word: &str, out: &mut String) {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
    if !word.is_empty() && word.bytes().all(plain) {
        out.push_str(word);
        return;
    }
    out.push('"');
    for byte in word.bytes() {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
}
