//! Random events, frames and requests that look enough like a contract's to pass the first checks.

use crate::vocabulary::{self, Vocabulary};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write;
use tokio_tungstenite::tungstenite::Message;

const FIELDS: [&str; 21] = [
    "groupId",
    "roomId",
    "conversationId",
    "receiverId",
    "userId",
    "messageId",
    "content",
    "message",
    "type",
    "messageType",
    "replyToId",
    "replyTo",
    "isTyping",
    "limit",
    "cursor",
    "id",
    "participants",
    "attachments",
    "attachmentUrl",
    "tempId",
    "userIds",
];

const TEXTS: [&str; 12] = [
    "",
    " ",
    "TEXT",
    "text",
    "ROOM",
    "online",
    "\u{0}",
    "'; drop table users; --",
    "%_\\",
    "𝄞🙂é",
    "9223372036854775807",
    "-1",
];

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::PATCH,
];

pub struct Noise {
    random: StdRng,
    events: &'static [&'static str],
    /// The contract's paths, with `{}` for an id.
    paths: &'static [&'static str],
    ids: Vec<i64>,
}

impl Noise {
    pub fn new(seed: u64, contract: &str, ids: &[i64]) -> Self {
        let Vocabulary { events, paths } = vocabulary::of(contract);
        Self {
            random: StdRng::seed_from_u64(seed),
            events,
            paths,
            ids: ids.to_vec(),
        }
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.random.random_ratio(percent, 100)
    }

    /// The name and arguments of an event: mostly a known name, with an object of known fields.
    pub fn event(&mut self) -> Value {
        let name = if self.chance(95) {
            (*self.pick(self.events)).to_owned()
        } else {
            self.name()
        };
        let mut arguments = vec![Value::from(name)];
        for _ in 0..self.random.random_range(0..3) {
            arguments.push(if self.chance(70) {
                self.object(2)
            } else {
                self.value(3)
            });
        }
        arguments.into()
    }

    pub fn frame(&mut self) -> Message {
        const STARTS: [&str; 16] = [
            "0",
            "1",
            "2",
            "2probe",
            "3",
            "40",
            "40{}",
            "41",
            "42",
            "420",
            "43",
            "44",
            "451-",
            "4",
            "6",
            "42/chat/,",
        ];
        if self.chance(15) {
            let mut bytes = vec![0; self.random.random_range(0..64)];
            self.random.fill(&mut bytes[..]);
            return Message::binary(bytes);
        }
        let mut frame = (*self.pick(&STARTS)).to_owned();
        let _ = match self.random.random_range(0..3) {
            0 => write!(frame, "{}", self.event()),
            1 => write!(frame, "{}", self.value(3)),
            _ => write!(frame, "{}", self.name()),
        };
        Message::text(frame)
    }

    pub fn request(&mut self) -> (Method, String, String) {
        let mut path = (*self.pick(self.paths)).to_owned();
        while path.contains("{}") {
            let id = match self.random.random_range(0..4) {
                0 => self.random.random::<i64>().to_string(),
                1 => "%00".to_owned(),
                _ => self.pick(&self.ids.clone()).to_string(),
            };
            path = path.replacen("{}", &id, 1);
        }
        if self.chance(50) {
            let number = self.random.random::<i32>();
            let id = *self.pick(&self.ids.clone());
            let _ = write!(
                path,
                "?limit={number}&page={number}&q=%25&before={number}&roomId={id}"
            );
        }
        let body = match self.random.random_range(0..5) {
            0 => String::new(),
            1 => self.name(),
            2 => self.value(3).to_string(),
            _ => self.object(2).to_string(),
        };
        (self.pick(&METHODS).clone(), path, body)
    }

    fn object(&mut self, depth: u32) -> Value {
        let mut object = json!({});
        for _ in 0..self.random.random_range(0..6) {
            let field = *self.pick(&FIELDS);
            object[field] = self.value(depth);
        }
        object
    }

    fn value(&mut self, depth: u32) -> Value {
        match self.random.random_range(0..if depth == 0 { 7 } else { 9 }) {
            0 => Value::Null,
            1 => self.random.random::<bool>().into(),
            2 => self.random.random::<i64>().into(),
            3 => self.random.random::<f64>().into(),
            4 => (*self.pick(&TEXTS)).into(),
            5 => self.pick(&self.ids.clone()).to_string().into(),
            6 => "long ".repeat(self.random.random_range(0..3_000)).into(),
            7 => self.object(depth - 1),
            _ => (0..self.random.random_range(0..4))
                .map(|_| self.value(depth - 1))
                .collect::<Vec<_>>()
                .into(),
        }
    }

    /// Characters that JSON does not escape. socketioxide closes a connection whose event name has
    /// escapes.
    fn name(&mut self) -> String {
        let length = self.random.random_range(0..12);
        (0..length)
            .map(|_| *self.pick(&['a', 'é', '{', '}', '[', ']', ',', ':', '0', ' ', '𝄞', '%']))
            .collect()
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        of.choose(&mut self.random).expect("there is a choice")
    }
}
