//! What a server asks a second signature to be like: `Accept-Signature`, and other deviations from the usual way.
//!
//! Spec: RFC 9421 §5.1, https://www.rfc-editor.org/rfc/rfc9421#section-5.1; rules S5 and S8

use super::structured::{self, Value};

/// The components that we can sign on demand.
const POSSIBLE: &[&str] = &[
    "@method",
    "@target-uri",
    "@authority",
    "@scheme",
    "@path",
    "@query",
    "@request-target",
    "content-digest",
    "content-type",
    "date",
    "accept",
    "host",
];
/// The longest `nonce` or `tag` that is sent back.
const LONGEST: usize = 512;

/// A signature that a server asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub(super) label: String,
    pub(super) components: Vec<String>,
    pub(super) nonce: Option<String>,
    pub(super) tag: Option<String>,
}

/// How a request is signed when the usual way did not do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manner {
    /// Leaves the query out of the signed target: some receivers sign and check the path alone.
    pub without_query: bool,
    /// For RFC 9421: what the server asked to be covered.
    pub wish: Option<Wish>,
}

impl Wish {
    /// Reads the value of an `Accept-Signature` header; the first signature in it that we can make. `None`: there is none.
    pub fn read(header: &str) -> Option<Self> {
        structured::dictionary(header)?.into_iter().find_map(|member| {
            let Value::List(items) = member.value else { return None };
            let components = items.into_iter().map(|(item, parameters)| match item {
                Value::Text(name) if parameters.is_empty() && POSSIBLE.contains(&name.as_str()) => Some(name),
                _ => None,
            });
            let components = components.collect::<Option<Vec<_>>>()?;
            let text = |wanted: &str| {
                let found = member.parameters.iter().find(|(name, _)| name == wanted);
                found.and_then(|(_, value)| match value {
                    Value::Text(text) if text.len() <= LONGEST => Some(text.clone()),
                    _ => None,
                })
            };
            match text("alg").as_deref() {
                None | Some("rsa-v1_5-sha256") => {}
                Some(_) => return None,
            }
            Some(Self { label: member.key, components, nonce: text("nonce"), tag: text("tag") })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s8_accept_signature_is_read_and_what_we_cannot_sign_is_passed_over() {
        for (header, expected) in [
            (
                r#"sig1=("@method" "@target-uri" "content-digest");created;nonce="n1";tag="t""#,
                Some(("sig1", 3, Some("n1"))),
            ),
            (r#"a=("@status"), b=("@authority" "date");keyid="x""#, Some(("b", 2, None))),
            (r#"a=();created"#, Some(("a", 0, None))),
            (r#"a=("@method";req)"#, None),
            (r#"a=("@method");alg="hmac-sha256""#, None),
            (r#"a=("@method");alg="rsa-v1_5-sha256""#, Some(("a", 1, None))),
            (r#"a="x""#, None),
            ("", None),
            ("((", None),
        ] {
            let read = Wish::read(header);
            let found = read.as_ref().map(|wish| (wish.label.as_str(), wish.components.len(), wish.nonce.as_deref()));
            assert_eq!(found, expected, "{header}");
        }
    }
}
