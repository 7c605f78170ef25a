//! Sixty queries over messages in many scripts, with what each must find; it must not find the others. The
//! same before anything is indexed, after half of it, and after all.

use super::found_bodies;
use crate::fixtures::people;
use model::MatchKind;
use sqlx::PgPool;

const MESSAGES: [&str; 16] = [
    "The quarterly Report is ready for review",
    "Café Zoë opens at noon — naïve façade",
    "Встреча перенесена на четверг",
    "Ο ΔΡΌΜΟΣ προς την οδό Αθηνάς",
    "اجتماع الفريق غداً في القاعة",
    "הפגישה נדחתה ליום שלישי",
    "बैठक कल सुबह दस बजे है",
    "সভা আগামীকাল সকালে হবে",
    "ประชุมพรุ่งนี้เวลาเก้าโมง",
    "明天上午九点在会议室开会",
    "あしたのカイギは東京タワーでﾊﾝｶｸ",
    "회의는 내일 아침 아홉 시입니다",
    "შეხვედრა ხვალ დილით არის",
    "👩‍🚀 launch 🚀 at dawn",
    "call fold_text(x) at 100% of C:\\temp",
    "கூட்டம் நாளை காலை",
];

/// Each query with the only message that it finds, or none.
const QUERIES: [(&str, Option<usize>); 64] = [
    ("report", Some(0)),
    ("REPORT ready", Some(0)),
    ("uarterl", Some(0)),
    ("\"is ready\"", Some(0)),
    ("\"ready is\"", None),
    ("report -ready", None),
    ("review -draft", Some(0)),
    ("report supper", None),
    ("cafe\u{301}", Some(1)),
    ("CAFÉ", Some(1)),
    ("zoë noon", Some(1)),
    ("FAÇADE", Some(1)),
    ("cafe", None),
    ("встреча", Some(2)),
    ("ВСТРЕЧА четверг", Some(2)),
    ("перенес", Some(2)),
    ("пятница", None),
    ("δρόμος", Some(3)),
    ("ΑΘΗΝΆΣ", Some(3)),
    ("προσ", Some(3)),
    ("οδός", None),
    ("اجتماع", Some(4)),
    ("الفريق القاعة", Some(4)),
    ("ﺍﺟﺘﻤﺎﻉ", Some(4)),
    ("اجتماعات", None),
    ("הפגישה", Some(5)),
    ("שלישי", Some(5)),
    ("רביעי", None),
    ("बैठक", Some(6)),
    ("सुबह कल", Some(6)),
    ("शाम", None),
    ("সভা", Some(7)),
    ("আগামীকাল", Some(7)),
    ("বিকাল", None),
    ("ประชุม", Some(8)),
    ("เก้าโมง", Some(8)),
    ("เมื่อวาน", None),
    ("会议", Some(9)),
    ("议", Some(9)),
    ("九点", Some(9)),
    ("会议室开会", Some(9)),
    ("上午 会议", Some(9)),
    ("议会", None),
    ("下午", None),
    ("カイギ", Some(10)),
    ("東京", Some(10)),
    ("ハンカク", Some(10)),
    ("ﾀﾜｰ", Some(10)),
    ("かいぎ", None),
    ("회의", Some(11)),
    ("\u{1102}\u{1162}\u{110b}\u{1175}\u{11af}", Some(11)),
    ("모레", None),
    ("შეხვედრა", Some(12)),
    ("ხვალ დილით", Some(12)),
    ("გუშინ", None),
    ("🚀", Some(13)),
    ("launch dawn", Some(13)),
    ("🎉", None),
    ("fold_text", Some(14)),
    ("100%", Some(14)),
    ("c:\\TEMP", Some(14)),
    ("foldXtext", None),
    ("கூட்டம்", Some(15)),
    ("நேற்று", None),
];

/// Words with a typing error, and the message that they find all the same.
const MISTYPED: [(&str, usize); 8] = [
    ("reprot", 0),
    ("quaterly", 0),
    ("cafe", 1),
    ("встерча", 2),
    ("Αθηνάδ", 3),
    ("הפגישא", 5),
    ("შეხვედრო", 12),
    ("launhc dawn", 13),
];

#[sqlx::test(migrations = "../../migrations")]
async fn every_script_is_found(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    for (n, body) in MESSAGES.into_iter().enumerate() {
        people.say(&people.ada, id, body).await;
        if n == MESSAGES.len() / 2 {
            people.chat.index_all().await.unwrap();
        }
    }
    for state in ["half of it is indexed", "all of it is indexed"] {
        for (query, expected) in QUERIES {
            let found = found_bodies(&people, &people.grace, query, MatchKind::Exact).await;
            let expected: Vec<_> = expected.map(|n| MESSAGES[n]).into_iter().collect();
            assert_eq!(found, expected, "{query}: {state}");
            let outside = found_bodies(&people, &people.outsider, query, MatchKind::Exact).await;
            assert_eq!(outside, [""; 0], "{query}: {state}");
        }
        people.chat.index_all().await.unwrap();
    }
    for (query, n) in MISTYPED {
        let found = found_bodies(&people, &people.grace, query, MatchKind::Exact).await;
        assert_eq!(found, [""; 0], "{query}");
        let similar = found_bodies(&people, &people.grace, query, MatchKind::Similar).await;
        assert_eq!(similar, [MESSAGES[n]], "{query}");
        let outside = found_bodies(&people, &people.outsider, query, MatchKind::Similar).await;
        assert_eq!(outside, [""; 0], "{query}");
    }
    for query in ["zzzzqqq", "\"reprot\" supper", "qx"] {
        let similar = found_bodies(&people, &people.grace, query, MatchKind::Similar).await;
        assert_eq!(similar, [""; 0], "{query}");
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_script_is_found_without_an_index(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    for body in MESSAGES {
        people.say(&people.ada, id, body).await;
    }
    for (query, expected) in QUERIES {
        let found = found_bodies(&people, &people.grace, query, MatchKind::Exact).await;
        let expected: Vec<_> = expected.map(|n| MESSAGES[n]).into_iter().collect();
        assert_eq!(found, expected, "{query}");
    }
}
