//! A mail as bytes: headers, and the words as plain text and as HTML, without pictures and without anything that is fetched.

use super::{content::EmailContent, settings::Sender, transport::WireEmail};
use crate::{Error, Result, public_url::PublicUrl};
use data_encoding::HEXLOWER;
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use std::fmt::Write;

/// Bytes of the nonce that tell a mail apart.
const ID_BYTES: usize = 16;

/// Headers by which programs know that no person has written the mail, so that none answers it (RFC 3834, 5, and what
/// Exchange looks for).
const AUTOMATIC: [(&str, &str); 2] = [
    ("Auto-Submitted", "auto-generated"),
    ("X-Auto-Response-Suppress", "All"),
];

/// Writes a mail. The same `nonce` gives the same `Message-ID`: a mail that is sent again because an answer was lost is
/// known as the same one.
///
/// # Errors
/// `Invalid` for an address that cannot be written to.
pub fn render(
    content: &EmailContent,
    to: &str,
    (from, public_url): (&Sender, &PublicUrl),
    nonce: &[u8],
) -> Result<WireEmail> {
    let sender = &from.0;
    let id = HEXLOWER.encode(nonce.get(..ID_BYTES).unwrap_or(nonce));
    let mut builder = Message::builder()
        .from(sender.clone())
        .to(Mailbox::new(None, address(to)?))
        .subject(content.subject)
        .date_now()
        .message_id(Some(format!("<{id}@{}>", sender.email.domain())));
    for (name, value) in AUTOMATIC {
        let name = HeaderName::new_from_ascii_str(name);
        builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
    }
    let bodies =
        MultiPart::alternative_plain_html(plain(content, public_url), html(content, public_url));
    let message = builder.multipart(bodies).map_err(Error::internal)?;
    Ok(WireEmail {
        envelope: message.envelope().clone(),
        bytes: message.formatted(),
    })
}

/// With the host in ASCII, which every mail server takes; the part before it may be in any script (RFC 6531).
fn address(text: &str) -> Result<Address> {
    let refused = || Error::invalid("email", "is not an e-mail address");
    let (local, host) = text.rsplit_once('@').ok_or_else(refused)?;
    let host = idna::domain_to_ascii_strict(host).map_err(|_| refused())?;
    Address::new(local, host).map_err(|_| refused())
}

/// One line, whatever the text says of lines and directions.
fn one_line(text: &str) -> String {
    let is_control = |it: char| {
        it.is_control()
            || matches!(it, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let shown = text.split(is_control).filter(|it| !it.is_empty());
    shown.collect::<Vec<_>>().join(" ")
}

fn footer(public_url: &PublicUrl) -> String {
    format!(
        "Sent by the team chat at {}. Nobody reads answers to this address.",
        public_url.as_str()
    )
}

fn plain(content: &EmailContent, public_url: &PublicUrl) -> String {
    let link = content.link.as_ref();
    let link = link.map(|(label, url)| format!("{label}:\n{url}"));
    let lines = content.before.iter().map(|it| one_line(it));
    let after = content.after.iter().map(|it| one_line(it));
    let mut paragraphs: Vec<_> = lines.chain(link).chain(after).collect();
    paragraphs.push(format!("-- \n{}", footer(public_url)));
    paragraphs.join("\n\n")
}

fn html(content: &EmailContent, public_url: &PublicUrl) -> String {
    let mut html = String::from(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"color-scheme\" content=\"light dark\"></head>\
         <body style=\"font-family:sans-serif;line-height:1.5;max-width:36em\">\n",
    );
    let paragraph = |html: &mut String, text: &str| {
        let _ = writeln!(html, "<p>{}</p>", escape(&one_line(text)));
    };
    for text in &content.before {
        paragraph(&mut html, text);
    }
    if let Some((label, url)) = &content.link {
        let (label, url) = (escape(label), escape(url));
        let _ = writeln!(
            html,
            "<p><a href=\"{url}\">{label}</a></p>\n<p>Or copy this address:<br>{url}</p>"
        );
    }
    for text in &content.after {
        paragraph(&mut html, text);
    }
    let _ = write!(
        html,
        "<hr><p><small>{}</small></p></body></html>",
        escape(&footer(public_url))
    );
    html
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::emails::content::EmailContent;
    use time::OffsetDateTime;

    fn rendered(content: &EmailContent, to: &str) -> crate::Result<String> {
        let from = "Büro <chat@example.org>".parse().unwrap();
        let public_url = "https://chat.example.org".parse().unwrap();
        let email = render(content, to, (&from, &public_url), &[7; 32])?;
        Ok(String::from_utf8(email.bytes).unwrap())
    }

    #[test]
    fn a_mail_says_that_a_program_has_sent_it() {
        let content = EmailContent::test("chat.example.org");
        let mail = rendered(&content, "ada@example.org").unwrap();
        for line in [
            "To: ada@example.org\r\n",
            "Subject: A test of e-mail\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Message-ID: <07070707070707070707070707070707@example.org>\r\n",
            "\r\nDate: ",
            "text/plain",
            "text/html",
        ] {
            assert!(mail.contains(line), "{line}: {mail}");
        }
    }

    #[test]
    fn no_name_adds_a_line_or_a_tag() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let name = "Eve\r\nBcc: all@example.org\r\n\r\n<b>bold</b>\u{202e}";
        let link = "https://chat.example.org/invite/x".to_owned();
        let content = EmailContent::invitation("chat.example.org", Some(name), now, link);
        let mail = rendered(&content, "ada@example.org").unwrap();
        assert!(!mail.contains("\r\nBcc:"), "{mail}");
        let (_, html) = mail.split_once("text/html").unwrap();
        assert!(html.contains("&lt;b&gt;bold"), "{mail}");
        assert!(!html.contains("<b>"), "{mail}");
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("Bcc"), "{head}");
    }

    #[test]
    fn addresses_of_other_scripts_are_written_to_and_others_refused() {
        let content = EmailContent::test("chat.example.org");
        let mail = rendered(&content, "ada@münchen.de").unwrap();
        assert!(mail.contains("To: ada@xn--mnchen-3ya.de\r\n"), "{mail}");
        assert!(rendered(&content, "почта@пример.рф").is_ok());
        for bad in [
            "",
            "ada",
            "ada@example.org\r\nBcc: eve@example.org",
            "ada@example.org, eve@example.org",
            "ada\r\n@example.org",
        ] {
            assert!(rendered(&content, bad).is_err(), "{bad:?}");
        }
    }
}
