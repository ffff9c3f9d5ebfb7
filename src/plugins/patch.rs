//! JSON patches that plugins write, over objects of other servers. Spec: RFC 6902, https://www.rfc-editor.org/rfc/rfc6902
//!
//! What says who somebody is and who may see something is out of bounds: [`GUARDED`], and the whole document.

use serde_json::Value;

/// Members of the object that no patch may touch, themselves or anything in them.
const GUARDED: &[&str] = &[
    "id",
    "type",
    "attributedTo",
    "actor",
    "to",
    "cc",
    "bto",
    "bcc",
    "audience",
    "object",
    "@context",
    "proof",
    "signature",
];
/// Operations in one patch.
const OPERATIONS: usize = 100;
/// Bytes of the object afterwards.
const SIZE: usize = 1024 * 1024;

struct Operation {
    op: String,
    path: Vec<String>,
    from: Vec<String>,
    value: Value,
}

/// Whether the patch can be read and stays within its bounds.
pub fn check(text: &str) -> Result<(), &'static str> {
    read(text).map(drop)
}

/// The patched object, or why there is none; then nothing of the patch holds.
pub fn apply(object: &Value, text: &str) -> Result<Value, &'static str> {
    let mut object = object.clone();
    for operation in read(text)? {
        step(&mut object, &operation)?;
    }
    if object.to_string().len() > SIZE {
        return Err("the patch makes the object larger than 1 MiB");
    }
    Ok(object)
}

fn read(text: &str) -> Result<Vec<Operation>, &'static str> {
    let patch: Value = serde_json::from_str(text).map_err(|_| "the patch is no JSON")?;
    let operations = patch.as_array().ok_or("the patch is no list")?;
    if operations.len() > OPERATIONS {
        return Err("the patch has more than 100 operations");
    }
    operations.iter().map(operation).collect()
}

fn operation(given: &Value) -> Result<Operation, &'static str> {
    let word = |name: &str| given.get(name).and_then(Value::as_str);
    let op = word("op").ok_or("an operation of the patch has no op")?.to_owned();
    let path = pointer(word("path").ok_or("an operation of the patch has no path")?)?;
    let from = match op.as_str() {
        "move" | "copy" => pointer(word("from").ok_or("an operation of the patch has no from")?)?,
        "add" | "replace" | "test" => {
            given.get("value").ok_or("an operation of the patch has no value")?;
            Vec::new()
        }
        "remove" => Vec::new(),
        _ => return Err("the patch has an unknown operation"),
    };
    // Tests and copies only look; all else changes.
    if op != "test" && guarded(&path) || op == "move" && guarded(&from) {
        return Err("the patch would change an identity or an audience");
    }
    Ok(Operation { op, path, from, value: given.get("value").cloned().unwrap_or_default() })
}

/// Whether no patch may touch this member.
pub fn is_guarded(member: &str) -> bool {
    GUARDED.contains(&member)
}

fn guarded(path: &[String]) -> bool {
    path.first().is_none_or(|first| GUARDED.contains(&first.as_str()))
}

fn pointer(text: &str) -> Result<Vec<String>, &'static str> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let rest = text.strip_prefix('/').ok_or("a path of the patch does not begin with /")?;
    Ok(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

fn step(object: &mut Value, operation: &Operation) -> Result<(), &'static str> {
    match operation.op.as_str() {
        "test" => {
            let found = get(object, &operation.path)?;
            if *found == operation.value { Ok(()) } else { Err("a test of the patch fails") }
        }
        "add" => add(object, &operation.path, operation.value.clone()),
        "remove" => remove(object, &operation.path).map(drop),
        "replace" => {
            remove(object, &operation.path)?;
            add(object, &operation.path, operation.value.clone())
        }
        "copy" => {
            let value = get(object, &operation.from)?.clone();
            add(object, &operation.path, value)
        }
        _ => {
            if operation.path.starts_with(&operation.from) && operation.path != operation.from {
                return Err("the patch moves something into itself");
            }
            let value = remove(object, &operation.from)?;
            add(object, &operation.path, value)
        }
    }
}

const MISSING: &str = "a path of the patch leads nowhere";

fn get<'v>(object: &'v Value, path: &[String]) -> Result<&'v Value, &'static str> {
    path.iter().try_fold(object, |value, part| match value {
        Value::Object(map) => map.get(part).ok_or(MISSING),
        Value::Array(items) => items.get(index(part, items.len())?).ok_or(MISSING),
        _ => Err(MISSING),
    })
}

