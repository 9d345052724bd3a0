//! `SENTINEL SET`, `SENTINEL CONFIG` and `SENTINEL DEBUG`: settings that change while the sentinel runs.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::command::{Answer, Refusal, any_of, ok};
use super::events::EventKind;
use super::sentinel_command::integer;
use super::server::{ClientId, Millis, NEVER, Sentinel};
use super::session::{bulk, glob};
use crate::resp::Value;

const SCRIPTS_DENIED: &str = "ERR Reconfiguration of scripts path is denied for security reasons. Check the \
                              deny-scripts-reconfig configuration directive in your Sentinel configuration";

impl Sentinel {
    /// What was set before a mistake stays set, as with the server (`sentinelSetCommand`).
    pub(super) fn set_options(&mut self, name: &[u8], options: &[&[u8]]) -> Answer {
        let group = self.known_master(name)?;
        let mut rest = options;
        let mut changed = false;
        let mut drop_links = false;
        let mut result = Ok(ok());
        while let [option, values @ ..] = rest {
            let option = String::from_utf8_lossy(option).into_owned();
            let taken = if any_of(option.as_bytes(), &["rename-command"]) {
                2
            } else {
                1
            };
            let Some(values) = values.get(..taken) else {
                result = Err(Refusal(format!(
                    "ERR Unknown option or number of arguments for SENTINEL SET '{option}'"
                )));
                break;
            };
            rest = rest.get(1 + taken..).unwrap_or_default();
            let texts: Vec<String> = values
                .iter()
                .map(|value| String::from_utf8_lossy(value).into_owned())
                .collect();
            if let Err(refusal) = self.set_option(group, &option, &texts) {
                result = Err(refusal);
                break;
            }
            changed = true;
            drop_links |= any_of(option.as_bytes(), &["auth-pass", "auth-user"]);
            let master = self.groups[group].master;
            let message = format!("{} {option} {}", self.describe(master), texts.join(" "));
            self.event(EventKind::Set, Some(master), message);
        }
        if changed {
            self.flush();
        }
        if drop_links {
            self.drop_data_links(group);
        }
        result
    }

    fn set_option(&mut self, group: usize, option: &str, values: &[String]) -> Result<(), Refusal> {
        let value = values.first().map_or("", String::as_str);
        let bad = || Refusal(format!("ERR Invalid argument '{value}' for SENTINEL SET '{option}'"));
        let text = || (!value.is_empty()).then(|| value.to_owned());
        let number = integer(value.as_bytes());
        let positive = || number.filter(|number| *number > 0).ok_or_else(bad);
        let count = || positive().and_then(|number| u32::try_from(number).map_err(|_| bad()));
        let denied = self.config.deny_scripts_reconfig;
        let config = &mut self.groups[group].config;
        match option.to_ascii_lowercase().as_str() {
            "down-after-milliseconds" => {
                config.down_after = positive()?;
                self.propagate_down_after(group);
            }
            "failover-timeout" => config.failover_timeout = positive()?,
            "parallel-syncs" => config.parallel_syncs = count()?,
            "quorum" => config.quorum = count()?,
            "master-reboot-down-after-period" => {
                config.master_reboot_down_after = number.filter(|number| *number >= 0).ok_or_else(bad)?;
            }
            "notification-script" | "client-reconfig-script" if denied => return Err(Refusal::new(SCRIPTS_DENIED)),
            "notification-script" => config.notification_script = text(),
            "client-reconfig-script" => config.client_reconfig_script = text(),
            "auth-pass" => config.auth_pass = text(),
            "auth-user" => config.auth_user = text(),
            "rename-command" => {
                let [from, to] = values else { return Err(bad()) };
                if from.is_empty() || to.is_empty() {
                    return Err(bad());
                }
                config
                    .renamed_commands
                    .retain(|(known, _)| !known.eq_ignore_ascii_case(from));
                // A command that is called what it is called is not renamed.
                if !from.eq_ignore_ascii_case(to) {
                    config.renamed_commands.push((from.clone(), to.clone()));
                }
            }
            _ => {
                return Err(Refusal(format!(
                    "ERR Unknown option or number of arguments for SENTINEL SET '{option}'"
                )));
            }
        }
        Ok(())
    }

