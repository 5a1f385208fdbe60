//! `GET /openapi.json`: what `rpc/describe` tells of the classes, as OpenAPI 3.1 has it, whose schemas are those that they bring. What
//! is the front's own stands in `openapi.json` beside this.

use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::caller::{Caller, line};
use super::class::not_allowed;
use super::login::login;
use super::reply::{self, Reply, refuse};

const OWN: &str = include_str!("openapi.json");

/// The document, of the classes that are loaded now.
pub(crate) async fn answer(caller: &Caller, parts: &Parts) -> Result<Reply, Reply> {
    if parts.method != Method::GET {
        return Err(not_allowed("GET"));
    }
    let login = login(&parts.headers)?;
    let told = caller.ask(line("rpc", "describe", "{}", Some(&login))).await?;
    let made = serde_json::from_str(&told).ok().and_then(|told| document(&told));
    let made = made
        .ok_or_else(|| refuse(StatusCode::INTERNAL_SERVER_ERROR, "what the classes tell cannot be read"))?;
    Ok(reply::json(StatusCode::OK, made.to_string()))
}

fn document(told: &Value) -> Option<Value> {
    let mut document: Value = serde_json::from_str(OWN).ok()?;
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    for class in told["classes"].as_array()? {
        let (namespace, name) = (class["namespace"].as_str()?, class["name"].as_str()?);
        let mut schemas = Map::new();
        for action in class["actions"].as_array().into_iter().flatten() {
            schemas.insert(action["action"].as_str()?.to_owned(), schema(action));
        }
        document["paths"][format!("/{namespace}/{name}")] = path(class, namespace, name, &schemas);
        let all = document["components"]["schemas"].as_object_mut()?;
        all.extend(schemas.into_iter().map(|(action, schema)| (component(namespace, name, &action), schema)));
    }
    Some(document)
}

/// The args of an action: its own schema, with what else is told of it.
fn schema(action: &Value) -> Value {
    let mut schema =
        if action["schema"].is_object() { action["schema"].clone() } else { json!({"type": "object"}) };
    schema["title"] = action["action"].clone();
    schema["description"] = action["summary"].clone();
    schema["x-access"] = action["access"].clone();
    schema["x-long"] = action["long"].clone();
    schema
}

fn path(class: &Value, namespace: &str, name: &str, schemas: &Map<String, Value>) -> Value {
    let refer = |action: &str| format!("#/components/schemas/{}", component(namespace, name, action));
    let one_of: Vec<_> = schemas.keys().map(|action| json!({"$ref": refer(action)})).collect();
    let mapping: Map<_, _> = schemas.keys().map(|action| (action.clone(), refer(action).into())).collect();
    let args = if one_of.is_empty() {
        json!({"type": "object"})
    } else {
        json!({"oneOf": one_of, "discriminator": {"propertyName": "action", "mapping": mapping}})
    };
    let mut responses = json!({
        "200": {"$ref": "#/components/responses/Answer"},
        "default": {"$ref": "#/components/responses/Error"},
    });
    let mut parameters = json!([]);
    // The host's own classes answer when it is done, and refuse to make a job of it.
    if !namespace.eq_ignore_ascii_case("rpc") {
        responses["202"] = json!({"$ref": "#/components/responses/Accepted"});
        responses["409"] = json!({"$ref": "#/components/responses/KeyTaken"});
        parameters = json!([{"$ref": "#/components/parameters/Prefer"}, {"$ref": "#/components/parameters/IdempotencyKey"}]);
    }
    let reads: Vec<_> = schemas.iter().filter(|(_, schema)| schema["x-access"] == "limited").collect();
    let action = match reads.is_empty() {
        true => json!({"type": "string"}),
        false => json!({"enum": reads.iter().map(|(action, _)| action).collect::<Vec<_>>()}),
    };
    let get = json!({
        "operationId": format!("{namespace}_{name}_get"),
        "tags": [format!("{namespace}/{name}")],
        "summary": "The same with args in the query, with limited access, whoever asks",
        "parameters": [
            {"name": "action", "in": "query", "required": true, "schema": action},
            {
                "name": "args", "in": "query", "style": "form", "explode": true,
                "schema": {"type": "object", "additionalProperties": {"type": "string"}},
                "description": "The action's other keys, each by its own name: what takes texts",
            },
        ],
        "responses": {
            "200": {"$ref": "#/components/responses/Answer"},
            "default": {"$ref": "#/components/responses/Error"},
        },
    });
    json!({"get": get, "put": {
        "operationId": format!("{namespace}_{name}"),
        "tags": [format!("{namespace}/{name}")],
        "summary": class["description"],
        "parameters": parameters,
        "requestBody": {"required": true, "content": {"application/json": {"schema": args}}},
        "responses": responses,
    }})
}

/// The name of an action's schema, of the letters that such a name may have.
fn component(namespace: &str, name: &str, action: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    format!("{namespace}.{name}.{action}").chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each reference leads somewhere, and each class and action has its place.
    #[test]
    fn a_document_of_what_is_told() {
        let told = json!({"classes": [
            {"namespace": "a", "name": "b", "description": "B", "actions": [
                {"action": "x", "summary": "does x", "access": "full", "long": true, "schema": {"type": "object", "required": ["action"]}},
                {"action": "y", "summary": "does y", "access": "limited", "long": false},
            ]},
            {"namespace": "a", "name": "old"},
            {"namespace": "rpc", "name": "modules"},
        ]});
        let made = document(&told).unwrap();
        assert_eq!(made["components"]["schemas"]["a.b.x"]["required"], json!(["action"]));
        assert_eq!(made["components"]["schemas"]["a.b.x"]["x-access"], "full");
        let args = &made["paths"]["/a/b"]["put"]["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(args["oneOf"].as_array().unwrap().len(), 2);
        assert_eq!(
            made["paths"]["/a/old"]["put"]["requestBody"]["content"]["application/json"]["schema"],
            json!({"type": "object"})
        );
        for (path, makes_jobs) in [("/a/b", true), ("/a/old", true), ("/rpc/modules", false)] {
            let put = &made["paths"][path]["put"];
            assert_eq!(put["responses"]["202"].is_object(), makes_jobs, "{path}");
            assert_eq!(put["responses"]["409"].is_object(), makes_jobs, "{path}");
            assert_eq!(put["parameters"].as_array().map(|all| !all.is_empty()), Some(makes_jobs), "{path}");
        }
        assert_eq!(made["servers"], json!([{"url": "/"}]));
        let of = |path: &str| made["paths"][path]["get"]["parameters"][0].clone();
        assert_eq!(of("/a/b")["name"], "action");
        assert_eq!(
            (&of("/a/b")["schema"], &of("/a/old")["schema"]),
            (&json!({"enum": ["y"]}), &json!({"type": "string"}))
        );
        let text = made.to_string();
        let refs: Vec<_> =
            text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(refs.len() > 10);
        for reference in refs {
            assert!(made.pointer(reference).is_some(), "{reference}");
        }
    }
}
