//! `nagaya trace`: why did this not arrive?

use anyhow::Result;
use clap::Args;

use super::Place;
use crate::actions::trace;
use crate::app::App;
use crate::text::locale::Lang;

#[derive(Args)]
pub(super) struct Arguments {
    /// The id or page of a post, the id of an activity, a handle, or a server's domain.
    query: String,
    /// The language to answer in: `en` or `ja`.
    #[arg(long)]
    lang: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Arguments {
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) async fn on(&self, app: &App) -> Result<String> {
        let lang = self.lang.as_deref().and_then(Lang::find).unwrap_or_default();
        let report = trace::report(app, &self.query, lang).await?;
        let steps = report.steps.iter().map(|told| format!("{}  {}", told.event.at.rfc3339(), told.text));
        Ok(report.summary.iter().cloned().chain(steps).collect::<Vec<_>>().join("\n"))
    }
}
