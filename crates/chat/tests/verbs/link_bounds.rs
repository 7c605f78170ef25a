//! Whom the server asks for what users name, and how much of an answer it takes: nobody of a private network is asked,
//! however their address is written and wherever it comes from.

use crate::{
    fixtures::{People, receive_until},
    link_previews::{previewed, titles},
    link_site::Site,
};
use chat::Delivery;
use model::ConversationId;
use sqlx::PgPool;
use std::{pin::pin, time::Duration};
use tokio::time::timeout;

/// Hosts that are none of the public internet, as people and programs write them. With the port of the site, the
/// first ones lead to its neighbour.
const HOSTS: [&str; 76] = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0X7F.0.0.1",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "00000177.0.0.1",
    "127.0.0.1.",
    "127.0.0.01",
    "0",
    "0.0.0.0",
    "0x0",
    "0.0.0.1",
    "１２７.0.0.1",
    "①②⑦.0.0.1",
    "127%2e0%2e0%2e1",
    "%31%32%37.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "site.localhost",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::127.0.0.1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1:0:0:80ff:fffe]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[100::1]",
    "127.0.0.3",
    "127.255.255.254",
    "10.0.0.1",
    "10.255.255.255",
    "0xa.0.0.1",
    "167772161",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.1.254",
    "3232235521",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.169.254.",
    "[::ffff:169.254.169.254]",
    "168.63.129.16",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "metadata.google.internal",
    "printer.local",
    "router.home.arpa",
];

/// Addresses that a name may have.
const ADDRESSES: [&str; 24] = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.20.0.1",
    "192.168.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "fd00::1",
    "fe80::1",
    "ff02::1",
];

