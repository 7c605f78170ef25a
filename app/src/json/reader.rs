//! The reader: from the left to the right, and each type as it is written.

use serde::{
    Deserializer, de,
    de::{DeserializeSeed, Visitor},
};
use std::fmt;

/// Not what was expected. Where and why nobody would be told.
#[derive(Debug)]
pub struct Malformed;

pub struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// What comes next, after any space.
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.bytes().next()
    }

    /// Takes a word or a mark, if it comes next.
    fn take(&mut self, word: &str) -> bool {
        self.peek();
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, word: &str) -> Result<(), Malformed> {
        if self.take(word) {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    fn string(&mut self) -> Result<String, Malformed> {
        self.expect("\"")?;
        let mut text = String::new();
        loop {
            let end = self.rest.find(['"', '\\']).ok_or(Malformed)?;
            text.push_str(&self.rest[..end]);
            let is_end = self.rest[end..].starts_with('"');
            self.rest = &self.rest[end + 1..];
            if is_end {
                return Ok(text);
            }
            text.push(self.escaped()?);
        }
    }

    fn escaped(&mut self) -> Result<char, Malformed> {
        let mut rest = self.rest.chars();
        let kind = rest.next().ok_or(Malformed)?;
        self.rest = rest.as_str();
        Ok(match kind {
            '"' | '\\' | '/' => kind,
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let first = self.unit()?;
                let units = if (0xD800..0xDC00).contains(&first) {
                    self.rest = self.rest.strip_prefix("\\u").ok_or(Malformed)?;
                    vec![first, self.unit()?]
                } else {
                    vec![first]
                };
                let decoded = char::decode_utf16(units).next().ok_or(Malformed)?;
                decoded.map_err(|_| Malformed)?
            }
            _ => return Err(Malformed),
        })
    }

    fn unit(&mut self) -> Result<u16, Malformed> {
        let (digits, rest) = self.rest.split_at_checked(4).ok_or(Malformed)?;
        self.rest = rest;
        u16::from_str_radix(digits, 16).map_err(|_| Malformed)
    }

    /// The digits of a number, and whatever else may be in one.
    fn number(&mut self) -> &'a str {
        self.peek();
        let in_number = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let end = self.rest.bytes().position(|byte| !in_number(byte));
        let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        number
    }

    fn integer(&mut self) -> Result<i64, Malformed> {
        self.number().parse().map_err(|_| Malformed)
    }

    fn inside<T>(
        &mut self,
        start: &str,
        end: &'static str,
        read: impl FnOnce(Parts<'_, 'a>) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        self.expect(start)?;
        let value = read(Parts {
            reader: self,
            end,
            is_first: true,
        })?;
        self.expect(end)?;
        Ok(value)
    }

    fn skip(&mut self) -> Result<(), Malformed> {
        match self.peek().ok_or(Malformed)? {
            b'"' => self.string().map(drop),
            b'{' => self.inside("{", "}", |mut parts| {
                while parts.is_another()? {
                    parts.reader.string()?;
                    parts.reader.expect(":")?;
                    parts.reader.skip()?;
                }
                Ok(())
            }),
            b'[' => self.inside("[", "]", |mut parts| {
                while parts.is_another()? {
                    parts.reader.skip()?;
                }
                Ok(())
            }),
            _ => match self.number() {
                "" => Err(Malformed),
                _ => Ok(()),
            },
        }
    }
}

/// What stands between brackets, with commas between.
struct Parts<'r, 'a> {
    reader: &'r mut Reader<'a>,
    end: &'static str,
    is_first: bool,
}

impl Parts<'_, '_> {
    fn is_another(&mut self) -> Result<bool, Malformed> {
        let is_first = std::mem::take(&mut self.is_first);
        if self.reader.rest.trim_ascii_start().starts_with(self.end) {
            return Ok(false);
        }
        if !is_first {
            self.reader.expect(",")?;
        }
        Ok(true)
    }
}

impl<'de> de::SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Malformed;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Malformed> {
        if self.is_another()? {
            seed.deserialize(&mut *self.reader).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl<'de> de::MapAccess<'de> for Parts<'_, 'de> {
    type Error = Malformed;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Malformed> {
        if self.is_another()? {
            seed.deserialize(&mut *self.reader).map(Some)
        } else {
            Ok(None)
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Malformed> {
        self.reader.expect(":")?;
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant: its name alone, or an object with its name and its fields.
impl<'de> de::EnumAccess<'de> for &mut Reader<'de> {
    type Error = Malformed;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Malformed> {
        Ok((seed.deserialize(&mut *self)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for &mut Reader<'de> {
    type Error = Malformed;

    fn unit_variant(self) -> Result<(), Malformed> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Malformed> {
        self.expect(":")?;
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Malformed> {
        self.expect(":")?;
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        self.expect(":")?;
        self.deserialize_struct("", fields, visitor)
    }
}

macro_rules! integers {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
            visitor.visit_i64(self.integer()?)
        }
    )+};
}

macro_rules! strings {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
            visitor.visit_string(self.string()?)
        }
    )+};
}

macro_rules! unused {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Malformed> {
            Err(Malformed)
        }
    )+};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Malformed;

    integers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64);
    strings!(deserialize_str deserialize_string deserialize_char deserialize_identifier);
    unused!(deserialize_f32 deserialize_f64 deserialize_bytes deserialize_byte_buf deserialize_unit);

    /// A text or a number: what some nouns are either of.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        if self.peek() == Some(b'"') {
            visitor.visit_string(self.string()?)
        } else {
            visitor.visit_i64(self.integer()?)
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        let is_true = self.take("true");
        if !is_true {
            self.expect("false")?;
        }
        visitor.visit_bool(is_true)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        if self.take("null") {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.inside("[", "]", |parts| visitor.visit_seq(parts))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.inside("{", "}", |parts| visitor.visit_map(parts))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        self.deserialize_map(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: V,
    ) -> Result<V::Value, Malformed> {
        Err(Malformed)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        let has_fields = self.take("{");
        let value = visitor.visit_enum(&mut *self)?;
        if has_fields {
            self.expect("}")?;
        }
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.skip()?;
        visitor.visit_unit()
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed")
    }
}

impl std::error::Error for Malformed {}

impl de::Error for Malformed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}
