//! Languages that a post can be in. Spec: ISO 639-1, and the languages without a code there that clients offer.

/// Two-letter codes.
const TWO: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz \
    ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja \
    jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne \
    ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su \
    sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// Three-letter codes.
const THREE: &str =
    "ast chr ckb cnr csb gsw jbo kab ldn lfn moh nds nan pdc sco sma smj szl tok tzm vai xal yue zba zgh";

/// Whether `code` names a language: a known one, with or without script and region (`pt-BR`, `zh-Hant-TW`).
pub fn is_known(code: &str) -> bool {
    let mut parts = code.split('-');
    let primary = parts.next().unwrap_or_default();
    let known = TWO.split_whitespace().chain(THREE.split_whitespace()).any(|known| known == primary);
    known
        && code.len() <= 35
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_known_by_their_codes() {
        for (code, expected) in [
            ("en", true),
            ("ja", true),
            ("tok", true),
            ("pt-BR", true),
            ("zh-Hant-TW", true),
            ("xx", false),
            ("EN", false),
            ("english", false),
            ("en-", false),
            ("en-<b>", false),
            ("", false),
        ] {
            assert_eq!(is_known(code), expected, "{code}");
        }
    }
}