/// Says all of these links, three in a message; none of them may have a preview.
async fn expect_none(site: &Site, people: &People, id: ConversationId, links: &[String]) {
    for links in links.chunks(3) {
        // As links of Markdown, so that no sign ends one.
        let links: Vec<_> = links.iter().map(|it| format!("[x](<{it}>)")).collect();
        let body = links.join(" ");
        let message = previewed(people, id, &body).await;
        assert!(message.link_previews.is_empty(), "{body}");
    }
    assert_eq!(site.strangers(), 0, "somebody was asked");
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_of_a_private_network_is_asked(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let id = people.group().await;
    let port = site.port;
    let links: Vec<_> = HOSTS
        .iter()
        .map(|host| format!("http://{host}:{port}/secret"))
        .collect();
    expect_none(&site, &people, id, &links).await;
    // Nor where a page leads there.
    let redirects: Vec<_> = links
        .iter()
        .map(|it| site.link(&format!("/to?{it}")))
        .collect();
    expect_none(&site, &people, id, &redirects).await;
    let asked = site.asked.lock().unwrap().len();
    assert!(
        asked >= HOSTS.len() - 4,
        "only {asked} redirects were asked for"
    );
    // Otherwise it is previewed.
    let good = previewed(&people, id, &site.link("/to?/page")).await;
    assert_eq!(
        good.link_previews[0].title.as_deref(),
        Some("Page of /page")
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn names_lead_to_public_addresses_only(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let id = people.group().await;
    let port = site.port;
    let mut links = Vec::new();
    for (number, address) in ADDRESSES.iter().enumerate() {
        let (alone, beside) = (format!("a{number}.org"), format!("b{number}.org"));
        site.names.set(&alone, &[&[*address]]);
        // One that is public is beside it: nobody may choose.
        site.names.set(&beside, &[&["127.0.0.2", *address]]);
        links.push(format!("http://{alone}:{port}/"));
        links.push(format!("http://{beside}:{port}/"));
    }
    site.names.set("empty.org", &[&[]]);
    links.push(format!("http://empty.org:{port}/"));
    links.push(format!("http://unknown.org:{port}/"));
    expect_none(&site, &people, id, &links).await;
    assert!(site.asked.lock().unwrap().is_empty());
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_name_that_moves_leads_nowhere(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let id = people.group().await;
    let port = site.port;
    // Public when it is asked for the page, and then not.
    let answers: [&[&str]; 2] = [&["127.0.0.2"], &["127.0.0.1"]];
    site.names.set("moves.org", &answers);
    let first = format!("http://moves.org:{port}/to?http://moves.org:{port}/secret");
    expect_none(&site, &people, id, &[first]).await;
    assert_eq!(site.asked.lock().unwrap().len(), 1);
    // The page may be had, and its picture not.
    site.names.set("moves.org", &answers);
    let page = previewed(&people, id, &format!("http://moves.org:{port}/page")).await;
    assert_eq!(
        page.link_previews[0].title.as_deref(),
        Some("Page of /page")
    );
    assert_eq!(page.link_previews[0].picture, None);
    // One connection has one look-up, whatever the next one would say.
    let swapped: [&[&str]; 2] = [&["127.0.0.1"], &["127.0.0.2"]];
    site.names.set("swapped.org", &swapped);
    expect_none(&site, &people, id, &[format!("http://swapped.org:{port}/")]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn other_schemes_ports_and_users_are_not_asked(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let id = people.group().await;
    let port = site.port;
    let mut links = vec![
        format!("http://ada:secret@site.org:{port}/user"),
        format!("http://ada@site.org:{port}/user"),
        "http://site.org:22/".to_owned(),
        "http://site.org:6379/".to_owned(),
    ];
    for to in [
        "file:///etc/passwd",
        "gopher://site.org:70/",
        "ftp://site.org/",
        "data:text/html,<title>x</title>",
        "javascript:alert(1)",
        "http://site.org:25/",
        "http://ada@site.org/",
        "//127.0.0.1:80/",
        "http:////127.0.0.1/",
        "",
    ] {
        links.push(site.link(&format!("/to?{to}")));
    }
    expect_none(&site, &people, id, &links).await;
    assert_eq!(site.count("/user"), 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn redirects_and_answers_have_bounds(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let id = people.group().await;
    // The third redirect may lead to a page; the fourth is not followed.
    let three = site.link("/to?/to?/to?/page");
    let three = previewed(&people, id, &three).await;
    assert_eq!(
        three.link_previews[0].title.as_deref(),
        Some("Page of /page")
    );
    let none: Vec<_> = [
        "/to?/to?/to?/to?/page",
        "/loop?",
        "/packed",
        "/missing",
        "/json",
        "/nothing",
    ]
    .iter()
    .map(|it| site.link(it))
    .collect();
    expect_none(&site, &people, id, &none).await;
    let asked = site.asked.lock().unwrap().clone();
    assert_eq!(asked.iter().filter(|it| it.starts_with("/loop")).count(), 4);
    // What is not there is not asked for again for a while.
    expect_none(&site, &people, id, &none).await;
    assert_eq!(*site.asked.lock().unwrap(), asked);
    // Of a page without an end, the beginning is enough; of a picture that is too large, nothing.
    let endless = previewed(&people, id, &site.link("/endless")).await;
    assert_eq!(endless.link_previews[0].title.as_deref(), Some("Endless"));
    let large = previewed(&people, id, &site.link("/page?large.png")).await;
    assert_eq!(large.link_previews[0].picture, None);
    assert_eq!(
        large.link_previews[0].title.as_deref(),
        Some("Page of /page")
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_answer_has_so_many_lines(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let id = people.group().await;
    // Besides three others.
    let few = previewed(&people, id, &site.link("/lines?90")).await;
    assert_eq!(few.link_previews[0].title.as_deref(), Some("Lines"));
    let many = [site.link("/lines?101")];
    expect_none(&site, &people, id, &many).await;
    assert_eq!(site.count("/lines?101"), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_waits_for_a_site_that_does_not_answer(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let id = people.group().await;
    // One says nothing, and one never comes to an end.
    let links = ["/slow", "/drip", "/page"].map(|it| site.link(it));
    let message = people.say(&people.ada, id, &links.join(" ")).await;
    let mut subscription = people.chat.subscribe();
    let told = receive_until(
        &mut subscription,
        |it| matches!(it, Delivery::Emit { event, .. } if event.name() == "message:updated"),
    );
    let mut looking = pin!(people.chat.make_link_previews());
    // The preview of the other link does not wait for the first ones to be given up.
    tokio::select! {
        _ = told => {}
        _ = &mut looking => panic!("the sites were given up first"),
    }
    // They are, after some seconds, and what has come until then is shown.
    let looked = timeout(Duration::from_mins(2), looking).await;
    looked.expect("a site is never given up").unwrap();
    assert_eq!((site.count("/slow"), site.count("/drip")), (1, 1));
    let shown = people.chat.message(&people.grace, message.id).await;
    let shown = shown.unwrap().link_previews;
    let titles: Vec<_> = shown.iter().map(|it| it.title.as_deref()).collect();
    assert_eq!(titles, [Some("Dripping"), Some("Page of /page")]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_comes_before_an_answer_has_a_bound(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db).await;
    let id = people.group().await;
    let few = previewed(&people, id, &site.link("/hints?100")).await;
    assert_eq!(few.link_previews[0].title.as_deref(), Some("Hinted"));
    // It is given up for what it sends, and not for its time.
    let endless = [site.link("/hints?"), site.link("/hints?100000")];
    let given_up = expect_none(&site, &people, id, &endless);
    let given_up = timeout(Duration::from_secs(4), given_up).await;
    given_up.expect("they have the time of a page");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_page_that_does_not_end_is_what_has_come_of_it(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db.clone()).await;
    let id = people.group().await;
    let links = ["/broken", "/chunks"].map(|it| site.link(it));
    let body = links.join(" ");
    let previewing = previewed(&people, id, &body);
    let shown = timeout(Duration::from_secs(6), previewing).await.unwrap();
    assert_eq!(titles(&shown), ["Broken off", "Chunks"]);
    // One that broke off may say more the next time.
    let hours: i64 = sqlx::query_scalar(
        "select (extract(epoch from expires_at - fetched_at) / 3600)::bigint
        from link_pages where title = 'Broken off'",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    assert!(hours < 2, "{hours}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_host_has_one_name(db: PgPool) {
    let site = Site::start().await;
    let people = site.people(db.clone()).await;
    let (id, port) = (people.group().await, site.port);
    let body = format!("http://site.org.:{port}/a http://site.org:{port}/a");
    let shown = previewed(&people, id, &body).await;
    assert_eq!(titles(&shown), ["Page of /a"], "it is the same page");
    assert_eq!(shown.link_previews[0].host, "site.org");
    assert_eq!(site.count("/a"), 1);
    let none: Vec<_> = [2, 60, 290]
        .map(|dots| format!("http://site.org{}:{port}/b", ".".repeat(dots)))
        .into();
    expect_none(&site, &people, id, &none).await;
    let redirects: Vec<_> = none
        .iter()
        .map(|it| site.link(&format!("/to?{it}")))
        .collect();
    expect_none(&site, &people, id, &redirects).await;
    assert_eq!(site.count("/b"), 0);
    let claimed: i64 =
        sqlx::query_scalar("select count(*) from link_pages where fetched_at is null")
            .fetch_one(&db)
            .await
            .unwrap();
    assert_eq!(claimed, 0);
}
