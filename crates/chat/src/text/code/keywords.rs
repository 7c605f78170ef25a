//! The words that languages keep for themselves, separated by spaces.

pub const C: &str = "alignas alignof auto bool break case catch char class const constexpr continue default \
    delete do double else enum explicit export extern false final float for friend goto if inline int long \
    mutable namespace new noexcept nullptr operator override private protected public register return short \
    signed sizeof static static_assert static_cast struct switch template this throw true try typedef typename \
    union unsigned using virtual void volatile while NULL define include ifdef ifndef endif pragma";
pub const RUST: &str = "as async await break const continue crate dyn else enum extern false fn for if impl in \
    let loop match mod move mut pub ref return self Self static struct super trait true type union unsafe use \
    where while bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64";
pub const JAVA: &str = "abstract assert boolean break byte case catch char class const continue default def do \
    double else enum extends false final finally float for goto if implements import in instanceof int \
    interface long native new null package permits private protected public record return sealed short static \
    strictfp super switch synchronized this throw throws transient true try var void volatile while yield";
pub const JAVASCRIPT: &str = "abstract any as async await boolean break case catch class const continue debugger \
    declare default delete do else enum export extends false finally for from function get if implements \
    import in infer instanceof interface is keyof let namespace never new null number object of private \
    protected public readonly return satisfies set static string super switch symbol this throw true try type \
    typeof undefined unknown var void while with yield";
pub const CSHARP: &str = "abstract as async await base bool break byte case catch char checked class const continue \
    decimal default delegate do double else enum event explicit extern false finally fixed float for foreach get \
    goto if implicit in init int interface internal is let lock long member module match mutable nameof \
    namespace new null object open operator out override params private protected public readonly record ref \
    required return sbyte sealed set short sizeof static string struct switch then this throw true try type \
    typeof uint ulong unsafe ushort using var virtual void volatile when where while with yield";
pub const GO: &str = "any bool break byte case chan const continue default defer else error fallthrough false \
    float32 float64 for func go goto if import int int16 int32 int64 int8 interface iota map nil package range \
    return rune select string struct switch true type uint uint16 uint32 uint64 uint8 uintptr var";
pub const KOTLIN: &str = "abstract actual as break by catch class companion const constructor continue data do else \
    enum expect external false final finally for fun get if import in infix init inline inner interface internal \
    is lateinit null object open operator out override package private protected public reified return sealed \
    set super suspend tailrec this throw true try typealias val var vararg when where while";
pub const SWIFT: &str = "actor any as associatedtype async await break case catch class continue default defer \
    deinit do else enum extension fallthrough false fileprivate final for func get guard if import in indirect \
    init inout internal is lazy let mutating nil open operator override private protocol public repeat \
    required return self Self set some static struct subscript super switch throw throws true try typealias \
    unowned var weak where while";
pub const SCALA: &str = "abstract case catch class def do else enum export extends extension false final finally \
    for forSome given if implicit import inline lazy match new null object opaque override package private \
    protected return sealed super then this throw trait true try type using val var while with yield";
pub const DART: &str = "abstract as assert async await base bool break case catch class const continue covariant \
    default deferred do double dynamic else enum export extends extension external factory false final finally \
    for get if implements import in int interface is late library mixin new null num on operator part required \
    rethrow return sealed set static super switch sync this throw true try typedef var void when while with \
    yield";
pub const ZIG: &str = "addrspace align and anyerror anytype asm async await bool break catch comptime const continue \
    defer else enum errdefer error export extern false fn for if inline noalias null opaque or orelse packed pub \
    resume return struct suspend switch test threadlocal true try type undefined union unreachable usize \
    usingnamespace var void volatile while u8 u16 u32 u64 i8 i16 i32 i64 f32 f64";
pub const PHP: &str = "abstract and array as bool break callable case catch class clone const continue declare \
    default do echo else elseif empty enum extends false final finally float fn for foreach function global \
    goto if implements include include_once instanceof int interface isset list match mixed namespace new null \
    or parent print private protected public readonly require require_once return self static string switch \
    throw trait true try unset use var void while xor yield php";
pub const PYTHON: &str = "and as assert async await break case class continue def del elif else except False finally \
    for from global if import in is lambda match None nonlocal not or pass raise return self True try type \
    while with yield";
pub const RUBY: &str = "alias and attr_accessor attr_reader attr_writer begin break case class def defined? do else \
    elsif end ensure extend false for if in include loop module next nil not or private protected public raise \
    redo require require_relative rescue retry return self super then true undef unless until when while yield";
pub const PERL: &str = "and cmp continue die do else elsif eq for foreach ge given gt if last le lt my ne next no \
    not or our package print redo require return say sub undef unless until use when while xor";
pub const ELIXIR: &str = "after alias and case catch cond def defmacro defmodule defp defprotocol defstruct do else \
    end false fn for if import in nil not or quote raise receive require rescue true try unless unquote use when \
    with";
pub const R: &str = "break else FALSE for function if in Inf NA NaN next NULL repeat return TRUE while begin const do \
    elseif end export false global import let local macro module mutable nothing quote struct true try using";
pub const SHELL: &str = "alias break case cd continue declare do done echo elif else esac eval exec exit export false \
    fi for function if in local printf read readonly return select set shift source sudo test then trap true \
    unset until while";
pub const POWERSHELL: &str = "begin break catch class continue data do else elseif end enum exit filter finally for \
    foreach from function if in param process return switch throw trap try until using while";
pub const DOCKERFILE: &str = "add arg as cmd copy entrypoint env expose from healthcheck label maintainer onbuild run \
    shell stopsignal user volume workdir";
pub const MAKE: &str =
    "define else endef endif export ifdef ifeq ifndef ifneq include override unexport vpath";
pub const SQL: &str = "add all alter and any as asc begin between bigint boolean by cascade case check column commit \
    concurrently conflict constraint create cross current_date current_timestamp date default delete desc \
    distinct do drop else end except exists explain analyze false fetch filter first for foreign from full \
    function grant group having if ilike in index inner insert int integer intersect interval into is join json \
    jsonb key language last lateral left like limit materialized natural not nothing null nulls numeric offset \
    on only or order outer over partition primary procedure references replace returning returns revoke right \
    rollback row rows schema select sequence serial set table temporary text then timestamp timestamptz to \
    transaction trigger true truncate type union unique update using uuid values varchar view when where window \
    with";
pub const LUA: &str = "and break do else elseif end false for function goto if in local nil not or repeat return then \
    true until while";
pub const HASKELL: &str = "as case class data default deriving do else exposing family forall foreign hiding if import \
    in infix infixl infixr instance let module newtype of port qualified then type where";
pub const NIX: &str = "assert else false if import in inherit let null or rec then true with";
