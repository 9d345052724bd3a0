//! The classes that are defined in Python, looked up once, and what goes between them and the core's types.

use std::borrow::Cow;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// An enum that is defined in Python: its members, in the order of the core's.
pub(super) struct Words {
    class: &'static str,
    words: Vec<String>,
    members: Vec<Py<PyAny>>,
}

impl Words {
    fn of(module: &Bound<'_, PyModule>, class: &'static str) -> PyResult<Self> {
        let members = module.getattr(class)?.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        let words = members
            .iter()
            .map(|member| member.getattr("value")?.extract::<String>());
        Ok(Self {
            class,
            words: words.collect::<PyResult<_>>()?,
            members: members.into_iter().map(Bound::unbind).collect(),
        })
    }

    /// The member of that number.
    pub(super) fn member<'py>(&self, py: Python<'py>, number: usize) -> Bound<'py, PyAny> {
        self.members[number].bind(py).clone()
    }

    /// The number of that member, or of the one with that value.
    ///
    /// # Errors
    /// `TypeError` if it is no `str`, `ValueError` if it is another.
    pub(super) fn number(&self, object: Borrowed<'_, '_, PyAny>) -> PyResult<usize> {
        let word = object
            .extract::<Cow<'_, str>>()
            .map_err(|_| crate::data::not_bytes(&object, self.class))?;
        let number = self.words.iter().position(|known| *known == word);
        number.ok_or_else(|| PyValueError::new_err(format!("expected a {}, found {word:?}", self.class)))
    }

    /// What that member is called in Python.
    pub(super) fn word(&self, number: usize) -> &str {
        &self.words[number]
    }
}

macro_rules! classes {
    (words { $($words:ident = $enum:literal),+ $(,)? } classes { $($field:ident = $class:literal),+ $(,)? }) => {
        pub(super) struct Classes {
            $(pub(super) $words: Words,)+
            $(pub(super) $field: Py<PyType>,)+
        }

        impl Classes {
            /// The classes. The first call imports their module.
            #[inline]
            pub(super) fn get(py: Python<'_>) -> PyResult<&'static Self> {
                static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();
                CLASSES.get_or_try_init(py, || {
                    let module = py.import("quorate._raft")?;
                    Ok(Self {
                        $($words: Words::of(&module, $enum)?,)+
                        $($field: module.getattr($class)?.cast_into::<PyType>()?.unbind(),)+
                    })
                })
            }
        }
    };
}

classes! {
    words {
        roles = "Role",
        read_only = "ReadOnly",
        dialects = "Dialect",
        entry_kinds = "EntryKind",
        message_kinds = "MessageKind",
        change_kinds = "ConfChangeKind",
        transitions = "ConfChangeTransition",
        progress_states = "ProgressState",
        vote_results = "VoteResult",
    }
    classes {
        config = "Config",
        stored = "Stored",
        entry_id = "EntryId",
        hard_state = "HardState",
        conf_state = "ConfState",
        snapshot = "Snapshot",
        conf_change = "ConfChange",
        conf_change_single = "ConfChangeSingle",
        conf_change_v1 = "ConfChangeV1",
        proposed = "Proposed",
        forwarded = "Forwarded",
        send = "Send",
        persist = "Persist",
        apply = "Apply",
        read_ready = "ReadReady",
        read_lost = "ReadLost",
        role_changed = "RoleChanged",
        fetch = "Fetch",
        trace = "Trace",
        log_summary = "LogSummary",
        progress = "Progress",
        status = "Status",
        soft_state = "SoftState",
        read_state = "ReadState",
        ready = "Ready",
    }
}

/// For a wrapper of a core's value: how it becomes an object of the class of that name in `quorate._raft`.
macro_rules! comes_out {
    ($type:ident($core:ty), $class:literal, |$py:ident, $value:ident| $build:expr) => {
        impl<'py> IntoPyObject<'py> for $type {
            type Target = PyAny;
            type Output = Bound<'py, PyAny>;
            type Error = PyErr;

            const OUTPUT_TYPE: PyStaticExpr = type_hint_identifier!("quorate._raft", $class);

            fn into_pyobject(self, $py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                let $value: $core = self.0;
                $build
            }
        }
    };
}
pub(super) use comes_out;

/// For a wrapper of a core's value: how it is read from an object of the class of that name in `quorate._raft`.
macro_rules! goes_in {
    ($type:ident, $field:ident, $class:literal, |$object:ident| $read:expr) => {
        impl FromPyObject<'_, '_> for $type {
            type Error = PyErr;

            const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("quorate._raft", $class);

            fn extract($object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
                if !$object.is_instance(Classes::get($object.py())?.$field.bind($object.py()))? {
                    return Err(crate::data::not_bytes(&$object, $class));
                }
                Ok(Self($read))
            }
        }
    };
}
pub(super) use goes_in;

/// A wrapper of a core's enum, which is one of `Words` in Python. A `str` of its value goes in as well.
macro_rules! word {
    ($type:ident($core:ty), $field:ident, $class:literal, $number:expr, $from_number:expr) => {
        #[derive(Clone, Copy)]
        pub(crate) struct $type(pub(super) $core);

        impl FromPyObject<'_, '_> for $type {
            type Error = PyErr;

            const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("builtins", "str");

            fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
                let words = &Classes::get(object.py())?.$field;
                let number = words.number(object)?;
                $from_number(number)
                    .map(Self)
                    .ok_or_else(|| crate::data::not_bytes(&object, $class))
            }
        }

        comes_out!($type($core), $class, |py, value| Ok(Classes::get(py)?
            .$field
            .member(py, $number(value))));
    };
}
pub(super) use word;
