//! Groups and instances: how they come, are found, and go.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::address::{Address, is_ip, write_host_port};
use super::config::MasterConfig;
use super::events::EventKind;
use super::instance::{FailoverState, Flags, Group, Instance, InstanceKind, PeerState, ReplicaState, Role};
use super::link::Link;
use super::server::{Millis, NEVER, Output, Sentinel};
use super::trace::Trace;

/// Why an instance was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotMade {
    /// There is one of that name.
    Exists,
    /// The host is no address and cannot be looked up.
    BadHost,
    /// The port is none.
    BadPort,
    /// There are as many as the settings allow.
    TooMany,
}

impl Sentinel {
    // ---- questions

    /// The place of the group whose master has that name.
    pub(super) fn find_master(&self, name: &str) -> Option<usize> {
        self.master_position(name).ok().map(|at| self.masters[at])
    }

    fn master_position(&self, name: &str) -> Result<usize, usize> {
        self.masters
            .binary_search_by(|&group| self.groups[group].config.name.as_str().cmp(name))
    }

    /// The first group whose master is at that address (`getSentinelRedisInstanceByAddrAndRunID`).
    pub(super) fn find_master_at(&self, host: &str, port: u16) -> Option<usize> {
        self.masters.iter().copied().find(|&group| {
            let address = &self.instances[self.groups[group].master].address;
            address.port == port && self.same_host(address, host)
        })
    }

    pub(super) fn find_sentinel(&self, group: usize, run_id: &str) -> Option<usize> {
        self.find_in(&self.groups[group].sentinels, run_id)
            .ok()
            .map(|at| self.groups[group].sentinels[at])
    }

    fn find_in(&self, places: &[usize], name: &str) -> Result<usize, usize> {
        places.binary_search_by(|&index| self.instances[index].name.as_str().cmp(name))
    }

    /// Whether the host is at that address, as far as names are resolved (`sentinelAddrEqualsHostname`).
    pub(super) fn same_host(&self, address: &Address, host: &str) -> bool {
        address.is_host(host)
            || (!address.ip.is_empty() && self.names.get(host).and_then(Option::as_deref) == Some(&*address.ip))
    }

    /// Where the master is: where the promoted replica is as soon as it serves (`sentinelGetCurrentMasterAddress`).
    pub(super) fn current_address(&self, group: usize) -> &Address {
        let state = &self.groups[group];
        let master = &self.instances[state.master];
        match state.promoted {
            Some(promoted)
                if master.is(Flags::FAILOVER_IN_PROGRESS) && state.failover_state >= FailoverState::ReconfSlaves =>
            {
                &self.instances[promoted].address
            }
            _ => &master.address,
        }
    }

    /// `<type> <name> <ip> <port>`, and ` @ <master> <ip> <port>` for what is no master itself: the `%@` of the server's events.
    pub(super) fn describe(&self, index: usize) -> String {
        let instance = &self.instances[index];
        let kind = instance.kind.name();
        let own = format!(
            "{kind} {} {} {}",
            instance.name,
            self.announced(&instance.address),
            instance.address.port
        );
        if instance.kind == InstanceKind::Master {
            return own;
        }
        let group = &self.groups[instance.group];
        let master = &self.instances[group.master].address;
        format!(
            "{own} @ {} {} {}",
            group.config.name,
            self.announced(master),
            master.port
        )
    }

    // ---- names

    /// An address, if the host is one or names are resolved. The name may not be resolved yet.
    pub(super) fn make_address(&mut self, host: &str, port: i64) -> Result<Address, NotMade> {
        let port = u16::try_from(port).map_err(|_| NotMade::BadPort)?;
        let mut address = Address::new(host, port);
        if is_ip(host) {
            return Ok(address);
        }
        if !self.config.resolve_hostnames || host.is_empty() {
            return Err(NotMade::BadHost);
        }
        match self.names.get(host) {
            Some(known) => address.ip = known.clone().unwrap_or_default(),
            None => self.ask_name(host),
        }
        Ok(address)
    }

    pub(super) fn ask_name(&mut self, host: &str) {
        if !self.names.contains_key(host) {
            self.names.insert(host.to_owned(), None);
        }
        self.push(Output::Resolve { host: host.to_owned() });
    }

    pub(super) fn name_resolved(&mut self, host: &str, ip: Option<&str>, now: Millis) {
        // What nobody asked for is not kept.
        let Some(known) = self.names.get_mut(host) else { return };
        let ip = ip.filter(|ip| is_ip(ip));
        if let Some(ip) = ip {
            *known = Some(ip.to_owned());
        }
        for index in 0..self.instances.len() {
            let instance = &mut self.instances[index];
            if !instance.live || instance.address.host != host {
                continue;
            }
            let link = instance.link;
            let waits = self.links[link].resolving;
            if let Some(ip) = ip
                && (waits || instance.address.ip.is_empty())
            {
                instance.address.ip = ip.to_owned();
            }
            self.due[index] = NEVER;
            if waits {
                self.links[link].resolving = false;
                // An address that was good before may be good still.
                if !self.instances[index].address.ip.is_empty() {
                    self.connect(index, now);
                }
            }
        }
    }

