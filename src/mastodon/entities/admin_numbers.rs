//! Numbers about the server; whole ones are strings.

use schemars::JsonSchema;
use serde::Serialize;

/// Something that is counted by the day.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::Measure")]
pub struct AdminMeasure {
    pub key: String,
    pub unit: Option<&'static str>,
    pub total: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub human_value: Option<String>,
    /// In the time before, of the same length. Absent where the total is not of a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_total: Option<String>,
    pub data: Vec<AdminMeasureDay>,
}

/// One day of it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::Measure")]
pub struct AdminMeasureDay {
    pub date: String,
    pub value: String,
}

/// Something that is counted by its kinds.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::Dimension")]
pub struct AdminDimension {
    pub key: String,
    pub data: Vec<AdminDimensionValue>,
}

/// One kind of it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::Dimension")]
pub struct AdminDimensionValue {
    pub key: String,
    pub human_key: String,
    pub value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub human_value: Option<String>,
}

/// Who came at the same time, and how many of them are still here.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::Cohort")]
pub struct AdminCohort {
    pub period: String,
    pub frequency: &'static str,
    pub data: Vec<AdminCohortPeriod>,
}

/// One later time.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize)]
#[allow(missing_docs, reason = "as in the Mastodon entity Admin::Cohort")]
pub struct AdminCohortPeriod {
    pub date: String,
    pub rate: f64,
    pub value: String,
}
