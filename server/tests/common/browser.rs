//! A browser without scripts.

use super::{App, PASSWORD};
use http::StatusCode;
use model::Login;
use reqwest::{RequestBuilder, Response, redirect::Policy};

pub struct Browser {
    http: reqwest::Client,
    base: String,
    cookie: String,
}

impl Browser {
    /// In which nobody is signed in.
    pub fn new(app: &App) -> Self {
        Self {
            http: reqwest::Client::builder()
                .redirect(Policy::none())
                .build()
                .unwrap(),
            base: app.base().to_owned(),
            cookie: String::new(),
        }
    }

    /// In which somebody is signed in.
    pub async fn of(app: &App, username: &str) -> Self {
        let login = Login {
            login: username.to_owned(),
            password: PASSWORD.to_owned(),
        };
        let client = chat::Client::default();
        let who = app.chat().login(login, &client).await.unwrap();
        let session = app.chat().issue_cookie(&who, &client).await.unwrap();
        Self {
            cookie: format!("parlance_session={}", session.secret),
            ..Self::new(app)
        }
    }

    pub async fn open(&self, path: &str) -> Response {
        self.send(self.http.get(format!("{}{path}", self.base)))
            .await
    }

    /// With the cookies that an answer has set.
    pub async fn open_with_cookies(&self, path: &str, answer: &Response) -> Response {
        let set = answer.headers().get_all("set-cookie").iter();
        let set = set.map(|it| it.to_str().unwrap().split(';').next().unwrap());
        let cookies: Vec<_> = [self.cookie.as_str()].into_iter().chain(set).collect();
        let request = self.http.get(format!("{}{path}", self.base));
        let request = request.header("cookie", cookies.join("; "));
        request.send().await.unwrap()
    }

    /// The same browser with the cookies that an answer has set, and no others.
    pub fn after(&self, answer: &Response) -> Self {
        let set = answer.headers().get_all("set-cookie").iter();
        let set = set.map(|it| it.to_str().unwrap().split(';').next().unwrap());
        Self {
            http: self.http.clone(),
            base: self.base.clone(),
            cookie: set.collect::<Vec<_>>().join("; "),
        }
    }

    pub async fn page(&self, path: &str) -> String {
        let response = self.open(path).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.text().await.unwrap()
    }

    /// Submits a form of the page at `path`.
    pub async fn post(&self, path: &str, form: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.http.post(format!("{}/form/{form}", self.base));
        let request = request.header("referer", format!("{}{path}", self.base));
        self.send(request.form(fields)).await
    }

    /// Submits a form with a body that is encoded already.
    pub async fn post_body(&self, form: &str, content_type: &str, body: Vec<u8>) -> Response {
        let request = self.http.post(format!("{}/form/{form}", self.base));
        let request = request.header("content-type", content_type);
        self.send(request.body(body)).await
    }

    /// Submits a form, and returns the page to which that leads.
    pub async fn submit(&self, form: &str, fields: &[(&str, &str)]) -> String {
        let response = self.post("/", form, fields).await;
        assert_eq!(response.status(), StatusCode::FOUND, "{form}");
        let path = response.headers()["location"].to_str().unwrap().to_owned();
        self.page(&path).await
    }

    async fn send(&self, request: RequestBuilder) -> Response {
        let request = request
            .header("cookie", &self.cookie)
            .header("accept", "text/html");
        request.send().await.unwrap()
    }
}
