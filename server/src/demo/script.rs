//! The script of the demo data.

use DemoStep::{Days, Edit, React, Read, Reply, Say};
use model::ConversationKind::{self, Channel, Direct, Group};

/// One conversation, and what happens in it.
pub struct DemoConversation {
    pub kind: ConversationKind,
    pub title: &'static str,
    pub description: Option<&'static str>,
    /// The first user creates the conversation.
    pub people: &'static [&'static str],
    pub steps: &'static [DemoStep],
}

/// Users are given by username, times as minutes ago, and earlier messages by how many back they are
/// (1 is the last one).
pub enum DemoStep {
    /// Days, and the lines that the users say in turn, one each per day.
    Days(i64, &'static [&'static str]),
    /// User, time, body.
    Say(&'static str, i64, &'static str),
    /// User, time, message, body.
    Reply(&'static str, i64, usize, &'static str),
    /// User, message, emoji.
    React(&'static str, usize, &'static str),
    /// User, and the new body of the last message.
    Edit(&'static str, &'static str),
    /// The user reads all messages so far.
    Read(&'static str),
}

pub const PEOPLE: [(&str, &str); 5] = [
    ("ada", "Ada Lovelace"),
    ("grace", "Grace Hopper"),
    ("sofya", "Софья Ковалевская"),
    ("musa", "محمد بن موسى"),
    ("murasaki", "紫式部"),
];

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

