//! QuoteRequest: leave to quote a post of ours. Spec: FEP-044f, https://w3id.org/fep/044f

use super::Deed;
use crate::actions::quote::consent;
use crate::app::App;
use crate::error::Result;

pub(super) async fn receive(app: &App, mut deed: Deed) -> Result<String> {
    consent::requested(app, &deed.activity, &deed.actor, &mut deed.budget).await
}
