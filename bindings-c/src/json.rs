//! What serde says of plain data as JSON, with the names of variants in snake case, as codes are. Texts that are data stay as they
//! are, and so do names of fields.

use core::fmt::{self, Display};

use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::{Map, Value};

/// `value` as JSON.
pub(crate) fn value(value: &(impl Serialize + ?Sized)) -> Value {
    // What is written here is plain data, of which every type is provided for.
    value.serialize(Json).unwrap_or_default()
}

/// `BecameLeader` as codes are written: `became_leader`. What is written so stays as it is.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[derive(Debug)]
struct Never;

impl Display for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not expected")
    }
}

impl std::error::Error for Never {}

impl ser::Error for Never {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

struct Json;

/// A list that is open, of that variant if it is one.
struct List(Vec<Value>, Option<&'static str>);

/// An object that is open, of that variant if it is one.
struct Object(Map<String, Value>, String, Option<&'static str>);

fn tagged(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(variant) => Value::Object([(snake_case(variant), value)].into_iter().collect()),
        None => value,
    }
}

macro_rules! plain {
    ($($name:ident: $type:ty),*) => {
        $(fn $name(self, value: $type) -> Result<Value, Never> { Ok(value.into()) })*
    };
}

impl Serializer for Json {
    type Ok = Value;
    type Error = Never;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Object;
    type SerializeStruct = Object;
    type SerializeStructVariant = Object;

    plain!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_str: &str, serialize_bytes: &[u8]
    );

    fn serialize_char(self, value: char) -> Result<Value, Never> {
        Ok(value.to_string().into())
    }

    fn serialize_none(self) -> Result<Value, Never> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Never> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Never> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Never> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Never> {
        Ok(snake_case(variant).into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Value, Never> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Never> {
        Ok(tagged(Some(variant), value.serialize(self)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Never> {
        Ok(List(Vec::new(), None))
    }

    fn serialize_tuple(self, _: usize) -> Result<List, Never> {
        Ok(List(Vec::new(), None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List, Never> {
        Ok(List(Vec::new(), None))
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<List, Never> {
        Ok(List(Vec::new(), Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object, Never> {
        Ok(Object(Map::new(), String::new(), None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object, Never> {
        Ok(Object(Map::new(), String::new(), None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object, Never> {
        Ok(Object(Map::new(), String::new(), Some(variant)))
    }
}

macro_rules! list {
    ($($trait:ident::$add:ident),*) => { $(impl $trait for List {
        type Ok = Value;
        type Error = Never;

        fn $add<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Never> {
            self.0.push(element.serialize(Json)?);
            Ok(())
        }

        fn end(self) -> Result<Value, Never> {
            Ok(tagged(self.1, Value::Array(self.0)))
        }
    })* };
}
list!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! object {
    ($($trait:ident),*) => { $(impl $trait for Object {
        type Ok = Value;
        type Error = Never;

        fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Never> {
            self.0.insert(name.into(), value.serialize(Json)?);
            Ok(())
        }

        fn end(self) -> Result<Value, Never> {
            Ok(tagged(self.2, Value::Object(self.0)))
        }
    })* };
}
object!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Object {
    type Ok = Value;
    type Error = Never;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Never> {
        self.1 = match key.serialize(Json)? {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.0.insert(core::mem::take(&mut self.1), value.serialize(Json)?);
        Ok(())
    }

    fn end(self) -> Result<Value, Never> {
        Ok(Value::Object(self.0))
    }
}
