import { bytes } from "../files";
import { landscape } from "./pictures";
import type { Talk, Team } from "./team";

/** The time of the pictures: a Thursday afternoon in Berlin, where the browser is. */
export const NOW = new Date("2026-11-26T15:42:00Z");

export const ME = "maya";

const PEOPLE = {
  maya: "Maya Lindqvist",
  tomas: "Tomás Herrera",
  priya: "Priya Raman",
  jonas: "Jonas Weber",
  aiko: "田中 愛子",
  leila: "ليلى حداد",
  sofia: "Софья Ковалёва",
  olu: "Olu Adeyemi",
  sam: "Sam O’Connell",
  noa: "נועה לוי",
  beatriz: "Beatriz da Conceição Vasconcelos-Albuquerque",
};

const ALL = Object.keys(PEOPLE);
const DAY = 24 * 60;

const PLAN = `Plan for tomorrow, so that nobody has to scroll for it:

1. 9:30 freeze of the branch, Jonas cuts the release
2. 10:00 to 12:00 everybody uses it for their own work
3. 12:00 go or no go, here in this channel
4. 13:00 rollout: 5 %, 25 %, then all

Whoever finds something that stops us writes it in the thread of this message, with the steps. Everything else goes to the list for next week.`;

const MOODS = [
  landscape("dawn.png", 1200, 800, [230, 170, 160], [90, 70, 90]),
  landscape("noon.png", 800, 1200, [110, 180, 235], [80, 130, 60]),
  landscape("dusk.png", 1200, 800, [240, 150, 90], [70, 50, 70]),
  landscape("night.png", 1200, 900, [40, 50, 90], [20, 25, 40]),
];

const WAVE = "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\0\0\0";

/** A file that begins like this, as large as others of its kind. */
function named(name: string, beginning: string) {
  const file = bytes(name, 240_000);
  file.buffer.write(beginning, "latin1");
  return file;
}

