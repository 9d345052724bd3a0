//! Arbitrary values, and a writer of them that is not the library's: it knows every spelling that the protocol allows.

use proptest::collection::vec;
use proptest::prelude::*;
use quorate::resp::{Attributed, Bytes, Value};

/// A small generator of numbers (xorshift64*), so that a failing case is told by its seed.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % bound.max(1)
    }
}

/// `input` cut at arbitrary places, some pieces empty.
pub(crate) fn cut<'a>(input: &'a [u8], dice: &mut Dice) -> Vec<&'a [u8]> {
    let most = 1 + dice.below(input.len() + 1);
    let mut pieces = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(dice.below(most + 1).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn any_bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        4 => "[ -~]{0,12}".prop_map(Bytes::from),
        2 => vec(any::<u8>(), 0..40).prop_map(Bytes::from),
        1 => vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'$'), Just(b'1')], 0..12).prop_map(Bytes::from),
    ]
}

fn any_line() -> impl Strategy<Value = Bytes> {
    any_bytes().prop_map(|bytes| {
        let line: Vec<u8> = bytes.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect();
        Bytes::from(line)
    })
}

fn any_integer() -> impl Strategy<Value = i64> {
    let edges = [31, 32, 53, 62].map(|power| 1_i64 << power);
    prop_oneof![
        any::<i64>(),
        -100..100_i64,
        (proptest::sample::select(edges.to_vec()), -2..=2_i64, any::<bool>())
            .prop_map(|(edge, offset, negative)| if negative { -edge + offset } else { edge + offset }),
        Just(i64::MAX),
        Just(i64::MIN),
    ]
}

fn any_double() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        any_integer().prop_map(|integer| integer as f64),
        proptest::sample::select(vec![
            0.0,
            -0.0,
            0.1,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN
        ]),
    ]
}

fn any_leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_line().prop_map(Value::SimpleString),
        any_line().prop_map(Value::SimpleError),
        any_integer().prop_map(Value::Integer),
        any_bytes().prop_map(Value::BulkString),
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any_double().prop_map(Value::Double),
        "-?[1-9][0-9]{0,40}|0".prop_map(|digits| Value::BigNumber(Bytes::from(digits))),
        any_bytes().prop_map(Value::BulkError),
        (any_format(), any_bytes()).prop_map(|(format, data)| Value::Verbatim { format, data }),
    ]
}

fn any_format() -> impl Strategy<Value = [u8; 3]> {
    prop_oneof![3 => Just(*b"txt"), 1 => Just(*b"mkd"), 1 => any::<[u8; 3]>()]
}

/// Any value but a push.
fn any_nested() -> impl Strategy<Value = Value> {
    any_leaf().prop_recursive(5, 48, 5, |inner| {
        let pairs = vec((inner.clone(), inner.clone()), 0..4);
        prop_oneof![
            3 => vec(inner.clone(), 0..6).prop_map(|items| Value::Array(items.into())),
            1 => vec(inner.clone(), 0..6).prop_map(|items| Value::Set(items.into())),
            2 => pairs.clone().prop_map(|pairs| Value::Map(pairs.into())),
            1 => (pairs, inner).prop_map(|(pairs, value)| attributed(pairs, value)),
        ]
    })
}

/// Any value that can stand at top level, in RESP3.
pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => any_nested(),
        1 => vec(any_nested(), 0..5).prop_map(|items| Value::Push(items.into())),
        1 => (vec((any_nested(), any_nested()), 0..3), vec(any_nested(), 0..4))
            .prop_map(|(pairs, items)| attributed(pairs, Value::Push(items.into()))),
    ]
}

/// Any value of RESP2: strings, errors, integers, arrays and the two nulls.
pub(crate) fn any_resp2_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any_line().prop_map(Value::SimpleString),
        any_line().prop_map(Value::SimpleError),
        any_integer().prop_map(Value::Integer),
        any_bytes().prop_map(Value::BulkString),
        Just(Value::Null),
        Just(Value::NullArray),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        vec(inner, 0..6).prop_map(|items| Value::Array(items.into()))
    })
}

/// One value has one list of attributes: those of an attributed value join it.
fn attributed(mut pairs: Vec<(Value, Value)>, value: Value) -> Value {
    match value {
        Value::Attributed(inner) => {
            let (attributes, value) = inner.into_parts();
            pairs.extend(attributes.into_vec());
            attributed(pairs, value)
        }
        value => Value::Attributed(Box::new(Attributed {
            attributes: pairs.into(),
            value,
        })),
    }
}

