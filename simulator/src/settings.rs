//! Settings: fields with a name, by which scripts set them, and a way to read and print them.

use alloc::string::{String, ToString};

use crate::time::{Time, parse_time, print_time};

/// A struct of settings, and what is not set by name behind `and`. `$kind` is a module that reads and prints.
macro_rules! settings {
    (
        $(#[doc = $about:literal])+
        $Config:ident {
            $($(#[doc = $doc:literal])+ $name:literal $field:ident: $type:ty, $kind:ident = $default:expr;)+
        }
        and {
            $($(#[doc = $more_doc:literal])+ $(#[cfg($cfg:meta)])? $more:ident: $more_type:ty = $more_default:expr;)*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $Config {
            $($(#[doc = $doc])+ pub $field: $type,)+
            $($(#[doc = $more_doc])+ $(#[cfg($cfg)])? pub $more: $more_type,)*
        }

        impl Default for $Config {
            fn default() -> Self {
                Self {
                    $($field: $default,)+
                    $($(#[cfg($cfg)])? $more: $more_default,)*
                }
            }
        }

        impl $Config {
            /// The names of its own settings.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            fn set_own(&mut self, name: &str, value: &str) -> Result<(), $crate::Error> {
                let invalid = || $crate::Error::InvalidValue { name: name.into(), value: value.into() };
                match name {
                    $($name => self.$field = $kind::parse(value).ok_or_else(invalid)?,)+
                    _ => return Err($crate::Error::UnknownSetting(name.into())),
                }
                Ok(())
            }

            /// The settings, by name, as they are read.
            fn own(&self) -> alloc::vec::Vec<(&'static str, alloc::string::String)> {
                alloc::vec::Vec::from([$(($name, $kind::print(&self.$field))),+])
            }
        }
    };
}

pub(crate) use settings;

pub(crate) mod number {
    use super::*;

    pub(crate) fn parse(text: &str) -> Option<u64> {
        text.parse().ok()
    }

    pub(crate) fn print(value: &u64) -> String {
        value.to_string()
    }
}

pub(crate) mod time {
    use super::*;

    pub(crate) fn parse(text: &str) -> Option<Time> {
        parse_time(text)
    }

    pub(crate) fn print(value: &Time) -> String {
        print_time(*value)
    }
}

/// `2%` or `500ppm`, kept in parts per million.
pub(crate) mod share {
    use super::*;

    pub(crate) fn parse(text: &str) -> Option<u64> {
        let (number, scale) = match text.strip_suffix('%') {
            Some(percent) => (percent, 10_000),
            None => (text.strip_suffix("ppm")?, 1),
        };
        let parts = number.parse::<u64>().ok()?.checked_mul(scale)?;
        (parts <= 1_000_000).then_some(parts)
    }

    pub(crate) fn print(value: &u64) -> String {
        match value.is_multiple_of(10_000) {
            true => alloc::format!("{}%", value / 10_000),
            false => alloc::format!("{value}ppm"),
        }
    }
}

pub(crate) mod switch {
    use super::*;

    pub(crate) fn parse(text: &str) -> Option<bool> {
        match text {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        }
    }

    pub(crate) fn print(value: &bool) -> String {
        if *value { "on" } else { "off" }.to_string()
    }
}
