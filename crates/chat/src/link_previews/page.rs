//! A page as its preview shows it: texts made safe and cut, and a small picture that the server has made.

use super::{
    charset::decode,
    fetch::{Answer, Kind},
    fetch_error::FetchError,
    html::{Metadata, describe},
};
use crate::{
    Chat, Error, Result, text,
    uploads::{SmallPicture, run_apart},
};
use model::UserId;
use reqwest::Url;

/// Characters of what is kept (`link_pages_…_length`).
const MAX_SITE: usize = 60;
const MAX_TITLE: usize = 160;
const MAX_DESCRIPTION: usize = 300;

/// Bytes of the address of a picture.
const MAX_PICTURE_ADDRESS: usize = 4096;

#[derive(Debug)]
pub struct LinkPage {
    pub host: String,
    pub site: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub picture: Option<SmallPicture>,
    pub lack: Lack,
}

/// What a page may have besides, of which the greatest counts: how soon it is asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    Nothing,
    /// It did not come to its end, or names a picture that could not be had.
    OfPage,
    /// A picture that this server had no means to fetch now.
    OfServer,
}

impl Chat {
    /// What is to be shown of a page.
    ///
    /// # Errors
    /// Why there is nothing, if not that the page says nothing of itself.
    pub(super) async fn fetch_page(
        &self,
        url: Url,
        user_id: UserId,
    ) -> Result<Option<LinkPage>, FetchError> {
        let fetching = self.0.link_previews.fetch(url, Kind::Page, user_id);
        let answer = fetching.await?;
        let (url, is_cut) = (answer.url.clone(), answer.is_cut);
        // A page of a stranger takes none of the threads that serve.
        let found = match run_apart(move || describe(&decode_answer(&answer))).await {
            Ok(found) => found,
            Err(Error::Overloaded) => return Err(FetchError::Busy),
            Err(_) => return Ok(None),
        };
        let Some(mut page) = safe_page(&url, &found) else {
            return Ok(None);
        };
        if let Some(picture) = found.picture.and_then(|it| picture_address(&url, &it)) {
            match self.fetch_picture(picture, user_id).await {
                Ok(picture) => page.picture = Some(picture),
                Err(lack) => page.lack = lack,
            }
        }
        if is_cut {
            page.lack = page.lack.max(Lack::OfPage);
        }
        Ok(Some(page))
    }

    /// A page is shown without a picture that cannot be had.
    async fn fetch_picture(&self, url: Url, user_id: UserId) -> Result<SmallPicture, Lack> {
        let address = url.to_string();
        let fetching = self.0.link_previews.fetch(url, Kind::Picture, user_id);
        let made = match fetching.await {
            Ok(answer) => self.small_picture(answer.bytes).await,
            Err(error) if error.may_pass() => Err(Error::Overloaded),
            Err(error) => Err(Error::internal(error)),
        };
        match made {
            Ok(picture) => picture.ok_or(Lack::OfPage),
            Err(error) => {
                tracing::debug!(%address, ?error, "a link preview has no picture");
                let is_busy = matches!(error, Error::Overloaded | Error::TooManyRequests { .. });
                Err(if is_busy {
                    Lack::OfServer
                } else {
                    Lack::OfPage
                })
            }
        }
    }
}

fn decode_answer(answer: &Answer) -> String {
    decode(&answer.bytes, &answer.content_type)
}

/// `None` where the page says neither what it is called nor what it is about.
fn safe_page(url: &Url, found: &Metadata) -> Option<LinkPage> {
    let line = |found: Option<&String>, max| text::clean_line(found?, max);
    let title = line(found.title.as_ref(), MAX_TITLE);
    let description = line(found.description.as_ref(), MAX_DESCRIPTION);
    if title.is_none() && description.is_none() {
        return None;
    }
    Some(LinkPage {
        // In ASCII, as a name in letters that look like others would not be known.
        host: url.host_str()?.to_owned(),
        site: line(found.site.as_ref(), MAX_SITE),
        title,
        description,
        picture: None,
        lack: Lack::Nothing,
    })
}

fn picture_address(page: &Url, address: &str) -> Option<Url> {
    let address = address.trim();
    if address.len() > MAX_PICTURE_ADDRESS {
        return None;
    }
    // As with redirects: what comes over http may have been changed on its way.
    let is_as_safe = |it: &Url| page.scheme() != "https" || it.scheme() == "https";
    page.join(address).ok().filter(is_as_safe)
}

#[cfg(test)]
mod tests {
    use super::{Metadata, picture_address, safe_page};

    #[test]
    fn what_a_page_says_is_one_safe_line() {
        let url = "https://münchen.de/x".parse().unwrap();
        let found = Metadata {
            site: Some("  ".to_owned()),
            title: Some("a\n\t b \u{202e}evil\u{0}".to_owned()),
            description: Some("long ".repeat(200)),
            picture: None,
        };
        let page = safe_page(&url, &found).unwrap();
        assert_eq!(page.host, "xn--mnchen-3ya.de");
        assert_eq!((page.site, page.title.as_deref()), (None, Some("a b evil")));
        assert!(page.description.unwrap().chars().count() <= 300);
        let nothing = Metadata {
            site: Some("Site".to_owned()),
            title: Some("\u{200b}".to_owned()),
            ..Metadata::default()
        };
        assert!(safe_page(&url, &nothing).is_none());
    }

    #[test]
    fn a_picture_is_found_beside_its_page() {
        let page = "https://a.org/x/y".parse().unwrap();
        for (address, found) in [
            (" ../b.png ", "https://a.org/b.png"),
            ("//c.org/b.png", "https://c.org/b.png"),
        ] {
            assert_eq!(picture_address(&page, address).unwrap().as_str(), found);
        }
        assert!(picture_address(&page, &"x".repeat(5000)).is_none());
        assert!(picture_address(&page, "http://a.org/b.png").is_none());
    }
}