/// Writes `value` as RESP3 in one of its spellings.
pub(crate) fn write_resp3(value: &Value, dice: &mut Dice, out: &mut Vec<u8>) {
    match value {
        Value::SimpleString(text) => line(b'+', text, out),
        Value::SimpleError(text) => line(b'-', text, out),
        Value::Integer(integer) => line(b':', spelled(integer.to_string(), dice).as_bytes(), out),
        Value::BulkString(text) if dice.below(4) == 0 => streamed_string(text, dice, out),
        Value::BulkString(text) => payload(b'$', text, dice, out),
        Value::Null => out.extend_from_slice([&b"_\r\n"[..], b"$-1\r\n"][dice.below(2)]),
        Value::NullArray => out.extend_from_slice(b"*-1\r\n"),
        Value::Boolean(value) => out.extend_from_slice(if *value { b"#t\r\n" } else { b"#f\r\n" }),
        Value::Double(double) => line(b',', double_text(*double, dice).as_bytes(), out),
        Value::BigNumber(text) => line(b'(', text, out),
        Value::BulkError(text) => payload(b'!', text, dice, out),
        Value::Verbatim { format, data } => payload(b'=', &[&format[..], b":", data].concat(), dice, out),
        Value::Array(items) => aggregate(b'*', items.iter().collect(), 1, dice, out),
        Value::Set(items) => aggregate(b'~', items.iter().collect(), 1, dice, out),
        Value::Push(items) => counted(b'>', items.iter().collect(), 1, dice, out),
        Value::Map(pairs) => aggregate(
            b'%',
            pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
            2,
            dice,
            out,
        ),
        Value::Attributed(inner) => {
            let pairs: Vec<&(Value, Value)> = inner.attributes.iter().collect();
            // Several attributes before a value are one list.
            let (first, second) = pairs.split_at(dice.below(pairs.len() + 1));
            let parts = if first.is_empty() {
                vec![second]
            } else {
                vec![first, second]
            };
            for part in parts {
                counted(
                    b'|',
                    part.iter().flat_map(|(key, value)| [key, value]).collect(),
                    2,
                    dice,
                    out,
                );
            }
            write_resp3(&inner.value, dice, out);
        }
        _ => panic!("a kind of value that this writer does not know"),
    }
}

/// Writes a value of [`any_resp2_value`].
pub(crate) fn write_resp2(value: &Value, dice: &mut Dice, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"$-1\r\n"),
        Value::BulkString(text) => payload(b'$', text, dice, out),
        Value::Array(items) => {
            line(b'*', zeros(items.len(), dice).as_bytes(), out);
            for item in items.iter() {
                write_resp2(item, dice, out);
            }
        }
        other => write_resp3(other, dice, out),
    }
}

fn line(kind: u8, text: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}

fn payload(kind: u8, text: &[u8], dice: &mut Dice, out: &mut Vec<u8>) {
    line(kind, zeros(text.len(), dice).as_bytes(), out);
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}

fn streamed_string(text: &[u8], dice: &mut Dice, out: &mut Vec<u8>) {
    line(b'$', b"?", out);
    for chunk in cut(text, dice).into_iter().filter(|chunk| !chunk.is_empty()) {
        payload(b';', chunk, dice, out);
    }
    line(b';', b"0", out);
}

fn aggregate(kind: u8, values: Vec<&Value>, per: usize, dice: &mut Dice, out: &mut Vec<u8>) {
    if dice.below(4) > 0 {
        return counted(kind, values, per, dice, out);
    }
    line(kind, b"?", out);
    for value in values {
        write_resp3(value, dice, out);
    }
    line(b'.', b"", out);
}

fn counted(kind: u8, values: Vec<&Value>, per: usize, dice: &mut Dice, out: &mut Vec<u8>) {
    line(kind, zeros(values.len() / per, dice).as_bytes(), out);
    for value in values {
        write_resp3(value, dice, out);
    }
}

/// A length, now and then with zeros in front.
fn zeros(length: usize, dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => format!("{length:0>12}"),
        _ => length.to_string(),
    }
}

/// A number, now and then with a plus sign or zeros in front.
fn spelled(digits: String, dice: &mut Dice) -> String {
    match (digits.strip_prefix('-'), dice.below(8)) {
        (None, 0) => format!("+{digits}"),
        (None, 1) => format!("000{digits}"),
        (Some(digits), 1) => format!("-000{digits}"),
        _ => digits,
    }
}

/// A double, in one of the spellings that keep all of its bits.
fn double_text(double: f64, dice: &mut Dice) -> String {
    if double.is_nan() {
        return ["nan", "-nan"][dice.below(2)].into();
    }
    if double.is_infinite() {
        return if double > 0.0 { "inf" } else { "-inf" }.into();
    }
    spelled(
        match dice.below(4) {
            0 => format!("{double}"),
            1 => format!("{double:e}"),
            2 => format!("{double:E}"),
            _ => format!("{double:.16e}"),
        },
        dice,
    )
}
