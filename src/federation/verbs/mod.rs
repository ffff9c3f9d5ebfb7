//! What received activities do: one `match` on `type`, one file per verb.

use crate::app::App;
use crate::error::Result;
use crate::ids::AccountId;

/// A received activity whose sender is proven.
#[derive(Debug, Clone)]
pub struct Received {
    /// The whole activity as it came.
    pub activity: serde_json::Value,
    /// The actor whose key signed the request.
    pub signer: String,
    /// Whose personal inbox it came to; `None`: the shared one.
    pub recipient: Option<AccountId>,
}

/// Carries out one received activity. The answer says in a few words what was done or why nothing was, for the trace.
pub async fn receive(_app: &App, _received: Received) -> Result<String> {
    std::future::ready(Ok("ignored".into())).await
}
