-- A million messages (`messages`) of 1,000 conversations and 10,000 users, in twelve scripts. The words of a
-- script are frequent and rare as those of people are: the first is in nearly every message of it, the last
-- of some 1,000 in a few. The caller, user 1, is in a third of the conversations, the largest among them.
\set ON_ERROR_STOP on
set synchronous_commit = off;
select setseed(0.5) \g /dev/null

create table vocabulary (script int primary key, name text, words text[], glue text);
insert into vocabulary
select script, name, array(
    select w from unnest(string_to_array(base, ' ')) w
    union all
    select a || b from unnest(string_to_array(base, ' ')) a, unnest(string_to_array(base, ' ')) b where a <> b
), glue
from (values
    (0, 'latin', 'the meeting report of river garden silver window market planet thunder harvest candle bridge mirror winter summer forest castle pepper engine rocket saddle timber velvet walnut yellow zephyr', ' '),
    (1, 'cyrillic', 'и встреча отчёт река сад серебро окно рынок планета гром урожай свеча мост зеркало зима лето лес замок перец двигатель ракета седло', ' '),
    (2, 'greek', 'και συνάντηση αναφορά ποτάμι κήπος ασήμι παράθυρο αγορά πλανήτης βροντή συγκομιδή κερί γέφυρα καθρέφτης χειμώνας καλοκαίρι δάσος κάστρο', ' '),
    (3, 'arabic', 'في اجتماع تقرير نهر حديقة فضة نافذة سوق كوكب رعد حصاد شمعة جسر مرآة شتاء صيف غابة قلعة فلفل محرك صاروخ', ' '),
    (4, 'hebrew', 'של פגישה דוח נהר גן כסף חלון שוק כוכב רעם קציר נר גשר מראה חורף קיץ יער טירה פלפל מנוע', ' '),
    (5, 'devanagari', 'और बैठक रिपोर्ट नदी बगीचा चांदी खिड़की बाज़ार ग्रह गर्जन फसल मोमबत्ती पुल दर्पण सर्दी गर्मी जंगल किला मिर्च इंजन', ' '),
    (6, 'bengali', 'এবং সভা প্রতিবেদন নদী বাগান রূপা জানালা বাজার গ্রহ বজ্র ফসল মোমবাতি সেতু আয়না শীত গ্রীষ্ম বন দুর্গ মরিচ', ' '),
    (7, 'thai', 'และ ประชุม รายงาน แม่น้ำ สวน เงิน หน้าต่าง ตลาด ดาวเคราะห์ ฟ้าร้อง เก็บเกี่ยว เทียน สะพาน กระจก ฤดูหนาว ฤดูร้อน ป่า ปราสาท', ''),
    (8, 'han', '的 会议 报告 河流 花园 白银 窗户 市场 行星 雷声 收获 蜡烛 桥梁 镜子 冬天 夏天 森林 城堡 胡椒 引擎 火箭 马鞍', ''),
    (9, 'kana', 'の かいぎ レポート かわ にわ シルバー まど いちば わくせい かみなり しゅうかく ろうそく はし かがみ ふゆ なつ もり しろ コショウ エンジン', ''),
    (10, 'hangul', '그리고 회의 보고서 강물 정원 은빛 창문 시장 행성 천둥 수확 촛불 다리 거울 겨울 여름 숲속 성곽 후추 엔진', ' '),
    (11, 'georgian', 'და შეხვედრა ანგარიში მდინარე ბაღი ვერცხლი ფანჯარა ბაზარი პლანეტა ჭექა მოსავალი სანთელი ხიდი სარკე ზამთარი ზაფხული ტყე', ' ')
) v(script, name, base, glue);

insert into users (username, name)
select 'user' || n, initcap(v.words[1 + n % 20]) || ' ' || initcap(v.words[1 + (n / 20) % 20])
from generate_series(1, 10000) n join vocabulary v on v.script = n % 12;
insert into conversations (kind, title, private, created_by)
select case n % 3 when 0 then 'channel' else 'group' end, 'Room ' || n, n % 3 <> 0 or n % 2 = 0, (select min(id) from users)
from generate_series(1, 1000) n;
insert into members (conversation_id, user_id, role, joined_seq, seq)
select c.id, u.id, 'member', 1, 1
from (select id, row_number() over (order by id) as n from conversations where id > 0) c
join (select id, row_number() over (order by id) as n from users) u
    on (u.n = 1 and c.n % 3 = 1) or (u.n > 1 and u.n % 100 = c.n % 100);

-- Conversation 1 has a tenth of all messages.
insert into messages (conversation_id, position, created_seq, seq, sender_id, body, created_at)
select conversation_id, row_number() over w, 1 + row_number() over w, 1 + row_number() over w, sender_id, body,
    now() - (:messages - n) * interval '30 seconds'
from (
    select n, case when n % 10 = 0 then 1 else 2 + (random() * 997)::int end as conversation_id,
        1 + (power(random(), 2) * 9990)::int as sender_id,
        (
            select string_agg(v.words[1 + (power(random(), 6) * (cardinality(v.words) - 1))::int + word * 0], v.glue)
            from generate_series(1, 4 + (n % 9)::int) word
        ) || case when n % 50 = 0 then ' https://example.org/' || n else '' end as body
    from generate_series(1, :messages) n join vocabulary v on v.script = n % 12
) m
window w as (partition by conversation_id order by n)
order by n;
update conversations c set position = m.position, seq = m.position + 1
from (select conversation_id, max(position) as position from messages group by 1) m where m.conversation_id = c.id;
update members k set read_position = greatest(0, c.position - 20) from conversations c where c.id = k.conversation_id;
insert into attachments (message_id, position, name, url)
select id, 1, 'f' || id || case id % 200 when 0 then '.png' else '.pdf' end, 'https://example.org/f' || id
from messages where id % 100 = 0;
insert into reactions (message_id, emoji, user_id) select id, '👍', sender_id from messages where id % 40 = 0;
insert into mentions (conversation_id, user_id, message_id, position)
select conversation_id, 1, id, position from messages where id % 500 = 7;
vacuum analyze messages, conversations, members, users, attachments, reactions, mentions;
