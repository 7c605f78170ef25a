//! The lexical half of the JSON reader: tokens, strings, numbers and skipped values, as RFC 8259 has
//! them.

use super::malformed::Malformed;

/// As many nested arrays and objects as `serde_json` reads into a type. Skipped values have no limit:
/// they take no stack.
const MAX_DEPTH: u8 = 127;

pub struct Reader<'a> {
    rest: &'a str,
    depth: u8,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            depth: 0,
        }
    }

    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The next byte after white space.
    pub fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_start_matches([' ', '\n', '\r', '\t']);
        self.rest.bytes().next()
    }

    /// Takes a token if it comes next.
    pub fn take(&mut self, token: &str) -> bool {
        self.peek();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    pub fn expect(&mut self, token: &str) -> Result<(), Malformed> {
        if self.take(token) {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// Takes the opening bracket of an array or an object.
    pub fn enter(&mut self, start: &str) -> Result<(), Malformed> {
        self.expect(start)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Malformed);
        }
        Ok(())
    }

    /// Takes the closing bracket.
    pub fn leave(&mut self, end: &str) -> Result<(), Malformed> {
        self.depth -= 1;
        self.expect(end)
    }

    pub fn string(&mut self) -> Result<String, Malformed> {
        self.expect("\"")?;
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
        let special = |c: char| c < ' ' || c == '"' || c == '\\';
        let end = self.rest.find(special).ok_or(Malformed)?;
        let (part, rest) = self.rest.split_at(end);
        let mut rest = rest.chars();
        let is_last = match rest.next() {
            Some('"') => true,
            Some('\\') => false,
            _ => return Err(Malformed),
        };
        self.rest = rest.as_str();
        Ok((part, is_last))
    }

    /// The character of an escape sequence, after its backslash.
    fn escaped(&mut self) -> Result<char, Malformed> {
        Ok(match self.escape_kind()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let first = self.code_unit()?;
                let units = if (0xD800..0xDC00).contains(&first) {
                    self.rest = self.rest.strip_prefix("\\u").ok_or(Malformed)?;
                    vec![first, self.code_unit()?]
                } else {
                    vec![first]
                };
                let decoded = char::decode_utf16(units).next().ok_or(Malformed)?;
                decoded.map_err(|_| Malformed)?
            }
            kind => kind,
        })
    }

    fn escape_kind(&mut self) -> Result<char, Malformed> {
        let mut rest = self.rest.chars();
        let kind = rest.next().filter(|kind| "\"\\/ntrbfu".contains(*kind));
        self.rest = rest.as_str();
        kind.ok_or(Malformed)
    }

    /// The four hexadecimal digits of a UTF-16 code unit. `from_str_radix` alone would take a sign.
    fn code_unit(&mut self) -> Result<u16, Malformed> {
        let (digits, rest) = self.rest.split_at_checked(4).ok_or(Malformed)?;
        self.rest = rest;
        if digits.starts_with('+') {
            return Err(Malformed);
        }
        u16::from_str_radix(digits, 16).map_err(|_| Malformed)
    }

    /// A number as it is written.
    pub fn number(&mut self) -> Result<&'a str, Malformed> {
        self.peek();
        let bytes = self.rest.as_bytes();
        let digits = |from: usize| {
            let digits = bytes.iter().skip(from);
            match digits.take_while(|byte| byte.is_ascii_digit()).count() {
                0 => Err(Malformed),
                count => Ok(count),
            }
        };
        let mut end = usize::from(bytes.first() == Some(&b'-'));
        let count = digits(end)?;
        // A zero is the whole integer: a digit after it is malformed, and refused as the next token.
        end += if bytes.get(end) == Some(&b'0') {
            1
        } else {
            count
        };
        if bytes.get(end) == Some(&b'.') {
            end += 1 + digits(end + 1)?;
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            end += 1;
            end += usize::from(matches!(bytes.get(end), Some(b'+' | b'-')));
            end += digits(end)?;
        }
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(number)
    }

    /// An integer from -2^63 to 2^63 - 1. `-0` is none: `serde_json` takes it for a float.
    pub fn integer(&mut self) -> Result<i64, Malformed> {
        match self.number()? {
            "-0" => Err(Malformed),
            number => number.parse().map_err(|_| Malformed),
        }
    }

    /// Skips a value of any kind and depth.
    pub fn skip(&mut self) -> Result<(), Malformed> {
        let mut open: Vec<&str> = Vec::new();
        loop {
            match self.peek().ok_or(Malformed)? {
                b'[' => {
                    self.expect("[")?;
                    if !self.take("]") {
                        open.push("]");
                        continue;
                    }
                }
                b'{' => {
                    self.expect("{")?;
                    if !self.take("}") {
                        open.push("}");
                        self.skip_key()?;
                        continue;
                    }
                }
                b'"' => self.skip_string()?,
                b't' => self.expect("true")?,
                b'f' => self.expect("false")?,
                b'n' => self.expect("null")?,
                _ => drop(self.number()?),
            }
            // After a value: the brackets that end here, then the comma before the next value.
            loop {
                let Some(end) = open.last() else {
                    return Ok(());
                };
                if self.take(",") {
                    if *end == "}" {
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
        self.expect(":")
    }

    /// As `serde_json`, it checks escape sequences but not that surrogates come in pairs.
    fn skip_string(&mut self) -> Result<(), Malformed> {
        self.expect("\"")?;
        while !self.unescaped()?.1 {
            if self.escape_kind()? == 'u' {
                self.code_unit()?;
            }
        }
        Ok(())
    }
}
