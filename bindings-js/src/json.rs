//! What serde says of a value as JSON text, for values that people look at: traces, views of worlds. The host parses it natively.
//!
//! Fields are in camel case and variants in snake case, as `ts/` has them; a variant with fields is an object that its tag tells
//! apart. Numbers that a double does not hold exactly are text that ends in `n`, as literals of JavaScript do. The keys of maps are
//! data and stay as they are.

use std::fmt::{self, Display, Write};

use serde::ser::{
    self, Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// The largest number from which on neighbours share a double.
const EXACT: u64 = 1 << 53;

/// `value` as JSON. The field `tag` names its variant, if it is one with fields; inside of it that is `kind`.
pub(crate) fn text(value: &impl Serialize, tag: &'static str) -> String {
    let mut out = String::new();
    // Nothing that is written here can fail: text goes to memory, and every type is provided for.
    let _ = value.serialize(Json { out: &mut out, tag });
    out
}

/// `BecameLeader` as a word: `became_leader`.
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

/// `election_elapsed` as the name of a field: `electionElapsed`.
fn push_camel_case(name: &str, out: &mut String) {
    let mut upper = false;
    for character in name.chars() {
        match character {
            '_' => upper = true,
            _ if upper => {
                out.push(character.to_ascii_uppercase());
                upper = false;
            }
            _ => out.push(character),
        }
    }
}

fn push_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            '\0'..='\x1f' => {
                let _ = write!(out, "\\u{:04x}", character as u32);
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

#[derive(Debug)]
pub(crate) struct Never;

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

struct Json<'a> {
    out: &'a mut String,
    tag: &'static str,
}

/// A list or an object that is open.
pub(crate) struct Open<'a> {
    out: &'a mut String,
    close: &'static str,
    first: bool,
    /// Keys are names of fields.
    fields: bool,
}

impl<'a> Json<'a> {
    fn open(self, open: &str, close: &'static str) -> Open<'a> {
        self.out.push_str(open);
        Open {
            out: self.out,
            close,
            first: true,
            fields: false,
        }
    }

    fn variant(self, variant: &str, close: &'static str) -> Open<'a> {
        let _ = write!(self.out, "{{\"{}\":\"{}\"", self.tag, snake_case(variant));
        Open {
            out: self.out,
            close,
            first: false,
            fields: false,
        }
    }

    fn shown(self, value: impl Display) -> Result<(), Never> {
        write!(self.out, "{value}").map_err(Never::custom)
    }
}

impl Open<'_> {
    fn comma(&mut self) {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.comma();
        value.serialize(Json {
            out: self.out,
            tag: "kind",
        })
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Never> {
        self.comma();
        self.out.push('"');
        push_camel_case(name, self.out);
        self.out.push_str("\":");
        value.serialize(Json {
            out: self.out,
            tag: "kind",
        })
    }

    fn closed(self) -> Result<(), Never> {
        self.out.push_str(self.close);
        Ok(())
    }
}

macro_rules! shown {
    ($($method:ident: $type:ty),+ $(,)?) => {
        $(fn $method(self, value: $type) -> Result<(), Never> {
            self.shown(value)
        })+
    };
}

impl<'a> Serializer for Json<'a> {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Open<'a>;
    type SerializeTuple = Open<'a>;
    type SerializeTupleStruct = Open<'a>;
    type SerializeTupleVariant = Open<'a>;
    type SerializeMap = Open<'a>;
    type SerializeStruct = Open<'a>;
    type SerializeStructVariant = Open<'a>;

    shown!(
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
    );

    fn serialize_i64(self, value: i64) -> Result<(), Never> {
        match value.unsigned_abs() {
            0..EXACT => self.shown(value),
            _ => self.shown(format_args!("\"{value}n\"")),
        }
    }

    fn serialize_u64(self, value: u64) -> Result<(), Never> {
        match value {
            0..EXACT => self.shown(value),
            _ => self.shown(format_args!("\"{value}n\"")),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<(), Never> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Never> {
        if value.is_finite() {
            self.shown(value)
        } else {
            self.serialize_unit()
        }
    }

    fn serialize_char(self, value: char) -> Result<(), Never> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Never> {
        push_string(value, self.out);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Never> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Never> {
        self.out.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Never> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Never> {
        push_string(&snake_case(variant), self.out);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Never> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        let mut open = self.variant(variant, "}");
        open.field("value", value)?;
        open.closed()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'a>, Never> {
        Ok(self.open("[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'a>, Never> {
        Ok(self.open("[", "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Never> {
        Ok(self.open("[", "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a>, Never> {
        let mut open = self.variant(variant, "]}");
        open.out.push_str(",\"value\":[");
        open.first = true;
        Ok(open)
    }

    /// A struct that holds another flattened comes as a map too; of that nobody knows the length.
    fn serialize_map(self, len: Option<usize>) -> Result<Open<'a>, Never> {
        let mut open = self.open("{", "}");
        open.fields = len.is_none();
        Ok(open)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, Never> {
        Ok(self.open("{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'a>, Never> {
        Ok(self.variant(variant, "}"))
    }
}

macro_rules! elements {
    ($($trait:ident::$method:ident),+) => {
        $(impl $trait for Open<'_> {
            type Ok = ();
            type Error = Never;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
                self.element(value)
            }

            fn end(self) -> Result<(), Never> {
                self.closed()
            }
        })+
    };
}

macro_rules! fields {
    ($($trait:ident),+) => {
        $(impl $trait for Open<'_> {
            type Ok = ();
            type Error = Never;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Never> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Never> {
                self.closed()
            }
        })+
    };
}

elements!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);
fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Open<'_> {
    type Ok = ();
    type Error = Never;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Never> {
        self.comma();
        let mut text = String::new();
        key.serialize(Json {
            out: &mut text,
            tag: "kind",
        })?;
        if text.starts_with('"') {
            match self.fields {
                true => push_camel_case(&text, self.out),
                false => self.out.push_str(&text),
            }
        } else {
            push_string(&text, self.out);
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Never> {
        self.out.push(':');
        value.serialize(Json {
            out: self.out,
            tag: "kind",
        })
    }

    fn end(self) -> Result<(), Never> {
        self.closed()
    }
}