    // ---- coming

    pub(super) fn add_master(&mut self, config: MasterConfig, now: Millis) -> Result<usize, NotMade> {
        let address = self.make_address(&config.host, i64::from(config.port))?;
        let Err(at) = self.master_position(&config.name) else {
            return Err(NotMade::Exists);
        };
        let group = match self.free_groups.pop() {
            Some(group) => group,
            None => self.groups.len(),
        };
        let made = self.add_instance(
            InstanceKind::Master,
            group,
            config.name.clone(),
            address,
            config.down_after,
            now,
        );
        let master = match made {
            Ok(master) => master,
            Err(error) => {
                if group < self.groups.len() {
                    self.free_groups.push(group);
                }
                return Err(error);
            }
        };
        let state = Group::new(config, master);
        if group < self.groups.len() {
            self.groups[group] = state;
        } else {
            self.groups.push(state);
        }
        self.masters.insert(at, group);
        Ok(group)
    }

    pub(super) fn add_replica(&mut self, group: usize, host: &str, port: i64, now: Millis) -> Result<usize, NotMade> {
        let address = self.make_address(host, port)?;
        let mut name = String::new();
        // Writing to a string does not fail.
        let _ = write_host_port(&mut name, self.announced(&address), address.port);
        let Err(at) = self.find_in(&self.groups[group].replicas, &name) else {
            return Err(NotMade::Exists);
        };
        let down_after = self.groups[group].config.down_after;
        let index = self.add_instance(InstanceKind::Replica, group, name, address, down_after, now)?;
        self.groups[group].replicas.insert(at, index);
        Ok(index)
    }

    pub(super) fn add_sentinel(
        &mut self,
        group: usize,
        run_id: &str,
        host: &str,
        port: i64,
        now: Millis,
    ) -> Result<usize, NotMade> {
        let address = self.make_address(host, port)?;
        let Err(at) = self.find_in(&self.groups[group].sentinels, run_id) else {
            return Err(NotMade::Exists);
        };
        let down_after = self.groups[group].config.down_after;
        let index = self.add_instance(
            InstanceKind::Sentinel,
            group,
            run_id.to_owned(),
            address,
            down_after,
            now,
        )?;
        self.instances[index].run_id = run_id.to_owned();
        self.groups[group].sentinels.insert(at, index);
        Ok(index)
    }

    fn add_instance(
        &mut self,
        kind: InstanceKind,
        group: usize,
        name: String,
        address: Address,
        down_after: Millis,
        now: Millis,
    ) -> Result<usize, NotMade> {
        if self.instances.len() - self.free_instances.len() >= self.config.max_instances {
            self.trace(|_| Trace::TooManyInstances { instance: name });
            return Err(NotMade::TooMany);
        }
        let link = Link::new(now);
        let link = match self.free_links.pop() {
            Some(place) => {
                self.links[place] = link;
                place
            }
            None => {
                self.links.push(link);
                self.links.len() - 1
            }
        };
        let serial = self.next_serial;
        self.next_serial += 1;
        let instance = Instance {
            serial,
            live: true,
            kind,
            group,
            name,
            run_id: String::new(),
            address,
            link,
            flags: Flags::default(),
            down_after,
            last_pub: now,
            s_down_since: NEVER,
            o_down_since: NEVER,
            reboot_since: NEVER,
            info_refresh: NEVER,
            info: None,
            role_reported: match kind {
                InstanceKind::Master => Role::Master,
                InstanceKind::Replica => Role::Replica,
                InstanceKind::Sentinel => Role::Unknown,
            },
            role_reported_time: now,
            replica: ReplicaState {
                priority: 100,
                offset: 0,
                announced: true,
                link_down_time: 0,
                link_up: false,
                master_host: None,
                master_port: 0,
                conf_change_time: now,
                reconf_sent_time: NEVER,
            },
            peer: PeerState {
                last_hello: now,
                last_down_reply: now,
                leader: None,
                leader_epoch: 0,
            },
        };
        self.order_stale = true;
        Ok(match self.free_instances.pop() {
            Some(place) => {
                self.instances[place] = instance;
                self.due[place] = NEVER;
                place
            }
            None => {
                self.instances.push(instance);
                self.due.push(NEVER);
                self.instances.len() - 1
            }
        })
    }

