//! What a plugin may do, in words that an operator understands. Nothing is allowed that is not granted here.

use std::collections::BTreeSet;

use super::envelope::Envelope;
use super::manifest::{Manifest, Words};
use crate::activitypub::audience::Visibility;

/// Something a plugin asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// `see-direct`, `http:api.example`, …
    pub name: String,
    /// Whether it deserves a second look.
    pub red: bool,
    /// Granted without asking.
    pub default: bool,
    /// The plain sentence.
    pub prompt: Words,
    /// The author's words.
    pub why: Option<Words>,
}

/// Name, red, granted by default, English, Japanese.
type Line = (&'static str, bool, bool, &'static str, &'static str);

/// Every permission without a parameter.
const KNOWN: &[Line] = &[
    ("see-public", false, true, "See public and unlisted posts.", "公開・非収載の投稿を読む"),
    ("see-followers", false, false, "See followers-only posts.", "フォロワー限定の投稿を読む"),
    ("see-direct", true, false, "See direct messages.", "ダイレクトメッセージを読む"),
    ("reject", false, false, "Reject posts, or hold them for review.", "投稿を拒否、または確認待ちにする"),
    (
        "rewrite",
        false,
        false,
        "Change posts: text, visibility, content warning, media.",
        "投稿の本文・公開範囲・注意書き・メディアを変更する",
    ),
    (
        "control",
        true,
        false,
        "Judge deletions, undone deeds, blocks and reports too.",
        "削除・取り消し・ブロック・通報にも判定を下す",
    ),
    ("dns", false, false, "Look names up in the DNS.", "DNSを照会する"),
    (
        "query",
        false,
        false,
        "Look up accounts and posts that this server knows.",
        "このサーバーが知るアカウントと投稿を調べる",
    ),
    ("report", false, false, "Report posts to the moderators.", "モデレーターに通報する"),
    ("media", false, false, "Import emoji and fetch media ahead of time.", "絵文字の取り込みとメディアの先読みをする"),
    ("post", false, false, "Post as its own bot account.", "専用のボットアカウントで投稿する"),
    ("react", false, false, "React and boost as its own bot account.", "専用のボットアカウントで反応・ブーストする"),
    ("follow", false, false, "Follow accounts as its own bot account.", "専用のボットアカウントでフォローする"),
    ("delay", false, false, "Delay or reorder deliveries.", "配送を遅らせる、または順序を変える"),
    (
        "delay-long",
        true,
        false,
        "Delay deliveries for up to a day, to people who are mentioned too.",
        "メンション先も含め、配送を最大1日遅らせる",
    ),
    ("skip", true, false, "Skip delivery to some servers.", "一部のサーバーへの配送を行わない"),
    ("sign", true, false, "Send requests signed by this server.", "このサーバーの署名付きで通信する"),
    (
        "web",
        false,
        false,
        "Serve pages under its own address on this server.",
        "このサーバー上の専用アドレスでページを公開する",
    ),
];

/// What the manifest asks for, in the order of the prompts; the error names a permission that does not exist.
pub fn asked(manifest: &Manifest) -> Result<Vec<Ask>, String> {
    let mut asks = Vec::new();
    let why = |name: &str| manifest.permissions.why(name);
    for name in manifest.permissions.names() {
        if !KNOWN.iter().any(|line| line.0 == name) {
            let known: Vec<_> = KNOWN.iter().map(|line| line.0).collect();
            return Err(format!("there is no permission {name}; there are: {}", known.join(", ")));
        }
    }
    for (name, red, default, en, ja) in KNOWN {
        if *default || manifest.permissions.names().any(|asked| asked == *name) {
            asks.push(Ask {
                name: (*name).into(),
                red: *red,
                default: *default,
                prompt: Words::both(en, ja),
                why: why(name),
            });
        }
    }
    for rule in &manifest.http {
        let methods = rule.methods.join(", ");
        let (en, ja) = if rule.lan {
            (
                format!("Send requests ({methods}) to {} in your local network.", rule.host),
                format!("ローカルネットワーク内の {} と通信する（{methods}）", rule.host),
            )
        } else {
            (format!("Send requests ({methods}) to {}.", rule.host), format!("{} と通信する（{methods}）", rule.host))
        };
        asks.push(Ask {
            name: rule.permission(),
            red: rule.lan,
            default: false,
            prompt: Words::both(&en, &ja),
            why: rule.why.clone(),
        });
    }
    Ok(asks)
}

/// What one plugin may do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants(BTreeSet<String>);

impl Grants {
    /// What was granted, with what needs no asking; anything the manifest does not ask for is left out.
    pub fn of(manifest: &Manifest, granted: &[String]) -> Self {
        let asks = asked(manifest).unwrap_or_default();
        let given = |ask: &Ask| ask.default || granted.contains(&ask.name);
        Self(asks.into_iter().filter(given).map(|ask| ask.name).collect())
    }

    /// Whether it may.
    pub fn has(&self, permission: &str) -> bool {
        self.0.contains(permission)
    }

    /// Whether it may see a post for these people; what is no post may be seen.
    pub fn see(&self, visibility: Option<Visibility>) -> bool {
        match visibility {
            None => true,
            Some(Visibility::Public | Visibility::Unlisted) => self.has("see-public"),
            Some(Visibility::Private) => self.has("see-followers"),
            Some(Visibility::Direct) => self.has("see-direct"),
        }
    }

    /// Takes away what the post before it would tell of a post that it may not see.
    pub fn blind(&self, envelope: &mut Envelope) {
        for parent in [&mut envelope.reply_to, &mut envelope.quote_of] {
            if parent.as_ref().is_some_and(|parent| !self.see(Some(parent.visibility))) {
                *parent = None;
            }
        }
    }

    /// Whether it may judge such activities at all.
    pub fn judge(&self, activity: &str) -> bool {
        !matches!(activity, "Delete" | "Undo" | "Block" | "Flag") || self.has("control")
    }
}
