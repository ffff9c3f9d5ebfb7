//! How much one cause may fetch. Spec: rule F10

use std::collections::HashMap;

use url::Url;

use crate::activitypub::ids;

/// Documents for one cause.
const ALL: u32 = 256;
/// Of them from one registrable domain: wildcard DNS must not multiply a budget.
const OF_ONE: u32 = 30;
/// Steps up a reply chain.
const DEPTH: u32 = 50;

/// How much one cause (an activity, a click) may fetch.
#[derive(Debug)]
pub struct Budget {
    left: u32,
    by_domain: HashMap<String, u32>,
    /// Of them from one registrable domain.
    per_domain: u32,
    /// How far up a reply chain it may still go.
    pub depth: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: ALL, by_domain: HashMap::new(), per_domain: OF_ONE, depth: DEPTH }
    }
}

impl Budget {
    /// For posts whose parents are not asked for.
    pub fn shallow() -> Self {
        Self { depth: 0, ..Self::default() }
    }

    /// For reading a whole conversation because somebody here wants to.
    pub fn conversation() -> Self {
        Self { left: 450, per_domain: 220, ..Self::default() }
    }

    /// Nothing is left of it.
    pub fn spent() -> Self {
        Self { left: 0, by_domain: HashMap::new(), per_domain: OF_ONE, depth: 0 }
    }

    /// Takes one fetch from `url` out of the budget; `false` when it is used up.
    pub(in crate::actions) fn spend(&mut self, url: &Url) -> bool {
        let domain = ids::site(url.host_str().unwrap_or_default());
        let used = self.by_domain.entry(domain).or_default();
        if self.left == 0 || *used >= self.per_domain {
            return false;
        }
        *used += 1;
        self.left -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(host: &str) -> Url {
        Url::parse(&format!("https://{host}/")).expect("valid")
    }

    /// Mastodon CVE-2022-46405: wildcard DNS gave every fetch a host of its own.
    #[test]
    fn cve_2022_46405_f10_a_budget_counts_by_registrable_domain() {
        for (site, other) in
            [("evil.example", "good.example"), ("evil.co.jp", "good.co.jp"), ("evil.github.io", "good.github.io")]
        {
            let mut budget = Budget::default();
            let spent = (0..100).filter(|n| budget.spend(&url(&format!("h{n}.deep.{site}")))).count();
            assert_eq!(spent, 30, "{site}");
            assert!(budget.spend(&url(other)), "{other}");
        }
    }

    #[test]
    fn f10_a_cause_fetches_256_documents_at_most() {
        let mut budget = Budget::default();
        let spent = (0..1_000).filter(|n| budget.spend(&url(&format!("site{n}.example")))).count();
        assert_eq!((spent, budget.depth), (256, 50));
    }
}
