//! `nagaya registrations`: who may sign up.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::Place;
use crate::actions::join::{self, Mode};
use crate::app::App;

#[derive(Args)]
pub(super) struct Arguments {
    /// Who may sign up; without it, who may now is printed.
    mode: Option<Who>,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, ValueEnum)]
enum Who {
    /// Nobody.
    Closed,
    /// Whoever has an invite.
    Invite,
    /// Whom a moderator lets in.
    Approval,
    /// Everybody.
    Open,
}

impl Arguments {
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) async fn on(&self, app: &App) -> Result<String> {
        let wanted = self.mode.map(|who| match who {
            Who::Closed => Mode::Closed,
            Who::Invite => Mode::Invite,
            Who::Approval => Mode::Approval,
            Who::Open => Mode::Open,
        });
        if let Some(mode) = wanted {
            app.store.write(move |tx| join::set_mode(tx, mode)).await?;
        }
        let now = app.store.read(join::registrations).await?;
        Ok(match now.mode {
            Mode::Closed => "closed: nobody can sign up / 新規登録は受け付けていません",
            Mode::Invite => "invite: whoever has an invite can sign up / 招待された人だけが登録できます",
            Mode::Approval => "approval: everybody can ask, a moderator decides / 登録には承認が必要です",
            Mode::Open => "open: everybody can sign up / だれでも登録できます",
        }
        .to_owned())
    }
}
