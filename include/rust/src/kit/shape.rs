//! What an action answers: the JSON that its callers may count on, for its description.
//!
//! A constant in the action's row, and no text, so that it cannot be malformed; a JSON Schema is made
//! of it. It tells what is there and not that there will never be more: whoever reads an answer takes
//! keys that it does not know.

use serde_json::Value;

use super::member::{Member, object, strings};

/// A shape of JSON.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Shape {
    /// Whatever it is.
    Any,
    /// A string.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An array of these.
    List(&'static Shape),
    /// An object with names that are nobody's to say before, such as those of jails.
    Map(&'static Shape),
    /// An object with these members.
    Object(&'static [(&'static str, Shape)]),
    /// Of an object a member that need not be there.
    Maybe(&'static Shape),
    /// One of these.
    Either(&'static [Shape]),
}

impl Shape {
    /// The JSON Schema (draft 2020-12) that says so.
    #[must_use]
    pub fn schema(&self) -> Value {
        let of_type = |word: &'static str, more: Option<Member>| {
            let mut members = vec![("type", word.into())];
            members.extend(more);
            object(members)
        };
        match self {
            Shape::Any => object(Vec::new()),
            Shape::Text => of_type("string", None),
            Shape::Number => of_type("integer", None),
            Shape::Boolean => of_type("boolean", None),
            Shape::List(each) => of_type("array", Some(("items", each.schema()))),
            Shape::Map(each) => of_type("object", Some(("additionalProperties", each.schema()))),
            Shape::Maybe(shape) => shape.schema(),
            Shape::Either(shapes) => {
                object(vec![("anyOf", Value::Array(shapes.iter().map(Shape::schema).collect()))])
            }
            Shape::Object(members) => {
                let needed = members.iter().filter(|(_, shape)| !matches!(shape, Shape::Maybe(_)));
                let needed: Vec<_> = needed.map(|(name, _)| *name).collect();
                let properties = members.iter().map(|(name, shape)| (*name, shape.schema())).collect();
                object(vec![
                    ("properties", object(properties)),
                    ("required", strings(&needed)),
                    ("type", "object".into()),
                ])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_need_not_be_there_is_not_required() {
        let shape = Shape::Object(&[
            ("name", Shape::Text),
            ("more", Shape::Maybe(&Shape::List(&Shape::Number))),
            ("each", Shape::Map(&Shape::Either(&[Shape::Boolean, Shape::Any]))),
        ]);
        let each = json!({"type": "object", "additionalProperties": {"anyOf": [{"type": "boolean"}, {}]}});
        let expected = json!({
            "type": "object",
            "required": ["name", "each"],
            "properties": {
                "name": {"type": "string"},
                "more": {"type": "array", "items": {"type": "integer"}},
                "each": each,
            },
        });
        assert_eq!(shape.schema(), expected);
    }
}
