//! How often and how lately something was gone to, in this browser: what is used comes first.

use crate::client::{ChatClient, now};

/// A use counts half after this time, in seconds: a week.
const HALF_LIFE: f64 = 7.0 * 86_400.0;

/// The least used are forgotten beyond this number.
const MAX_USES: usize = 100;

/// Scores by key, each as of a time in seconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uses(Vec<(String, f64, i64)>);

impl Uses {
    pub fn kept(client: ChatClient) -> Self {
        Self::parse(&client.kept_uses())
    }

    /// Notes a use now, and keeps all.
    pub fn note(client: ChatClient, key: &str) {
        let mut uses = Self::kept(client);
        uses.add(key, now().unix_timestamp());
        client.keep_uses(&uses.to_text());
    }

    /// One line for each: score, time, key. A line that is none of these is left out.
    fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let mut parts = line.splitn(3, ' ');
            let score: f64 = parts.next()?.parse().ok()?;
            let at = parts.next()?.parse().ok()?;
            let key = parts.next()?.to_owned();
            score.is_finite().then_some((key, score, at))
        };
        Self(text.lines().filter_map(line).take(MAX_USES).collect())
    }

    fn to_text(&self) -> String {
        let lines = self.0.iter();
        let lines = lines.map(|(key, score, at)| format!("{score:.3} {at} {key}"));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn add(&mut self, key: &str, at: i64) {
        let score = self.score(key, at) + 1.0;
        self.0.retain(|(known, ..)| known != key);
        self.0.push((key.to_owned(), score, at));
        self.0
            .sort_by(|a, b| decayed(b.1, b.2, at).total_cmp(&decayed(a.1, a.2, at)));
        self.0.truncate(MAX_USES);
    }

    /// 0 for what was never used.
    pub fn score(&self, key: &str, at: i64) -> f64 {
        let known = self.0.iter().find(|(known, ..)| known == key);
        known.map_or(0.0, |(_, score, then)| decayed(*score, *then, at))
    }
}

fn decayed(score: f64, then: i64, now: i64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "ages are below 2^53")]
    let age = (now - then).max(0) as f64;
    score * (-age / HALF_LIFE).exp2()
}

#[cfg(test)]
mod tests {
    use super::{MAX_USES, Uses};

    const DAY: i64 = 86_400;

    #[test]
    fn what_is_used_often_and_lately_is_first() {
        let mut uses = Uses::default();
        for _ in 0..3 {
            uses.add("often", 0);
        }
        uses.add("lately", 20 * DAY);
        assert!(uses.score("often", 0) > 2.9);
        assert!(uses.score("often", 20 * DAY) < uses.score("lately", 20 * DAY));
        assert!(uses.score("never", 0).abs() < f64::EPSILON);
    }

    #[test]
    fn what_is_kept_is_read_again_and_nothing_else() {
        let mut uses = Uses::default();
        uses.add("c1 with spaces", 5);
        let kept = Uses::parse(&format!("nonsense\n\nNaN 1 x\n{}", uses.to_text()));
        assert_eq!(kept, uses);
        for number in 0..200 {
            uses.add(&number.to_string(), 6);
        }
        assert_eq!(uses.0.len(), MAX_USES);
    }
}
