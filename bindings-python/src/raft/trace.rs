//! Trace events as a word and a `dict` of fields. There are some sixty of them, so that what serde says of each is what is used.

use std::fmt::Display;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use quorate::raft;
use serde::ser::{
    Error, Impossible, Serialize, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, Serializer,
};

use super::snake_case;

/// The event's name, and its fields.
pub(super) fn event<'py>(py: Python<'py>, event: &raft::Trace) -> PyResult<(String, Bound<'py, PyDict>)> {
    let object = event.serialize(ToPython(py)).map_err(|failed| failed.0)?;
    // A variant with fields is a `dict` of its name; one without is the name alone.
    match object.cast::<PyDict>() {
        Ok(dict) => match dict.iter().next() {
            Some((name, fields)) => Ok((name.extract()?, fields.cast_into::<PyDict>()?)),
            None => Err(PyValueError::new_err("an event without a name")),
        },
        Err(_) => Ok((object.extract()?, PyDict::new(py))),
    }
}

#[derive(Debug)]
struct Failed(PyErr);

impl Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Failed {}

impl Error for Failed {
    fn custom<T: Display>(message: T) -> Self {
        Self(PyValueError::new_err(message.to_string()))
    }
}

impl From<PyErr> for Failed {
    fn from(error: PyErr) -> Self {
        Self(error)
    }
}

/// Numbers, names and structs as they are; variants in snake case.
#[derive(Clone, Copy)]
struct ToPython<'py>(Python<'py>);

type Made<'py> = Result<Bound<'py, PyAny>, Failed>;

macro_rules! as_python {
    ($($method:ident: $type:ty),+ $(,)?) => {
        $(fn $method(self, value: $type) -> Made<'py> {
            Ok(value.into_bound_py_any(self.0)?)
        })+
    };
}

impl<'py> Serializer for ToPython<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;
    type SerializeSeq = List<'py>;
    type SerializeTuple = List<'py>;
    type SerializeTupleStruct = Impossible<Self::Ok, Failed>;
    type SerializeTupleVariant = Impossible<Self::Ok, Failed>;
    type SerializeMap = Impossible<Self::Ok, Failed>;
    type SerializeStruct = Fields<'py>;
    type SerializeStructVariant = Fields<'py>;

    as_python!(
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_str: &str,
    );

    fn serialize_bytes(self, value: &[u8]) -> Made<'py> {
        Ok(PyBytes::new(self.0, value).into_any())
    }

    fn serialize_none(self) -> Made<'py> {
        Ok(self.0.None().into_bound(self.0))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Made<'py> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Made<'py> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Made<'py> {
        self.serialize_none()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Made<'py> {
        self.serialize_str(&snake_case(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Made<'py> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Made<'py> {
        named(self.0, variant, value.serialize(self)?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'py>, Failed> {
        Ok(List(PyList::empty(self.0)))
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'py>, Failed> {
        Ok(List(PyList::empty(self.0)))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Failed> {
        Err(Failed::custom(name))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Failed> {
        Err(Failed::custom(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Failed> {
        Err(Failed::custom("a map"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'py>, Failed> {
        Ok(Fields {
            variant: None,
            fields: PyDict::new(self.0),
        })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<'py>, Failed> {
        Ok(Fields {
            variant: Some(variant),
            fields: PyDict::new(self.0),
        })
    }
}

struct List<'py>(Bound<'py, PyList>);

impl<'py> List<'py> {
    fn push<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), Failed> {
        Ok(self.0.append(value.serialize(ToPython(self.0.py()))?)?)
    }
}

impl<'py> SerializeSeq for List<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }

    fn end(self) -> Made<'py> {
        Ok(self.0.into_any())
    }
}

impl<'py> SerializeTuple for List<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }

    fn end(self) -> Made<'py> {
        Ok(self.0.into_any())
    }
}

struct Fields<'py> {
    variant: Option<&'static str>,
    fields: Bound<'py, PyDict>,
}

impl<'py> Fields<'py> {
    fn add<T: Serialize + ?Sized>(&self, key: &'static str, value: &T) -> Result<(), Failed> {
        let py = self.fields.py();
        let mut value = value.serialize(ToPython(py))?;
        if key == "context" {
            // The only bytes in any event, which serde sees as a list of numbers.
            value = PyBytes::new(py, &value.extract::<Vec<u8>>()?).into_any();
        }
        Ok(self.fields.set_item(key, value)?)
    }

    fn made(self) -> Made<'py> {
        match self.variant {
            Some(variant) => named(self.fields.py(), variant, self.fields.into_any()),
            None => Ok(self.fields.into_any()),
        }
    }
}

impl<'py> SerializeStruct for Fields<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Failed> {
        self.add(key, value)
    }

    fn end(self) -> Made<'py> {
        self.made()
    }
}

impl<'py> SerializeStructVariant for Fields<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Failed> {
        self.add(key, value)
    }

    fn end(self) -> Made<'py> {
        self.made()
    }
}

/// `{variant: value}`
fn named<'py>(py: Python<'py>, variant: &'static str, value: Bound<'py, PyAny>) -> Made<'py> {
    let dict = PyDict::new(py);
    dict.set_item(snake_case(variant), value)?;
    Ok(dict.into_any())
}
