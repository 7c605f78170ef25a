//! JSON Schemas (2020-12), as `OpenAPI` 3.1 and `AsyncAPI` 3.0 have them.

use serde_json::{Map, Value, json};

/// Where a document has its schemas.
pub const SCHEMAS: &str = "#/components/schemas/";

/// Schemas by name, the `components` of a document.
pub type NamedSchemas = Vec<(&'static str, Value)>;

pub fn string() -> Value {
    json!({ "type": "string" })
}

pub fn integer() -> Value {
    json!({ "type": "integer", "format": "int64" })
}

/// An id from a client, who may send it as text or as a number.
pub fn input_id() -> Value {
    any_of(&[string(), integer()])
}

pub fn number() -> Value {
    json!({ "type": "number" })
}

pub fn boolean() -> Value {
    json!({ "type": "boolean" })
}

/// RFC 3339, in UTC.
pub fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

/// One of these texts.
pub fn choice(texts: &[&str]) -> Value {
    json!({ "type": "string", "enum": texts })
}

/// `true` or `false`, and never the other.
pub fn flag(value: bool) -> Value {
    json!({ "type": "boolean", "enum": [value] })
}

pub fn array(items: Value) -> Value {
    let mut array = json!({ "type": "array" });
    array["items"] = items;
    array
}

/// An object whose keys are data, such as ids.
pub fn map(values: Value) -> Value {
    let mut map = json!({ "type": "object" });
    map["additionalProperties"] = values;
    map
}

pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{SCHEMAS}{name}") })
}

pub fn nullable(mut schema: Value) -> Value {
    match schema.get("type").and_then(Value::as_str) {
        Some(kind) if schema.get("enum").is_none() => {
            schema["type"] = json!([kind, "null"]);
            schema
        }
        _ => any_of(&[schema, json!({ "type": "null" })]),
    }
}

pub fn any_of(schemas: &[Value]) -> Value {
    json!({ "anyOf": schemas })
}

/// An object with these fields. A name that ends in `?` is of a field that may be absent.
pub fn object(fields: &[(&str, Value)]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (field, schema) in fields {
        let (name, is_required) = field_name(field);
        properties.insert(name.to_owned(), schema.clone());
        if is_required {
            required.push(name);
        }
    }
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

/// The name of a field without `?`, and whether the field is required.
pub fn field_name(field: &str) -> (&str, bool) {
    match field.strip_suffix('?') {
        Some(name) => (name, false),
        None => (field, true),
    }
}

/// The schema with a description.
pub fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}
