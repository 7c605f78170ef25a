//! The languages that are highlighted, and what a scanner must know of each.

use super::keywords;

/// How a text is read.
pub enum Family {
    Code(&'static Language),
    Markup,
    Diff,
}

/// How a string begins and ends.
pub struct Quote {
    pub open: &'static str,
    pub close: &'static str,
    /// Whether a backslash takes the next character along.
    pub escapes: bool,
    /// Whether it may go over lines; otherwise it ends with its line.
    pub multiline: bool,
    /// Whether it has one character: anything longer is none, such as the lifetimes of Rust.
    pub is_character: bool,
}

pub struct Language {
    /// Separated by spaces.
    pub keywords: &'static str,
    pub ignores_case: bool,
    /// What begins a comment that ends with its line.
    pub line_comments: &'static [&'static str],
    pub block_comment: Option<(&'static str, &'static str)>,
    pub quotes: &'static [Quote],
    /// Whether words that begin with a capital letter are types.
    pub has_types: bool,
    /// Whether a word before `(` is a function.
    pub has_calls: bool,
    /// What a variable, a macro or an annotation begins with.
    pub sigils: &'static str,
    /// What stands after a key at the beginning of a line or of an entry, such as `:`; a space for none.
    pub key_end: char,
    /// What words may have besides letters, digits and `_`.
    pub word_signs: &'static str,
}

const fn quote(sign: &'static str, escapes: bool, multiline: bool) -> Quote {
    Quote {
        open: sign,
        close: sign,
        escapes,
        multiline,
        is_character: false,
    }
}

const DOUBLE: Quote = quote("\"", true, false);
const SINGLE: Quote = quote("'", true, false);
const BACKTICK: Quote = quote("`", true, true);
const LONG_DOUBLE: Quote = quote("\"\"\"", true, true);
const LONG_SINGLE: Quote = quote("'''", true, true);
const RAW_SINGLE: Quote = quote("'", false, false);
/// A character such as `'x'`.
const CHARACTER: Quote = Quote {
    is_character: true,
    ..SINGLE
};
/// Texts between two signs that differ.
const BRACKETS: Quote = Quote {
    close: "]]",
    ..quote("[[", false, true)
};

/// A language like C.
const C_LIKE: Language = Language {
    keywords: keywords::C,
    ignores_case: false,
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    quotes: &[DOUBLE, CHARACTER],
    has_types: true,
    has_calls: true,
    sigils: "",
    key_end: ' ',
    word_signs: "",
};

/// A language like those of shells: `#` begins a comment.
const HASH_LIKE: Language = Language {
    line_comments: &["#"],
    block_comment: None,
    quotes: &[DOUBLE, SINGLE],
    ..C_LIKE
};

/// A list of settings: keys and values.
const DATA: Language = Language {
    keywords: "true false null",
    has_types: false,
    has_calls: false,
    key_end: ':',
    word_signs: "-.",
    ..HASH_LIKE
};