pub const CONVERSATIONS: &[DemoConversation] = &[
    DemoConversation {
        kind: Channel,
        title: "general",
        description: Some("What concerns all of us"),
        people: &["ada", "grace", "sofya", "musa", "murasaki"],
        steps: &[
            Days(
                12,
                &[
                    "Good morning! Today: the carry mechanism, and nothing else.",
                    "Compiling. Then more compiling.",
                    "Доброе утро! Дописываю доказательство, к обеду пришлю.",
                    "صباح الخير. سأراجع الجداول اليوم.",
                    "おはようございます。今日は第五帖の校正をします。",
                    "Yesterday's numbers hold. I checked them twice.",
                    "Found the bug. It was, once more, a bug.",
                    "Сегодня я в Стокгольме, отвечаю вечером.",
                    "انتهيت من الفصل الأول، والثاني قريب 📖",
                    "雨の日ですね ☔ 少し遅れます。",
                    "Lunch at one, whoever wants to join 🍲",
                ],
            ),
            Say(
                "grace",
                5 * HOUR,
                "The new build is out. Please try it, and tell me what breaks.",
            ),
            React("ada", 1, "🚀"),
            React("sofya", 1, "🚀"),
            React("murasaki", 1, "👏"),
            Reply("musa", 4 * HOUR + 40, 1, "يعمل جيداً هنا، شكراً 🙏"),
            Say(
                "sofya",
                4 * HOUR + 12,
                "У меня тоже всё работает, и быстрее, чем вчера.",
            ),
            Read("ada"),
            Say("murasaki", 35, "とても速いです! ✨"),
            Say(
                "grace",
                22,
                "@ada can you look at the release notes before four?",
            ),
        ],
    },
    DemoConversation {
        kind: Group,
        title: "Launch 🎉",
        description: Some("Everything for the first of December"),
        people: &["ada", "grace", "murasaki"],
        steps: &[
            Say("ada", 3 * DAY + 90, "So, what is left before we launch?"),
            Say(
                "grace",
                3 * DAY + 84,
                "1. the release notes\n2. the picture for the front page\n3. cake",
            ),
            React("ada", 1, "🍰"),
            React("murasaki", 1, "🍰"),
            Say(
                "murasaki",
                3 * DAY + 70,
                "絵は私が描きます。明日見せますね。",
            ),
            React("grace", 1, "❤️"),
            Say(
                "ada",
                2 * DAY + 200,
                "The release notes are half done, I will finish them tonigth.",
            ),
            Edit(
                "ada",
                "The release notes are half done, I will finish them tonight.",
            ),
            Reply(
                "grace",
                2 * DAY + 190,
                1,
                "No hurry. The cake takes longer.",
            ),
            Say(
                "murasaki",
                DAY + 300,
                "できました: https://example.org/launch.png",
            ),
            React("ada", 1, "😍"),
            React("grace", 1, "😍"),
            Say(
                "grace",
                DAY + 290,
                "That is beautiful. Let us not touch it any more.",
            ),
            Read("ada"),
            Read("murasaki"),
        ],
    },
    DemoConversation {
        kind: Direct,
        title: "",
        description: None,
        people: &["ada", "grace"],
        steps: &[
            Say(
                "grace",
                DAY + 500,
                "Do you have a minute? I do not understand your note G.",
            ),
            Say("ada", DAY + 495, "Of course. Which part?"),
            Say(
                "grace",
                DAY + 493,
                "The loop. It computes the Bernoulli numbers, but where does it *end*?",
            ),
            Reply(
                "ada",
                DAY + 480,
                1,
                "When the cards run out. I ought to have written that down.",
            ),
            React("grace", 1, "😄"),
            Say("ada", DAY + 478, "Thank you, I will correct it."),
            Read("grace"),
            Say(
                "grace",
                3 * HOUR,
                "By the way: there was a moth in relay 70 today.",
            ),
            Say(
                "grace",
                3 * HOUR - 1,
                "A real one 🦋 I taped it into the log book.",
            ),
        ],
    },
    DemoConversation {
        kind: Direct,
        title: "",
        description: None,
        people: &["sofya", "ada"],
        steps: &[
            Say(
                "sofya",
                2 * DAY + 30,
                "Ада, посмотри, пожалуйста, на третью страницу: там, кажется, ошибка в знаке.",
            ),
            Say(
                "ada",
                2 * DAY + 4,
                "You are right, it should be minus. Спасибо!",
            ),
            React("sofya", 1, "👍"),
            Say("sofya", 2 * DAY, "Прекрасно. Тогда отправляю в печать."),
            Read("ada"),
        ],
    },
    DemoConversation {
        kind: Channel,
        title: "books",
        description: Some("What we read, and whether you should"),
        people: &["murasaki", "ada", "sofya", "musa"],
        steps: &[
            Say(
                "murasaki",
                6 * DAY,
                "新しい章を書きました。五十四帖まであと少しです。",
            ),
            Say(
                "sofya",
                6 * DAY - 60,
                "Читаю «Нигилистку» заново. Старею: теперь сочувствую родителям.",
            ),
            React("ada", 1, "😂"),
            Say("musa", 5 * DAY, "هل قرأ أحدكم «كتاب الحيل»؟ آلات عجيبة حقاً."),
            Reply(
                "ada",
                5 * DAY - 45,
                1,
                "I have, in a poor translation. The fountains! Which edition do you recommend?",
            ),
            Say("musa", 5 * DAY - 90, "سأحضر لكِ نسختي يوم الخميس."),
            React("ada", 1, "🙏"),
            React("murasaki", 1, "📚"),
            Read("ada"),
        ],
    },
    DemoConversation {
        kind: Direct,
        title: "",
        description: None,
        people: &["grace", "musa"],
        steps: &[
            Say("musa", 8 * HOUR, "مرحباً! كيف أشغّل المترجم على جهازي؟"),
            Say(
                "grace",
                8 * HOUR - 6,
                "Like this:\n\nparlance --demo\n\nand then ask me again.",
            ),
            React("musa", 1, "🤓"),
            Read("musa"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::{CONVERSATIONS, DemoStep, PEOPLE};

    #[test]
    fn only_members_appear_in_steps() {
        for script in CONVERSATIONS {
            for name in script.people {
                assert!(PEOPLE.iter().any(|(known, _)| known == name), "{name}");
            }
            for step in script.steps {
                let (DemoStep::Say(who, ..)
                | DemoStep::Reply(who, ..)
                | DemoStep::React(who, ..)
                | DemoStep::Edit(who, ..)
                | DemoStep::Read(who)) = step
                else {
                    continue;
                };
                assert!(script.people.contains(who), "{who} in {}", script.title);
            }
        }
    }
}