    /// With other credentials they are opened anew.
    fn drop_data_links(&mut self, group: usize) {
        let state = &self.groups[group];
        let places: Vec<usize> = [state.master]
            .into_iter()
            .chain(state.replicas.iter().copied())
            .collect();
        for index in places {
            self.close_link(self.instances[index].link);
        }
    }

    fn drop_sentinel_links(&mut self) {
        for at in 0..self.masters.len() {
            for index in self.groups[self.masters[at]].sentinels.clone() {
                self.close_link(self.instances[index].link);
            }
        }
    }

    // ---- SENTINEL CONFIG

    pub(super) fn config_command(&mut self, client: ClientId, action: &[u8], options: &[&[u8]]) -> Answer {
        match options {
            [pattern] if any_of(action, &["get"]) => Ok(self.config_get(client, pattern)),
            [option, value] if any_of(action, &["set"]) => {
                self.config_set(option, &String::from_utf8_lossy(value))?;
                self.flush();
                Ok(ok())
            }
            _ => Err(Refusal::new(
                "ERR Only SENTINEL CONFIG GET <param> / SET <param> <value> are supported.",
            )),
        }
    }

    fn config_get(&self, client: ClientId, pattern: &[u8]) -> Value {
        let config = &self.config;
        let yes_no = |on: bool| if on { "yes" } else { "no" }.to_owned();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let options = [
            ("resolve-hostnames", yes_no(config.resolve_hostnames)),
            ("announce-hostnames", yes_no(config.announce_hostnames)),
            ("announce-ip", text(&config.announce_ip)),
            ("announce-port", config.announce_port.unwrap_or(0).to_string()),
            ("sentinel-user", text(&config.sentinel_user)),
            ("sentinel-pass", text(&config.sentinel_pass)),
        ];
        let pattern = pattern.to_ascii_lowercase();
        let found = options.iter().filter(|(name, _)| glob(&pattern, name.as_bytes()));
        self.pairs(client, found.map(|(name, value)| (bulk(name), bulk(value))).collect())
    }

    fn config_set(&mut self, option: &[u8], value: &str) -> Result<(), Refusal> {
        let name = String::from_utf8_lossy(option).to_ascii_lowercase();
        let bad = || Refusal(format!("ERR Invalid value '{value}' to SENTINEL CONFIG SET '{name}'"));
        let yes_no = || match value.to_ascii_lowercase().as_str() {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err(bad()),
        };
        let text = || (!value.is_empty()).then(|| value.to_owned());
        let config = &mut self.config;
        match name.as_str() {
            "resolve-hostnames" => config.resolve_hostnames = yes_no()?,
            "announce-hostnames" => config.announce_hostnames = yes_no()?,
            "announce-ip" => config.announce_ip = text(),
            "announce-port" => {
                let port: u16 = value.parse().map_err(|_| bad())?;
                config.announce_port = Some(port).filter(|port| *port != 0);
            }
            "sentinel-user" => {
                config.sentinel_user = text();
                self.drop_sentinel_links();
            }
            "sentinel-pass" => {
                config.sentinel_pass = text();
                self.drop_sentinel_links();
            }
            _ => return Err(Refusal(format!("ERR Invalid argument '{name}' to SENTINEL CONFIG SET"))),
        }
        Ok(())
    }

    // ---- SENTINEL DEBUG

    /// Without arguments the periods, with them other ones.
    pub(super) fn debug(&mut self, client: ClientId, options: &[&[u8]]) -> Answer {
        if options.is_empty() {
            let fields = self.config.timing.fields();
            let fields = fields.map(|(name, value)| (bulk(name), bulk(&value.to_string())));
            return Ok(self.pairs(client, fields.into()));
        }
        for pair in options.chunks(2) {
            let name = String::from_utf8_lossy(pair[0]).into_owned();
            let fields = self.config.timing.fields();
            let known = fields.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
            let (Some((_, field)), Some(value)) = (known, pair.get(1)) else {
                return Err(Refusal(format!(
                    "ERR Unknown option or number of arguments for SENTINEL DEBUG '{name}'"
                )));
            };
            let period: Option<Millis> = integer(value).filter(|value| *value > 0);
            *field = period.ok_or_else(|| {
                let value = String::from_utf8_lossy(value);
                Refusal(format!("ERR Invalid argument '{value}' for SENTINEL DEBUG '{name}'"))
            })?;
        }
        // What was thought to be due at some time may be due earlier.
        self.due.fill(NEVER);
        Ok(ok())
    }
}
