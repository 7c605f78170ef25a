//! The server's `OpenAPI` document, against which its responses are checked.

use super::answer::Answer;
use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

pub struct Document(Value);

impl Document {
    pub fn new(document: Value) -> Self {
        assert_eq!(document["openapi"], "3.1.0");
        Self(document)
    }

    /// Every operation: method, path and description.
    pub fn operations(&self) -> impl Iterator<Item = (Method, &str, &Value)> {
        let paths = self.0["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, operations)| {
            operations
                .as_object()
                .unwrap()
                .iter()
                .map(move |(method, operation)| {
                    (
                        method.to_uppercase().parse().unwrap(),
                        path.as_str(),
                        operation,
                    )
                })
        })
    }

    /// Panics if the response is not documented.
    pub fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let what = &answer.what;
        let Some(operation) = self.operation(method, path) else {
            let refused = matches!(answer.status, 404 | 405);
            let documents = ["/api/v1/openapi.json", "/api/v1/docs/"].contains(&path);
            let open = documents || !path.starts_with("/api/");
            assert!(refused || open, "{what} is not documented");
            return;
        };
        let response = &operation["responses"][answer.status.to_string()];
        assert!(
            response.is_object(),
            "{what} does not document the status {}",
            answer.status
        );
        let Some(content) = response["content"].as_object() else {
            assert_eq!(answer.body, Value::Null, "{what} documents no body");
            return;
        };
        let kind = answer.headers["content-type"].to_str().unwrap();
        let content = content
            .get(kind)
            .unwrap_or_else(|| panic!("{what} does not document an answer of {kind}"));
        let errors: Vec<_> = self
            .validator(&content["schema"])
            .iter_errors(&answer.body)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(
            errors.is_empty(),
            "{what} answered {}\n{errors:#?}",
            answer.body
        );
    }

    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        self.operations()
            .find(|(known, template, _)| known == method && matches(template, path))
            .map(|(_, _, operation)| operation)
    }

    fn validator(&self, schema: &Value) -> Validator {
        let mut schema = schema.clone();
        // Rejects properties that are not documented.
        schema["unevaluatedProperties"] = false.into();
        schema["components"] = self.0["components"].clone();
        jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap_or_else(|error| panic!("{error} in {}", json!(schema)))
    }
}

fn matches(template: &str, path: &str) -> bool {
    let (mut known, mut asked) = (template.split('/'), path.split('/'));
    loop {
        match (known.next(), asked.next()) {
            (None, None) => return true,
            (Some(known), Some(asked)) if known == asked || known.starts_with('{') => {}
            _ => return false,
        }
    }
}
