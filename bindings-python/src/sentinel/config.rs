//! `Config`, `MasterConfig` and `Timing`: what a sentinel is made with.

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::type_hint_identifier;
use quorate::sentinel::{self, Profile};

use crate::data::{read_from_python, word};

const PROFILES: [(&str, Profile); 2] = [("compat", Profile::Compat), ("strict", Profile::Strict)];

macro_rules! fields {
    ($object:ident, $($type:ident)::+ { $($field:ident),+ $(,)? } $($more:tt)*) => {
        $($type)::+ {
            $($field: $object.getattr(stringify!($field))?.extract()?,)+
            $($more)*
        }
    };
}
pub(super) use fields;

pub(crate) struct Config(pub(super) sentinel::Config);

read_from_python!(Config, "quorate._sentinel", "Config", |object| {
    let mut masters = Vec::new();
    for master in object.getattr("masters")?.try_iter()? {
        masters.push(master?.extract::<MasterConfig>()?.0);
    }
    let Timing(timing) = object.getattr("timing")?.extract()?;
    let profile = word(&object.getattr("profile")?, "Profile", &PROFILES)?;
    fields!(object, sentinel::Config {
        id, seed, ip, port, announce_ip, announce_port, resolve_hostnames, announce_hostnames, requirepass, sentinel_user,
        sentinel_pass, deny_scripts_reconfig, trace, max_instances,
    } profile, masters, timing)
});

struct MasterConfig(sentinel::MasterConfig);

read_from_python!(MasterConfig, "quorate._sentinel", "MasterConfig", |object| {
    let renamed_commands = object.getattr("renamed_commands")?.call_method0("items")?;
    let renamed_commands: PyResult<Vec<_>> = renamed_commands.try_iter()?.map(|pair| pair?.extract()).collect();
    fields!(object, sentinel::MasterConfig {
        name, host, port, quorum, down_after, failover_timeout, parallel_syncs, master_reboot_down_after, auth_user,
        auth_pass, notification_script, client_reconfig_script,
    } renamed_commands: renamed_commands?)
});

struct Timing(sentinel::Timing);

read_from_python!(Timing, "quorate._sentinel", "Timing", |object| fields!(
    object,
    sentinel::Timing {
        ping,
        info,
        ask,
        publish,
        default_down_after,
        default_failover_timeout,
        tilt_trigger,
        tilt_period,
        slave_reconf_timeout,
        min_link_reconnect,
        election_timeout,
        script_max_runtime,
        script_retry_delay,
    }
));