static C: Language = Language {
    sigils: "#",
    ..C_LIKE
};
static RUST: Language = Language {
    keywords: keywords::RUST,
    quotes: &[quote("\"", true, true), CHARACTER],
    ..C_LIKE
};
static JAVA: Language = Language {
    keywords: keywords::JAVA,
    quotes: &[LONG_DOUBLE, DOUBLE, SINGLE],
    sigils: "@",
    ..C_LIKE
};
static JAVASCRIPT: Language = Language {
    keywords: keywords::JAVASCRIPT,
    quotes: &[DOUBLE, SINGLE, BACKTICK],
    sigils: "@",
    word_signs: "$",
    ..C_LIKE
};
static CSHARP: Language = Language {
    keywords: keywords::CSHARP,
    quotes: &[LONG_DOUBLE, quote("\"", true, false), CHARACTER],
    ..C_LIKE
};
static GO: Language = Language {
    keywords: keywords::GO,
    quotes: &[DOUBLE, SINGLE, quote("`", false, true)],
    ..C_LIKE
};
static KOTLIN: Language = Language {
    keywords: keywords::KOTLIN,
    ..JAVA
};
static SWIFT: Language = Language {
    keywords: keywords::SWIFT,
    ..JAVA
};
static SCALA: Language = Language {
    keywords: keywords::SCALA,
    ..JAVA
};
static DART: Language = Language {
    keywords: keywords::DART,
    quotes: &[LONG_DOUBLE, LONG_SINGLE, DOUBLE, SINGLE],
    ..JAVA
};
static ZIG: Language = Language {
    keywords: keywords::ZIG,
    block_comment: None,
    ..JAVA
};
static PHP: Language = Language {
    keywords: keywords::PHP,
    line_comments: &["//", "#"],
    quotes: &[quote("\"", true, true), quote("'", true, true)],
    sigils: "$",
    ..C_LIKE
};
static PYTHON: Language = Language {
    keywords: keywords::PYTHON,
    quotes: &[LONG_DOUBLE, LONG_SINGLE, DOUBLE, SINGLE],
    sigils: "@",
    ..HASH_LIKE
};
static RUBY: Language = Language {
    keywords: keywords::RUBY,
    sigils: "@$:",
    word_signs: "?!",
    ..HASH_LIKE
};
static PERL: Language = Language {
    keywords: keywords::PERL,
    sigils: "$@%",
    ..HASH_LIKE
};
static ELIXIR: Language = Language {
    keywords: keywords::ELIXIR,
    quotes: &[LONG_DOUBLE, DOUBLE, SINGLE],
    sigils: "@:",
    word_signs: "?!",
    ..HASH_LIKE
};
static R: Language = Language {
    keywords: keywords::R,
    has_types: false,
    word_signs: ".",
    ..HASH_LIKE
};
static SHELL: Language = Language {
    keywords: keywords::SHELL,
    quotes: &[quote("\"", true, true), quote("'", false, true)],
    has_types: false,
    has_calls: false,
    sigils: "$",
    word_signs: "-",
    ..HASH_LIKE
};
static POWERSHELL: Language = Language {
    keywords: keywords::POWERSHELL,
    ignores_case: true,
    block_comment: Some(("<#", "#>")),
    quotes: &[quote("\"", false, true), quote("'", false, true)],
    sigils: "$",
    word_signs: "-",
    ..HASH_LIKE
};
static DOCKERFILE: Language = Language {
    keywords: keywords::DOCKERFILE,
    ignores_case: true,
    ..SHELL
};
static MAKE: Language = Language {
    keywords: keywords::MAKE,
    sigils: "$",
    key_end: ':',
    ..SHELL
};
static SQL: Language = Language {
    keywords: keywords::SQL,
    ignores_case: true,
    line_comments: &["--"],
    quotes: &[quote("'", false, true), quote("\"", false, false)],
    has_types: false,
    ..C_LIKE
};
static LUA: Language = Language {
    keywords: keywords::LUA,
    line_comments: &["--"],
    block_comment: Some(("--[[", "]]")),
    quotes: &[DOUBLE, SINGLE, BRACKETS],
    has_types: false,
    ..C_LIKE
};
static HASKELL: Language = Language {
    keywords: keywords::HASKELL,
    line_comments: &["--"],
    block_comment: Some(("{-", "-}")),
    quotes: &[DOUBLE, CHARACTER],
    has_calls: false,
    word_signs: "'",
    ..C_LIKE
};
static NIX: Language = Language {
    keywords: keywords::NIX,
    quotes: &[DOUBLE, quote("''", false, true)],
    has_types: false,
    has_calls: false,
    word_signs: "-",
    block_comment: Some(("/*", "*/")),
    ..HASH_LIKE
};
static CSS: Language = Language {
    keywords: "important",
    line_comments: &[],
    quotes: &[DOUBLE, SINGLE],
    has_types: false,
    sigils: "@$#.",
    key_end: ':',
    word_signs: "-",
    ..C_LIKE
};
static JSON: Language = Language {
    line_comments: &["//"],
    quotes: &[DOUBLE],
    ..DATA
};
static YAML: Language = Language {
    keywords: "true false null yes no on off",
    quotes: &[DOUBLE, RAW_SINGLE],
    sigils: "&*",
    ..DATA
};
static TOML: Language = Language {
    quotes: &[LONG_DOUBLE, quote("'''", false, true), DOUBLE, RAW_SINGLE],
    key_end: '=',
    ..DATA
};
static INI: Language = Language {
    line_comments: &["#", ";"],
    quotes: &[],
    key_end: '=',
    ..DATA
};

/// The language of a name that people write after a fence, in lower case.
pub fn language(name: &str) -> Option<Family> {
    let language = match name {
        "rust" | "rs" => &RUST,
        "c" | "h" | "cpp" | "c++" | "cc" | "cxx" | "hpp" | "objc" | "glsl" | "cuda" | "arduino" => {
            &C
        }
        "java" | "groovy" | "gradle" => &JAVA,
        "js" | "javascript" | "ts" | "typescript" | "jsx" | "tsx" | "mjs" | "node" => &JAVASCRIPT,
        "cs" | "csharp" | "c#" | "fsharp" | "f#" => &CSHARP,
        "go" | "golang" => &GO,
        "kotlin" | "kt" | "kts" => &KOTLIN,
        "swift" => &SWIFT,
        "scala" => &SCALA,
        "dart" => &DART,
        "zig" => &ZIG,
        "php" => &PHP,
        "py" | "python" | "python3" => &PYTHON,
        "rb" | "ruby" | "crystal" => &RUBY,
        "perl" | "pl" => &PERL,
        "elixir" | "ex" | "exs" => &ELIXIR,
        "r" | "julia" | "jl" => &R,
        "sh" | "bash" | "zsh" | "shell" | "console" | "fish" => &SHELL,
        "powershell" | "ps1" | "pwsh" => &POWERSHELL,
        "dockerfile" | "docker" => &DOCKERFILE,
        "make" | "makefile" => &MAKE,
        "sql" | "psql" | "postgresql" | "mysql" | "plsql" | "sqlite" => &SQL,
        "lua" => &LUA,
        "hs" | "haskell" | "elm" => &HASKELL,
        "nix" => &NIX,
        "css" | "scss" | "sass" | "less" => &CSS,
        "json" | "jsonc" | "json5" => &JSON,
        "yaml" | "yml" => &YAML,
        "toml" => &TOML,
        "ini" | "conf" | "properties" | "env" | "dotenv" => &INI,
        "html" | "xml" | "svg" | "vue" | "xhtml" | "svelte" => return Some(Family::Markup),
        "diff" | "patch" => return Some(Family::Diff),
        _ => return None,
    };
    Some(Family::Code(language))
}