const TALKS: Talk[] = [
  {
    kind: "channel",
    title: "general",
    description: "What concerns all of us",
    people: ALL,
    lines: [
      { who: "sam", ago: 2 * DAY + 300, text: "Welcome @beatriz! She joins us from Porto and takes over billing.", reactions: { "👋": ["maya", "priya", "jonas", "aiko"], "🎉": ["tomas"] } },
      { who: "beatriz", ago: 2 * DAY + 290, text: "Olá! Happy to be here. I will ask many questions in the first weeks." },
      { who: "leila", ago: DAY + 200, text: "صباح الخير. سأراجع الترجمة العربية اليوم." },
      { who: "aiko", ago: DAY + 190, text: "おはようございます。今日は新しい画面の文言を確認します。" },
      { who: "sofia", ago: 400, text: "Доброе утро! Отчёт за ноябрь готов: https://reports.example.org/2026/november" },
    ],
    favoriteOf: ["maya"],
  },
  {
    kind: "channel",
    title: "design",
    description: "Screens, words and everything that people see",
    people: ["priya", "maya", "aiko", "leila", "tomas"],
    lines: [
      { who: "priya", ago: DAY + 60, text: "New icons are in the file. One stroke weight for all of them, finally." },
      { who: "aiko", ago: DAY + 52, text: "とても見やすくなりました ✨", answers: "New icons are in the file. One stroke weight for all of them, finally." },
      { who: "maya", ago: DAY + 40, text: "Taking them into the build today." },
      { who: "tomas", ago: DAY + 30, text: "", files: [landscape("harbour.png", 1600, 1000, [120, 170, 220], [60, 90, 60])] },
      { who: "priya", ago: DAY + 28, text: "Four moods for the first page. Which one?", files: MOODS },
      { who: "maya", ago: DAY + 20, text: "The plan, and how it could sound", files: [named("Onboarding plan, final version 3.pdf", "%PDF-1.7\n"), named("ding.wav", WAVE), named("walkthrough.mp4", "\0\0\0\x18ftypisom\0\0\0\0isom")] },
      { who: "leila", ago: 55, text: "الأيقونات ممتازة، لكن السهم يحتاج إلى عكس الاتجاه في العربية." },
    ],
    unread: { maya: 1 },
  },
  {
    kind: "channel",
    title: "incidents",
    description: "Only while something is broken",
    people: ["jonas", "maya", "olu", "sofia"],
    lines: [
      { who: "olu", ago: 3 * DAY, text: "Resolved. The disk of the second replica was full; the alert fires at 80 % from now on." },
    ],
  },
  {
    kind: "channel",
    title: "releases",
    description: "What goes out, when, and what it changed",
    people: ["jonas", "maya", "tomas", "priya", "olu", "sofia", "aiko", "sam"],
    favoriteOf: ["maya"],
    lines: [
      { who: "jonas", ago: DAY + 420, text: "4.11.2 is out. Notes: https://notes.example.org/4.11.2" },
      { who: "sofia", ago: DAY + 405, text: "Графики ровные, ошибок нет. Спасибо всем!", reactions: { "🙏": ["jonas", "maya"] } },
      { who: "priya", ago: DAY + 62, text: "Can we move the onboarding change into 4.12? The copy is final and the illustrations arrive tomorrow." },
      {
        who: "jonas",
        ago: DAY + 60,
        text: "If it is merged by noon, yes.",
        answers: "Can we move the onboarding change into 4.12? The copy is final and the illustrations arrive tomorrow.",
        reactions: { "👍": ["priya", "maya"] },
      },
      { who: "maya", ago: DAY + 58, text: "I will review it first thing in the morning." },
      {
        who: "tomas",
        ago: 212,
        text: "4.12 is on staging. Please try the new search before four, and tell me what breaks.",
        reactions: { "🚀": ["maya", "priya", "aiko", "olu"], "👀": ["jonas", "sofia"] },
        pinnedBy: "jonas",
        thread: [
          { who: "olu", ago: 205, text: "Searching for “café” also finds “cafe”. Lovely." },
          { who: "aiko", ago: 190, text: "「東京」で検索すると「東京都」も出ます。良いですね。" },
          { who: "maya", ago: 171, text: "One thing: with an empty box, Esc should close the panel and not only clear it." },
          { who: "tomas", ago: 160, text: "Good catch, @maya. Fixed on the branch, staging follows in ten minutes.", reactions: { "💪": ["maya"] } },
          { who: "priya", ago: 44, text: "Works for me now." },
        ],
      },
      { who: "tomas", ago: 211, text: "Known: pictures in results are still missing." },
      { who: "aiko", ago: 180, text: "速い！検索が一瞬です。", reactions: { "✨": ["tomas"] } },
      {
        who: "maya",
        ago: 150,
        before: "Upgrade path from 4.10 tested on a copy of our data: 38 seconds.",
        text: "Upgrade path from 4.10 tested on a copy of our data: 38 seconds, no errors.",
        savedBy: "maya",
      },
      { who: "maya", ago: 149, text: "The old sessions stay signed in, too." },
      { who: "jonas", ago: 96, text: PLAN, pinnedBy: "jonas", savedBy: "maya", reactions: { "✅": ["maya", "tomas", "sam"] } },
      { who: "olu", ago: 30, text: "Runbook for the rollout, with the switch to go back: https://wiki.example.org/runbooks/rollout?version=4.12#back" },
      {
        who: "sam",
        ago: 24,
        text: "@maya could you look at the release notes before six? Two sentences about search are enough.",
        reactions: { "🙌": ["jonas"] },
      },
      { who: "sofia", ago: 9, text: "Нагрузочный тест прошёл: 2 000 сообщений за 8 секунд, все доставлены." },
    ],
    unread: { maya: 3 },
  },
  {
    kind: "channel",
    title: "support-escalations-and-customer-questions-of-the-whole-region",
    people: ["sam", "maya", "olu"],
    lines: [{ who: "sam", ago: 6 * DAY, text: "Nothing open since Friday." }],
  },
  {
    kind: "channel",
    title: "leads",
    private: true,
    people: ["sam", "maya", "jonas"],
    lines: [{ who: "sam", ago: 4 * DAY, text: "Budget for next year is approved." }],
  },
  { kind: "channel", title: "books", description: "What we read, and who lends it", people: ["olu", "sofia", "noa"], lines: [{ who: "olu", ago: 5000, text: "Next: Middlemarch." }] },
  { kind: "channel", title: "running", description: "Tuesdays at seven, along the canal", people: ["jonas", "beatriz"], lines: [{ who: "jonas", ago: 6000, text: "Rain or not." }] },
  {
    kind: "group",
    title: "Launch 🎉",
    description: "Everything for the 1st of December",
    people: ["maya", "priya", "tomas", "sam", "noa"],
    lines: [
      { who: "noa", ago: 330, text: "שלום לכולם, הטקסטים מוכנים לבדיקה." },
      { who: "priya", ago: 320, text: "The page is in review. I like the second headline more." },
      { who: "maya", ago: 310, text: "Me too. Let us take it.", reactions: { "💯": ["priya", "sam"] } },
      { who: "tomas", ago: 38, text: "Booked the room from two to four." },
      { who: "noa", ago: 20, text: "תודה!" },
    ],
    unread: { maya: 2 },
  },
  { kind: "group", title: "Lunch", people: ["olu", "maya", "aiko"], lines: [{ who: "olu", ago: 2 * DAY, text: "Ramen?" }, { who: "aiko", ago: 2 * DAY - 5, text: "🍜" }] },
  {
    kind: "direct",
    people: ["maya", "tomas"],
    favoriteOf: ["maya"],
    lines: [
      { who: "tomas", ago: DAY + 130, text: "Do you have ten minutes for the index before lunch?" },
      { who: "maya", ago: DAY + 128, text: "Sure, call me at half past eleven." },
      { who: "tomas", ago: 190, text: "The query plan is good now: one index scan, 0.4 ms." },
      { who: "tomas", ago: 189, text: "I was wrong about the join 😅" },
      { who: "maya", ago: 186, text: "It happens. Nice number!", reactions: { "❤️": ["tomas"] } },
      { who: "maya", ago: 185, text: "Can you write down in two sentences why the second one was slow? I would put it into the notes, so that nobody tries it again in half a year.", answers: "The query plan is good now: one index scan, 0.4 ms." },
      { who: "tomas", ago: 170, text: "👍" },
      { who: "tomas", ago: 66, text: "Done: https://notes.example.org/plans" },
      { who: "maya", ago: 60, text: "Perfect, thank you." },
    ],
  },
  { kind: "direct", people: ["maya", "priya"], lines: [{ who: "priya", ago: 14, text: "Could you look at this before the call?" }, { who: "priya", ago: 13, text: "It is only the first screen." }], unread: { maya: 2 } },
  { kind: "direct", people: ["maya", "leila"], lines: [{ who: "maya", ago: 500, text: "Thank you for the Arabic texts!" }, { who: "leila", ago: 480, text: "على الرحب والسعة، أخبريني إن احتجتِ إلى شيء آخر." }] },
  { kind: "direct", people: ["maya", "aiko"], lines: [{ who: "aiko", ago: 3 * DAY, text: "ありがとうございました。" }] },
  { kind: "direct", people: ["maya", "beatriz"], lines: [{ who: "beatriz", ago: 2 * DAY, text: "Where do I find the invoices of last year?" }, { who: "maya", ago: 2 * DAY - 4, text: "In the archive, by month." }] },
];

/** Writes everything. The last account has no conversation. */
export async function fill(team: Team): Promise<void> {
  await team.register({ ...PEOPLE, newcomer: "Nina Novak" });
  for (const talk of TALKS) await team.tell(talk);
}
