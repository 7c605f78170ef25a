//! `OpenAPI` documents: a table of operations, and the document that it makes.

use super::schema::{NamedSchemas, SCHEMAS, field_name, reference};
use http::StatusCode;
use serde_json::{Map, Value, json};

/// An operation of a REST API.
pub struct Operation {
    pub method: &'static str,
    /// With parameters in braces, as in axum's routes.
    pub path: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
    query: Vec<(&'static str, Value)>,
    path_schemas: Vec<(&'static str, Value)>,
    body: Option<Value>,
    answers: Vec<(u16, Value)>,
    refusals: Vec<u16>,
    is_open: bool,
}

pub fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("get", path, id, summary)
}

pub fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("post", path, id, summary)
}

pub fn put(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("put", path, id, summary)
}

pub fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("delete", path, id, summary)
}

impl Operation {
    fn new(
        method: &'static str,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            id,
            tag: "chat",
            summary,
            description: summary,
            query: Vec::new(),
            path_schemas: Vec::new(),
            body: None,
            answers: Vec::new(),
            refusals: Vec::new(),
            is_open: false,
        }
    }

    #[must_use]
    pub fn tag(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    #[must_use]
    pub fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// A parameter of the query; one whose name ends in `?` may be absent.
    #[must_use]
    pub fn query(mut self, name: &'static str, schema: Value) -> Self {
        self.query.push((name, schema));
        self
    }

    /// The schema of a parameter of the path, which is an id otherwise.
    #[must_use]
    pub fn path_parameter(mut self, name: &'static str, schema: Value) -> Self {
        self.path_schemas.push((name, schema));
        self
    }

    #[must_use]
    pub fn body(mut self, schema: Value) -> Self {
        self.body = Some(schema);
        self
    }

    /// An answer, with the schema of its body.
    #[must_use]
    pub fn answers(mut self, status: u16, schema: Value) -> Self {
        self.answers.push((status, schema));
        self
    }

    /// Refusals beside those that follow from what the operation takes.
    #[must_use]
    pub fn refuses(mut self, statuses: &[u16]) -> Self {
        self.refusals.extend(statuses);
        self
    }

    /// Needs no token.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.is_open = true;
        self
    }

    fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// All refusals: those of the token, of the input, of the limit of requests, and faults.
    fn refused_statuses(&self) -> Vec<u16> {
        let mut statuses = vec![429, 500, 503];
        statuses.extend(&self.refusals);
        if !self.is_open {
            // 403: a blocked user.
            statuses.extend([401, 403]);
        }
        if self.method != "get" {
            // 403: a page of a foreign origin.
            statuses.push(403);
        }
        let names_something = self.path.contains('{');
        if names_something {
            statuses.push(404);
        }
        let takes_input = names_something || !self.query.is_empty();
        if takes_input || self.body.is_some() {
            statuses.push(400);
        }
        if self.body.is_some() {
            statuses.push(413);
        }
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }

    fn render(&self) -> Value {
        let mut responses = Map::new();
        for (status, schema) in &self.answers {
            let response = response(reason(*status), schema);
            responses.insert(status.to_string(), response);
        }
        for status in self.refused_statuses() {
            responses
                .entry(status.to_string())
                .or_insert_with(|| response(reason(status), &reference("Error")));
        }
        let mut operation = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "description": self.description,
            "responses": responses,
        });
        let parameters = self.parameters();
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if let Some(body) = &self.body {
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": body } } });
        }
        if self.is_open {
            operation["security"] = json!([]);
        }
        operation
    }

    fn parameters(&self) -> Vec<Value> {
        let in_path = self.path_parameters().map(|name| {
            let known = self.path_schemas.iter().find(|(it, _)| *it == name);
            let schema = known.map_or_else(|| reference("Id"), |(_, schema)| schema.clone());
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        });
        let in_query = self.query.iter().map(|(field, schema)| {
            let (name, is_required) = field_name(field);
            json!({ "name": name, "in": "query", "required": is_required, "schema": schema })
        });
        in_path.chain(in_query).collect()
    }
}

fn response(description: &str, schema: &Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Answer")
}

/// The document of a REST API with bearer tokens.
pub fn document(
    title: &str,
    description: &str,
    operations: &[Operation],
    schemas: &NamedSchemas,
) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let item = paths
            .entry(operation.path)
            .or_insert_with(|| Value::Object(Map::new()));
        item[operation.method] = operation.render();
    }
    let mut tags: Vec<_> = operations.iter().map(|it| it.tag).collect();
    tags.sort_unstable();
    tags.dedup();
    let tags = tags
        .iter()
        .map(|tag| json!({ "name": tag, "description": format!("Routes of {tag}") }));
    let tags: Vec<_> = tags.collect();
    let mut used = Map::new();
    for item in paths.values() {
        collect_schemas(item, schemas, &mut used);
    }
    json!({
        "openapi": "3.1.0",
        "info": info(title, description),
        // Relative to the document: the door's port, or its path on the main address.
        "servers": [{ "url": ".", "description": "Where this document is served" }],
        "tags": tags,
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": used,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
        },
    })
}

/// Adds the schemas that a part of the document refers to, and those that they refer to.
fn collect_schemas(part: &Value, schemas: &NamedSchemas, used: &mut Map<String, Value>) {
    match part {
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str);
            let name = name.and_then(|it| it.strip_prefix(SCHEMAS));
            let found = schemas.iter().find(|(it, _)| Some(*it) == name);
            if let Some((name, schema)) = found
                && !used.contains_key(*name)
            {
                used.insert((*name).to_owned(), schema.clone());
                collect_schemas(schema, schemas, used);
            }
            for field in fields.values() {
                collect_schemas(field, schemas, used);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect_schemas(item, schemas, used);
            }
        }
        _ => {}
    }
}

pub(super) fn info(title: &str, description: &str) -> Value {
    json!({
        "title": title,
        "description": description,
        "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": "MIT OR Apache-2.0", "url": "https://spdx.org/licenses/MIT.html" },
    })
}
