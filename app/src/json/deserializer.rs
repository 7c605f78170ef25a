//! The typed half of the JSON reader: serde's traits over `Reader`.
//!
//! It reads what `serde_json` reads, to the same values (`differential.rs` compares them), but for:
//! - a struct written as an array of its fields, which would compile a second reader for each struct;
//! - types that no JSON of the server has in the browser: floats, bytes, units, 128-bit integers, maps
//!   whose keys are not strings, and values of any type (`deserialize_any` takes strings and integers).

use super::{malformed::Malformed, reader::Reader};
use serde::{
    Deserializer, de,
    de::{DeserializeSeed, Visitor},
};

/// The elements of an array or an object, with commas between them.
struct Elements<'r, 'a> {
    reader: &'r mut Reader<'a>,
    end: u8,
    is_first: bool,
}

impl<'r, 'a> Elements<'r, 'a> {
    fn new(reader: &'r mut Reader<'a>, end: u8) -> Self {
        Self {
            reader,
            end,
            is_first: true,
        }
    }

    /// Takes the comma, if another element follows.
    fn has_next(&mut self) -> Result<bool, Malformed> {
        let is_first = std::mem::take(&mut self.is_first);
        if self.reader.peek() == Some(self.end) {
            return Ok(false);
        }
        if !is_first {
            self.reader.expect(b',')?;
        }
        Ok(true)
    }
}

impl<'de> de::SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Malformed;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Malformed> {
        if self.has_next()? {
            seed.deserialize(&mut *self.reader).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl<'de> de::MapAccess<'de> for Elements<'_, 'de> {
    type Error = Malformed;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Malformed> {
        if self.has_next()? {
            seed.deserialize(&mut *self.reader).map(Some)
        } else {
            Ok(None)
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Malformed> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant of an enum: `"name"`, or `{"name": value}`.
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
        self.unit_variant()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Malformed> {
        self.expect_variant_value()?;
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Malformed> {
        self.expect_variant_value()?;
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        self.expect_variant_value()?;
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

    integers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32);
    strings!(deserialize_str deserialize_string deserialize_char deserialize_identifier);
    unused!(deserialize_f32 deserialize_f64 deserialize_bytes deserialize_byte_buf deserialize_unit);

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        visitor.visit_u64(self.number()?.parse().map_err(|_| Malformed)?)
    }

    /// A string or an integer: ids are read as either.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        if self.peek() == Some(b'"') {
            visitor.visit_string(self.string()?)
        } else {
            visitor.visit_i64(self.integer()?)
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        let is_true = self.take_word("true");
        if !is_true {
            self.expect_word("false")?;
        }
        visitor.visit_bool(is_true)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        if self.take_word("null") {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.enter(b'[')?;
        let value = visitor.visit_seq(Elements::new(self, b']'))?;
        self.leave(b']')?;
        Ok(value)
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
        self.enter(b'{')?;
        let value = visitor.visit_map(Elements::new(self, b'}'))?;
        self.leave(b'}')?;
        Ok(value)
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
        let has_value = self.enter_variant()?;
        let value = visitor.visit_enum(&mut *self)?;
        self.leave_variant(has_value)?;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.skip()?;
        visitor.visit_unit()
    }
}