fn parent<'v, 'p>(object: &'v mut Value, path: &'p [String]) -> Result<(&'v mut Value, &'p str), &'static str> {
    let (last, way) = path.split_last().ok_or(MISSING)?;
    let parent = way.iter().try_fold(object, |value, part| match value {
        Value::Object(map) => map.get_mut(part).ok_or(MISSING),
        Value::Array(items) => {
            let at = index(part, items.len())?;
            items.get_mut(at).ok_or(MISSING)
        }
        _ => Err(MISSING),
    })?;
    Ok((parent, last))
}

fn add(object: &mut Value, path: &[String], value: Value) -> Result<(), &'static str> {
    let (parent, last) = parent(object, path)?;
    match parent {
        Value::Object(map) => {
            map.insert(last.to_owned(), value);
            Ok(())
        }
        Value::Array(items) => {
            let at = if last == "-" { items.len() } else { index(last, items.len() + 1)? };
            items.insert(at, value);
            Ok(())
        }
        _ => Err(MISSING),
    }
}

fn remove(object: &mut Value, path: &[String]) -> Result<Value, &'static str> {
    let (parent, last) = parent(object, path)?;
    match parent {
        Value::Object(map) => map.remove(last).ok_or(MISSING),
        Value::Array(items) => {
            let at = index(last, items.len())?;
            Ok(items.remove(at))
        }
        _ => Err(MISSING),
    }
}

/// A list's index: digits without a leading zero, below `end`.
fn index(part: &str, end: usize) -> Result<usize, &'static str> {
    let plain = part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    let at: usize = part.parse().map_err(|_| MISSING)?;
    if plain && at < end { Ok(at) } else { Err(MISSING) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_operations_do_what_the_standard_says() {
        let object = json!({"content": "a", "tag": [{"name": "x"}, {"name": "y"}], "a/b": 1});
        for (patch, expected) in [
            (
                json!([{"op": "replace", "path": "/content", "value": "b"}]),
                json!({"content": "b", "tag": [{"name": "x"}, {"name": "y"}], "a/b": 1}),
            ),
            (
                json!([{"op": "add", "path": "/tag/-", "value": 3}, {"op": "remove", "path": "/tag/0"}]),
                json!({"content": "a", "tag": [{"name": "y"}, 3], "a/b": 1}),
            ),
            (
                json!([{"op": "test", "path": "/a~1b", "value": 1}, {"op": "move", "from": "/a~1b", "path": "/c"}]),
                json!({"content": "a", "tag": [{"name": "x"}, {"name": "y"}], "c": 1}),
            ),
            (
                json!([{"op": "copy", "from": "/tag/1/name", "path": "/name"}]),
                json!({"content": "a", "tag": [{"name": "x"}, {"name": "y"}], "a/b": 1, "name": "y"}),
            ),
        ] {
            assert_eq!(apply(&object, &patch.to_string()), Ok(expected), "{patch}");
        }
        for patch in [
            json!([{"op": "test", "path": "/content", "value": "b"}]),
            json!([{"op": "replace", "path": "/nothing", "value": "b"}]),
            json!([{"op": "add", "path": "/tag/7", "value": "b"}]),
            json!([{"op": "remove", "path": "/tag/00"}]),
            json!([{"op": "move", "from": "/tag", "path": "/tag/0"}]),
            json!([{"op": "add", "path": "content", "value": 1}]),
            json!({"op": "remove", "path": "/content"}),
        ] {
            assert!(apply(&object, &patch.to_string()).is_err(), "{patch}");
        }
    }

    #[test]
    fn identities_and_audiences_are_out_of_bounds() {
        for member in ["id", "type", "attributedTo", "actor", "to", "cc", "bto", "bcc", "audience"] {
            for op in ["add", "replace", "remove"] {
                for path in [format!("/{member}"), format!("/{member}/0")] {
                    let patch = json!([{"op": op, "path": path, "value": "https://evil.example/"}]).to_string();
                    assert!(check(&patch).is_err(), "{patch}");
                }
            }
            let moved = json!([{"op": "move", "from": format!("/{member}"), "path": "/content"}]).to_string();
            assert!(check(&moved).is_err(), "{moved}");
        }
        assert!(check(&json!([{"op": "replace", "path": "", "value": {}}]).to_string()).is_err(), "the whole document");
        let many = Value::from(vec![json!({"op": "test", "path": "/a", "value": 1}); OPERATIONS + 1]);
        assert!(check(&many.to_string()).is_err());
    }
}
