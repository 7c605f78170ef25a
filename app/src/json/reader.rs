//! The lexical half of the JSON reader: tokens, strings, numbers and skipped values, as RFC 8259 has
//! them.

use super::malformed::Malformed;

/// As many nested arrays and objects as `serde_json` reads into a type. Skipped values have no limit:
/// they take no stack.
const MAX_DEPTH: u8 = 127;

/// The functions that typed code calls are not inlined: they would be repeated for every type.
pub struct Reader<'a> {
    rest: &'a str,
    depth: u8,
    /// Of the variant whose name is read next: whether it is in an object, with a value.
    variant_has_value: bool,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            depth: 0,
            variant_has_value: false,
        }
    }

    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The next byte after white space.
    #[inline(never)]
    pub fn peek(&mut self) -> Option<u8> {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        let count = self.rest.bytes().take_while(is_space).count();
        self.advance(count);
        self.rest.bytes().next()
    }

    /// Takes `count` bytes. If there are fewer, or they end within a character, it returns an empty text
    /// and drops the rest, so that the next token is malformed.
    fn advance(&mut self, count: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or_default();
        self.rest = rest;
        taken
    }

    /// Takes a byte if it comes next, after white space.
    #[inline(never)]
    pub fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.advance(usize::from(is_next));
        is_next
    }

    #[inline(never)]
    pub fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// Takes a word if it comes next, after white space.
    #[inline(never)]
    pub fn take_word(&mut self, word: &str) -> bool {
        self.peek();
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    #[inline(never)]
    pub fn expect_word(&mut self, word: &str) -> Result<(), Malformed> {
        if self.take_word(word) {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// Takes the opening bracket of an array or an object.
    #[inline(never)]
    pub fn enter(&mut self, start: u8) -> Result<(), Malformed> {
        self.expect(start)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Malformed);
        }
        Ok(())
    }

    /// Takes the closing bracket.
    #[inline(never)]
    pub fn leave(&mut self, end: u8) -> Result<(), Malformed> {
        self.depth -= 1;
        self.expect(end)
    }

    /// Takes the opening bracket of a variant with a value, and returns whether it is one.
    #[inline(never)]
    pub fn enter_variant(&mut self) -> Result<bool, Malformed> {
        self.variant_has_value = self.peek() == Some(b'{');
        if self.variant_has_value {
            self.enter(b'{')?;
        }
        Ok(self.variant_has_value)
    }

    /// The end of a variant, after its name: none, or `null` as its value.
    #[inline(never)]
    pub fn unit_variant(&mut self) -> Result<(), Malformed> {
        if self.variant_has_value {
            self.expect(b':')?;
            self.expect_word("null")?;
        }
        Ok(())
    }

    /// Takes the colon between the name of a variant and its value.
    pub fn expect_variant_value(&mut self) -> Result<(), Malformed> {
        if self.variant_has_value {
            self.expect(b':')
        } else {
            Err(Malformed)
        }
    }

    pub fn leave_variant(&mut self, has_value: bool) -> Result<(), Malformed> {
        if has_value { self.leave(b'}') } else { Ok(()) }
    }

    #[inline(never)]
    pub fn string(&mut self) -> Result<String, Malformed> {
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            let (part, is_last) = self.unescaped()?;
            text.push_str(part);
            if is_last {
                return Ok(text);
            }
            text.push(self.escaped()?);
        }
    }

    /// The text before the next escape sequence or the end of the string, and whether it is the end.
    /// Takes the backslash or quote, too. Control characters must be escaped.
    fn unescaped(&mut self) -> Result<(&'a str, bool), Malformed> {
        let is_special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        let end = self.rest.bytes().position(is_special).ok_or(Malformed)?;
        let part = self.advance(end);
        match self.advance(1) {
            "\"" => Ok((part, true)),
            "\\" => Ok((part, false)),
            _ => Err(Malformed),
        }
    }

    /// The character of an escape sequence, after its backslash.
    fn escaped(&mut self) -> Result<char, Malformed> {
        Ok(match self.escape_kind()? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let mut code = self.code_unit()?;
                if (0xD800..0xDC00).contains(&code) {
                    if !(self.take_byte(b"\\") && self.take_byte(b"u")) {
                        return Err(Malformed);
                    }
                    // Below 0x400 if it is the other half of the surrogate pair.
                    let low = self.code_unit()? ^ 0xDC00;
                    if low >= 0x400 {
                        return Err(Malformed);
                    }
                    code = 0x1_0000 + ((code - 0xD800) << 10) + low;
                }
                char::from_u32(code).ok_or(Malformed)?
            }
            kind => char::from(kind),
        })
    }

    /// The character after the backslash of an escape sequence.
    fn escape_kind(&mut self) -> Result<u8, Malformed> {
        let kind = self.advance(1).bytes().next().ok_or(Malformed)?;
        match kind {
            b'"' | b'\\' | b'/' | b'n' | b't' | b'r' | b'b' | b'f' | b'u' => Ok(kind),
            _ => Err(Malformed),
        }
    }

    /// The four hexadecimal digits of a UTF-16 code unit.
    fn code_unit(&mut self) -> Result<u32, Malformed> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.advance(1).chars().next().ok_or(Malformed)?;
            unit = unit * 16 + digit.to_digit(16).ok_or(Malformed)?;
        }
        Ok(unit)
    }

    /// A number as it is written.
    pub fn number(&mut self) -> Result<&'a str, Malformed> {
        self.peek();
        let start = self.rest;
        self.take_byte(b"-");
        // A zero is the whole integer: a digit after it is refused as the next token.
        if !self.take_byte(b"0") {
            self.digits()?;
        }
        if self.take_byte(b".") {
            self.digits()?;
        }
        if self.take_byte(b"eE") {
            self.take_byte(b"+-");
            self.digits()?;
        }
        Ok(&start[..start.len() - self.rest.len()])
    }

    /// Takes one or more digits.
    #[inline(never)]
    fn digits(&mut self) -> Result<(), Malformed> {
        let count = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        self.advance(count);
        if count == 0 { Err(Malformed) } else { Ok(()) }
    }

    /// Takes one of these bytes if it comes next, without white space before it.
    #[inline(never)]
    fn take_byte(&mut self, any: &[u8]) -> bool {
        let is_next = self
            .rest
            .bytes()
            .next()
            .is_some_and(|next| any.contains(&next));
        self.advance(usize::from(is_next));
        is_next
    }

    /// An integer from -2^63 to 2^63 - 1. `-0` is none: `serde_json` takes it for a float.
    #[inline(never)]
    pub fn integer(&mut self) -> Result<i64, Malformed> {
        match self.number()? {
            "-0" => Err(Malformed),
            number => number.parse().map_err(|_| Malformed),
        }
    }

    /// Skips a value of any kind and depth.
    #[inline(never)]
    pub fn skip(&mut self) -> Result<(), Malformed> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            match self.peek().ok_or(Malformed)? {
                b'[' => {
                    self.advance(1);
                    if !self.take(b']') {
                        open.push(b']');
                        continue;
                    }
                }
                b'{' => {
                    self.advance(1);
                    if !self.take(b'}') {
                        open.push(b'}');
                        self.skip_key()?;
                        continue;
                    }
                }
                b'"' => self.skip_string()?,
                b't' => self.expect_word("true")?,
                b'f' => self.expect_word("false")?,
                b'n' => self.expect_word("null")?,
                _ => drop(self.number()?),
            }
            // After a value: the brackets that end here, then the comma before the next value.
            loop {
                let Some(end) = open.last().copied() else {
                    return Ok(());
                };
                if self.take(b',') {
                    if end == b'}' {
                        self.skip_key()?;
                    }
                    break;
                }
                self.expect(end)?;
                open.pop();
            }
        }
    }

    fn skip_key(&mut self) -> Result<(), Malformed> {
        self.skip_string()?;
        self.expect(b':')
    }

    /// As `serde_json`, it checks escape sequences but not that surrogates come in pairs.
    fn skip_string(&mut self) -> Result<(), Malformed> {
        self.expect(b'"')?;
        while !self.unescaped()?.1 {
            if self.escape_kind()? == b'u' {
                self.code_unit()?;
            }
        }
        Ok(())
    }
}
