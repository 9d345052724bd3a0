//! Values of many shapes as plain Python objects, by what serde says of them: dicts, lists, strings and numbers.

use std::borrow::Cow;
use std::fmt::Display;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use serde::ser::{
    Error, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    Serializer,
};

/// How names are written, and which fields are bytes.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    /// What becomes of the name of a variant.
    pub(crate) variant: fn(&'static str) -> Cow<'static, str>,
    /// The field, if there is one, that serde sees as a list of numbers and Python as `bytes`.
    pub(crate) bytes: Option<&'static str>,
}

impl Style {
    /// Exactly what the same value is as JSON.
    pub(crate) const JSON: Self = Self {
        variant: |name| Cow::Borrowed(name),
        bytes: None,
    };

    /// Variants in snake case, as Python's enums have them.
    pub(crate) const SNAKE: Self = Self {
        variant: |name| Cow::Owned(snake_case(name)),
        bytes: None,
    };
}

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

/// A variant's name, and its fields.
pub(crate) fn event<'py, T: Serialize>(
    py: Python<'py>,
    event: &T,
    style: Style,
) -> PyResult<(String, Bound<'py, PyDict>)> {
    let object = object(py, event, style)?;
    // A variant with fields is a `dict` of its name; one without is the name alone.
    match object.cast::<PyDict>() {
        Ok(dict) => match dict.iter().next() {
            Some((name, fields)) => Ok((name.extract()?, fields.cast_into::<PyDict>()?)),
            None => Err(PyValueError::new_err("an event without a name")),
        },
        Err(_) => Ok((object.extract()?, PyDict::new(py))),
    }
}

/// The value as Python objects.
pub(crate) fn object<'py, T: Serialize + ?Sized>(
    py: Python<'py>,
    value: &T,
    style: Style,
) -> PyResult<Bound<'py, PyAny>> {
    value.serialize(ToPython { py, style }).map_err(|failed| failed.0)
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

#[derive(Clone, Copy)]
struct ToPython<'py> {
    py: Python<'py>,
    style: Style,
}

impl<'py> ToPython<'py> {
    /// `{variant: value}`
    fn named(self, variant: &'static str, value: Bound<'py, PyAny>) -> Made<'py> {
        let dict = PyDict::new(self.py);
        dict.set_item((self.style.variant)(variant), value)?;
        Ok(dict.into_any())
    }

    fn fields(self, variant: Option<&'static str>) -> Fields<'py> {
        Fields {
            to: self,
            variant,
            fields: PyDict::new(self.py),
        }
    }
}

type Made<'py> = Result<Bound<'py, PyAny>, Failed>;

macro_rules! as_python {
    ($($method:ident: $type:ty),+ $(,)?) => {
        $(fn $method(self, value: $type) -> Made<'py> {
            Ok(value.into_bound_py_any(self.py)?)
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
    type SerializeMap = Map<'py>;
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
        Ok(PyBytes::new(self.py, value).into_any())
    }

    fn serialize_none(self) -> Made<'py> {
        Ok(self.py.None().into_bound(self.py))
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
        self.serialize_str(&(self.style.variant)(variant))
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
        self.named(variant, value.serialize(self)?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'py>, Failed> {
        Ok(List(self, PyList::empty(self.py)))
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'py>, Failed> {
        Ok(List(self, PyList::empty(self.py)))
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

    fn serialize_map(self, _: Option<usize>) -> Result<Map<'py>, Failed> {
        Ok(Map {
            to: self,
            entries: PyDict::new(self.py),
            key: None,
        })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'py>, Failed> {
        Ok(self.fields(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<'py>, Failed> {
        Ok(self.fields(Some(variant)))
    }
}

struct List<'py>(ToPython<'py>, Bound<'py, PyList>);

impl<'py> List<'py> {
    fn push<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), Failed> {
        Ok(self.1.append(value.serialize(self.0)?)?)
    }
}

impl<'py> SerializeSeq for List<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }

    fn end(self) -> Made<'py> {
        Ok(self.1.into_any())
    }
}

impl<'py> SerializeTuple for List<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }

    fn end(self) -> Made<'py> {
        Ok(self.1.into_any())
    }
}

struct Map<'py> {
    to: ToPython<'py>,
    entries: Bound<'py, PyDict>,
    key: Option<Bound<'py, PyAny>>,
}

impl<'py> SerializeMap for Map<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failed> {
        self.key = Some(key.serialize(self.to)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        let key = self.key.take().ok_or_else(|| Failed::custom("a value without a key"))?;
        Ok(self.entries.set_item(key, value.serialize(self.to)?)?)
    }

    fn end(self) -> Made<'py> {
        Ok(self.entries.into_any())
    }
}

struct Fields<'py> {
    to: ToPython<'py>,
    variant: Option<&'static str>,
    fields: Bound<'py, PyDict>,
}

impl<'py> Fields<'py> {
    fn add<T: Serialize + ?Sized>(&self, key: &'static str, value: &T) -> Result<(), Failed> {
        let mut value = value.serialize(self.to)?;
        if self.to.style.bytes == Some(key) {
            value = PyBytes::new(self.to.py, &value.extract::<Vec<u8>>()?).into_any();
        }
        Ok(self.fields.set_item(key, value)?)
    }

    fn made(self) -> Made<'py> {
        match self.variant {
            Some(variant) => self.to.named(variant, self.fields.into_any()),
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