    /// Lets the entry use the link of the same sentinel under another master (`sentinelTryConnectionSharing`).
    pub(super) fn share_link(&mut self, index: usize) {
        let (group, link) = (self.instances[index].group, self.instances[index].link);
        if self.links[link].users > 1 {
            return;
        }
        let run_id = &self.instances[index].run_id;
        let others = self.masters.iter().filter(|&&other| other != group);
        let twin = others.filter_map(|&other| self.find_sentinel(other, run_id)).next();
        if let Some(twin) = twin {
            let shared = self.instances[twin].link;
            self.release_link(link);
            self.instances[index].link = shared;
            self.links[shared].users += 1;
        }
    }

    // ---- going

    pub(super) fn remove_master(&mut self, name: &str) {
        let Ok(at) = self.master_position(name) else { return };
        let group = self.masters.remove(at);
        self.release_replicas(group);
        self.release_sentinels(group);
        self.release_instance(self.groups[group].master);
        self.free_groups.push(group);
    }

    pub(super) fn release_replicas(&mut self, group: usize) {
        self.groups[group].promoted = None;
        for index in core::mem::take(&mut self.groups[group].replicas) {
            self.release_instance(index);
        }
    }

    pub(super) fn release_sentinels(&mut self, group: usize) {
        for index in core::mem::take(&mut self.groups[group].sentinels) {
            self.release_instance(index);
        }
    }

    /// Says whether there was one (`removeMatchingSentinelFromMaster`).
    pub(super) fn remove_sentinel(&mut self, group: usize, run_id: &str) -> bool {
        let Ok(at) = self.find_in(&self.groups[group].sentinels, run_id) else {
            return false;
        };
        let index = self.groups[group].sentinels.remove(at);
        self.release_instance(index);
        true
    }

    fn release_instance(&mut self, index: usize) {
        let instance = &mut self.instances[index];
        instance.live = false;
        self.order_stale = true;
        // Replies that are on their way for it find another serial number, or none that lives.
        instance.serial = 0;
        instance.info = None;
        let link = instance.link;
        self.free_instances.push(index);
        self.release_link(link);
    }

    fn release_link(&mut self, link: usize) {
        self.links[link].users = self.links[link].users.saturating_sub(1);
        if self.links[link].users == 0 {
            self.close_link(link);
            self.links[link].resolving = false;
            self.free_links.push(link);
        }
    }

    // ---- reset

    /// Forgets what happened to a master (`sentinelResetMaster`). Its sentinels are forgotten too if `all`.
    pub(super) fn reset_master(&mut self, group: usize, keep: Keep, now: Millis) {
        self.release_replicas(group);
        if keep == Keep::Settings {
            self.release_sentinels(group);
        }
        let index = self.groups[group].master;
        let link = self.instances[index].link;
        self.close_link(link);
        let state = &mut self.groups[group];
        // The epoch of the vote stays, so that there is no second vote in it.
        state.leader = None;
        state.failover_state = FailoverState::None;
        state.failover_state_change = NEVER;
        state.failover_start = NEVER;
        state.promoted = None;
        let master = &mut self.instances[index];
        master.flags = Flags::default();
        master.run_id.clear();
        master.replica.master_host = None;
        master.role_reported = Role::Master;
        master.role_reported_time = now;
        self.due[index] = NEVER;
        let link = &mut self.links[link];
        link.act_ping = Some(now);
        link.last_ping = NEVER;
        link.last_avail = now;
        link.last_pong = now;
        if keep == Keep::Settings {
            let about = self.describe(index);
            self.event(EventKind::ResetMaster, Some(index), about);
        }
    }

    /// The master is elsewhere: the old one becomes a replica, the new one no longer is one
    /// (`sentinelResetMasterAndChangeAddress`).
    pub(super) fn change_master_address(&mut self, group: usize, host: &str, port: i64, now: Millis) -> bool {
        let Ok(address) = self.make_address(host, port) else {
            return false;
        };
        let master = self.groups[group].master;
        let places = self.groups[group]
            .replicas
            .iter()
            .map(|&index| &self.instances[index].address);
        let mut replicas: Vec<Address> = places.filter(|place| !place.same(&address)).cloned().collect();
        if !self.instances[master].address.same(&address) {
            replicas.push(self.instances[master].address.clone());
        }
        self.reset_master(group, Keep::Sentinels, now);
        let instance = &mut self.instances[master];
        instance.address = address;
        instance.s_down_since = NEVER;
        instance.o_down_since = NEVER;
        for replica in replicas {
            if let Ok(index) = self.add_replica(group, &replica.host, i64::from(replica.port), now) {
                let about = self.describe(index);
                self.event(EventKind::Slave, Some(index), about);
            }
        }
        self.flush();
        true
    }
}

/// What a reset leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// The settings alone: `SENTINEL RESET`.
    Settings,
    /// The settings and the other sentinels: the master's address changes.
    Sentinels,
}
