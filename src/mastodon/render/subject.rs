//! What notifications are about, if not a post: reports, warnings, lost follows, collections. One query for each kind.

use std::collections::HashMap;

use super::{Base, moderation};
use crate::error::Result;
use crate::ids::{AccountId, CollectionId, ReportId, SeveranceId, WarningId};
use crate::mastodon::entities;
use crate::store::notifications::Notification;
use crate::store::{Connection, collections, reports, severances, warnings};

/// What a page of notifications is about.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    reports: HashMap<i64, entities::Report>,
    warnings: HashMap<i64, entities::AccountWarning>,
    severances: HashMap<i64, entities::SeveranceEvent>,
    collections: HashMap<i64, entities::Collection>,
}

/// What one notification is about.
#[derive(Debug, Default)]
pub(super) struct Subject {
    pub report: Option<entities::Report>,
    pub event: Option<entities::SeveranceEvent>,
    pub moderation_warning: Option<entities::AccountWarning>,
    pub collection: Option<entities::Collection>,
}

impl Subjects {
    /// Reads what these notifications are about.
    pub fn load<'r>(
        db: &Connection,
        base: &Base,
        rows: impl Iterator<Item = &'r Notification> + Clone,
        viewer: AccountId,
    ) -> Result<Self> {
        let of = |kind: &str| -> Vec<i64> {
            rows.clone().filter(|row| row.kind == kind).filter_map(|row| row.subject_id).collect()
        };
        let (told, warned, lost) = (of("admin.report"), of("moderation_warning"), of("severed_relationships"));
        let mut found = Self::default();
        if !told.is_empty() {
            let told: Vec<ReportId> = told.into_iter().map(ReportId).collect();
            let shown = moderation::reports(db, base, &reports::by_ids(db, &told)?)?;
            found.reports = shown.into_iter().map(|row| (row.id.0, row)).collect();
        }
        if !warned.is_empty() {
            let warned: Vec<WarningId> = warned.into_iter().map(WarningId).collect();
            let shown = moderation::warnings(db, base, &warnings::by_ids(db, &warned)?)?;
            found.warnings = shown.into_iter().map(|row| (row.id.0, row)).collect();
        }
        if !lost.is_empty() {
            let lost: Vec<SeveranceId> = lost.into_iter().map(SeveranceId).collect();
            let shown = severances::by_ids(db, &lost)?;
            found.severances = shown.iter().map(|row| (row.id.0, moderation::severance(row))).collect();
        }
        let gathered = [of("added_to_collection"), of("collection_update")].concat();
        if !gathered.is_empty() {
            let gathered: Vec<CollectionId> = gathered.into_iter().map(CollectionId).collect();
            let shown = super::collections(db, base, &collections::by_ids(db, &gathered)?, Some(viewer))?;
            found.collections = shown.into_iter().map(|row| (row.id.0, row)).collect();
        }
        Ok(found)
    }

    /// What this one is about; `None`: it is gone meanwhile, and so the notification says nothing.
    pub fn of(&self, row: &Notification) -> Option<Subject> {
        let id = row.subject_id.unwrap_or_default();
        Some(match row.kind.as_str() {
            "admin.report" => Subject { report: Some(self.reports.get(&id)?.clone()), ..Subject::default() },
            "moderation_warning" => {
                Subject { moderation_warning: Some(self.warnings.get(&id)?.clone()), ..Subject::default() }
            }
            "severed_relationships" => Subject { event: Some(self.severances.get(&id)?.clone()), ..Subject::default() },
            "added_to_collection" | "collection_update" => {
                Subject { collection: Some(self.collections.get(&id)?.clone()), ..Subject::default() }
            }
            _ => Subject::default(),
        })
    }
}
