//! The schemas of answers, generated from the structs that the server writes.
//!
//! Every object says which keys it always has (`required`) and that it has no others (`additionalProperties: false`).
//! A key that may be absent is never null; a key that may be null is always there.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::mastodon::entities as e;

/// Where components are.
const COMPONENTS: &str = "#/components/schemas/";

type Generate = fn(&mut SchemaGenerator) -> Schema;

/// Every entity by the name that the table of endpoints uses.
const ENTITIES: &[(&str, Generate)] = &[
    ("Account", of::<e::Account>),
    ("AccountRole", of::<e::AccountRole>),
    ("AccountWarning", of::<e::AccountWarning>),
    ("Activity", of::<e::ActivityWeek>),
    ("Admin.Account", of::<e::AdminAccount>),
    ("Admin.CanonicalEmailBlock", of::<e::AdminCanonicalEmailBlock>),
    ("Admin.Cohort", of::<e::AdminCohort>),
    ("Admin.Cohort.Data", of::<e::AdminCohortPeriod>),
    ("Admin.Dimension", of::<e::AdminDimension>),
    ("Admin.Dimension.Data", of::<e::AdminDimensionValue>),
    ("Admin.DomainAllow", of::<e::AdminDomainAllow>),
    ("Admin.DomainBlock", of::<e::AdminDomainBlock>),
    ("Admin.DomainBlockConflict", of::<e::AdminDomainBlockConflict>),
    ("Admin.EmailDomainBlock", of::<e::AdminEmailDomainBlock>),
    ("Admin.Ip", of::<e::AdminIp>),
    ("Admin.IpBlock", of::<e::AdminIpBlock>),
    ("Admin.Measure", of::<e::AdminMeasure>),
    ("Admin.Measure.Data", of::<e::AdminMeasureDay>),
    ("Admin.PreviewCardProvider", of::<e::AdminPublisher>),
    ("Admin.Report", of::<e::AdminReport>),
    ("Admin.Tag", of::<e::AdminTag>),
    ("Admin.TrendingLink", of::<e::AdminTrendsLink>),
    ("Admin.TrendingStatus", of::<e::AdminTrendsStatus>),
    ("Announcement", of::<e::Announcement>),
    ("Appeal", of::<e::Appeal>),
    ("Application", of::<e::RegisteredApp>),
    ("AsyncRefresh", of::<e::AsyncRefresh>),
    ("AsyncRefreshWrapper", of::<e::AsyncRefreshAnswer>),
    ("Collection", of::<e::Collection>),
    ("CollectionItem", of::<e::CollectionItem>),
    ("CollectionWithAccounts", of::<e::CollectionWithAccounts>),
    ("Collections", of::<e::Collections>),
    ("Context", of::<e::Context>),
    ("Conversation", of::<e::Conversation>),
    ("Count", of::<e::Count>),
    ("CredentialAccount", of::<e::CredentialAccount>),
    ("CredentialApplication", of::<e::CredentialApplication>),
    ("CustomEmoji", of::<e::CustomEmoji>),
    ("DomainBlock", of::<e::DomainBlock>),
    ("DomainBlockPreview", of::<e::DomainBlockPreview>),
    ("EmojiReaction", of::<e::EmojiReaction>),
    ("Error", of::<e::Error>),
    ("Error.Detail", of::<e::ErrorDetail>),
    ("ExtendedDescription", of::<e::ExtendedDescription>),
    ("FamiliarFollowers", of::<e::FamiliarFollowers>),
    ("FeatureApproval", of::<e::FeatureApproval>),
    ("FeaturedTag", of::<e::FeaturedTag>),
    ("Field", of::<e::Field>),
    ("Filter", of::<e::Filter>),
    ("FilterKeyword", of::<e::FilterKeyword>),
    ("FilterResult", of::<e::FilterResult>),
    ("FilterStatus", of::<e::FilterStatus>),
    ("GroupedNotificationsResults", of::<e::GroupedNotifications>),
    ("History", of::<e::History>),
    ("IdentityProof", of::<e::IdentityProof>),
    ("Instance", of::<e::Instance>),
    ("Invite", of::<e::InvitationLink>),
    ("Instance.Access", of::<e::FeedAccess>),
    ("Instance.Accounts", of::<e::AccountLimits>),
    ("Instance.ApiVersions", of::<e::ApiVersions>),
    ("Instance.Configuration", of::<e::Configuration>),
    ("Instance.Contact", of::<e::Contact>),
    ("Instance.Icon", of::<e::Icon>),
    ("Instance.Media", of::<e::MediaLimits>),
    ("Instance.Polls", of::<e::PollLimits>),
    ("Instance.Registrations", of::<e::Registrations>),
    ("Instance.Statuses", of::<e::StatusLimits>),
    ("Instance.Thumbnail", of::<e::Thumbnail>),
    ("Instance.TimelinesAccess", of::<e::TimelinesAccess>),
    ("Instance.Translation", of::<e::TranslationSupport>),
    ("Instance.Urls", of::<e::Urls>),
    ("Instance.Usage", of::<e::Usage>),
    ("Instance.Users", of::<e::UsageUsers>),
    ("Instance.Vapid", of::<e::Vapid>),
    ("Language", of::<e::Language>),
    ("List", of::<e::List>),
    ("Marker", of::<e::Marker>),
    ("Markers", of::<e::Markers>),
    ("MediaAttachment", of::<e::Attachment>),
    ("MediaAttachment.Colors", of::<e::Colors>),
    ("MediaAttachment.Focus", of::<e::Focus>),
    ("MediaAttachment.Meta", of::<e::Meta>),
    ("MediaAttachment.Size", of::<e::Size>),
    ("Mention", of::<e::Mention>),
    ("Merged", of::<e::Merged>),
    ("MutedAccount", of::<e::MutedAccount>),
    ("Notification", of::<e::Notification>),
    ("NotificationFallback", of::<e::Fallback>),
    ("NotificationGroup", of::<e::NotificationGroup>),
    ("NotificationPolicy", of::<e::NotificationPolicy>),
    ("NotificationPolicy.Summary", of::<e::PolicySummary>),
    ("NotificationRequest", of::<e::NotificationRequest>),
    ("OAuthMetadata", of::<e::OAuthMetadata>),
    ("OEmbed", of::<e::OEmbed>),
    ("PartialAccountWithAvatar", of::<e::PartialAccount>),
    ("Poll", of::<e::Poll>),
    ("Poll.Option", of::<e::PollOption>),
    ("Preferences", of::<e::Preferences>),
    ("PreviewCard", of::<e::PreviewCard>),
    ("PreviewCardAuthor", of::<e::PreviewCardAuthor>),
    ("PrivacyPolicy", of::<e::PrivacyPolicy>),
    ("Profile", of::<e::Profile>),
    ("Quote", of::<e::Quote>),
    ("QuoteApproval", of::<e::QuoteApproval>),
    ("Reaction", of::<e::Reaction>),
    ("Reactors", of::<e::Reactors>),
    ("Relationship", of::<e::Relationship>),
    ("RelationshipSeveranceEvent", of::<e::SeveranceEvent>),
    ("Report", of::<e::Report>),
    ("Role", of::<e::Role>),
    ("Rule", of::<e::Rule>),
    ("Rule.Translation", of::<e::RuleTranslation>),
    ("ScheduledStatus", of::<e::ScheduledStatus>),
    ("ScheduledStatus.Params", of::<e::ScheduledParams>),
    ("ScheduledStatus.Poll", of::<e::ScheduledPoll>),
    ("Search", of::<e::Search>),
    ("ShallowQuote", of::<e::ShallowQuote>),
    ("ShallowTag", of::<e::ShallowTag>),
    ("Source", of::<e::Source>),
    ("Status", of::<e::Status>),
    ("Status.Application", of::<e::Application>),
    ("StatusEdit", of::<e::StatusEdit>),
    ("StatusEdit.Poll", of::<e::FormerPoll>),
    ("StatusSource", of::<e::StatusSource>),
    ("Suggestion", of::<e::Suggestion>),
    ("Tag", of::<e::Tag>),
    ("TermsOfService", of::<e::TermsOfService>),
    ("Title", of::<e::FormerOption>),
    ("Token", of::<e::OAuthToken>),
    ("Translation", of::<e::Translation>),
    ("Translation.Attachment", of::<e::TranslatedAttachment>),
    ("Translation.Poll", of::<e::TranslatedPoll>),
    ("Trends.Link", of::<e::TrendsLink>),
    ("UserInfo", of::<e::UserInfo>),
    ("V1.Filter", of::<e::FilterV1>),
    ("V1.Instance", of::<e::InstanceV1>),
    ("V1.Instance.Accounts", of::<e::AccountLimitsV1>),
    ("V1.Instance.Configuration", of::<e::ConfigurationV1>),
    ("V1.Instance.Media", of::<e::MediaLimitsV1>),
    ("V1.Instance.Stats", of::<e::Stats>),
    ("V1.Instance.Urls", of::<e::UrlsV1>),
    ("V1.NotificationPolicy", of::<e::NotificationPolicyV1>),
    ("WebPushSubscription", of::<e::WebPushSubscription>),
    ("WrappedCollection", of::<e::WrappedCollection>),
    ("WrappedCollectionItem", of::<e::WrappedCollectionItem>),
    // What only this server has.
    ("AccessToken", of::<e::AccessToken>),
    ("Admin.Announcement", of::<e::AdminAnnouncement>),
    ("Admin.CustomEmoji", of::<e::AdminEmoji>),
    ("Admin.Delivery", of::<e::AdminDelivery>),
    ("Admin.HostQueue", of::<e::AdminHostQueue>),
    ("Admin.Inbox", of::<e::AdminInbox>),
    ("Admin.Invite", of::<e::AdminInvite>),
    ("Admin.LogEntry", of::<e::AdminLogEntry>),
    ("Admin.Overview", of::<e::AdminOverview>),
    ("Admin.Peer", of::<e::AdminPeer>),
    ("Admin.People", of::<e::AdminPeople>),
    ("Admin.Queue", of::<e::AdminQueue>),
    ("Admin.RemoteEmoji", of::<e::AdminRemoteEmoji>),
    ("Admin.Rule", of::<e::AdminRule>),
    ("Admin.Setting", of::<e::AdminSetting>),
    ("Admin.SettingChange", of::<e::AdminSettingChange>),
    ("Admin.Terms", of::<e::AdminTerms>),
    ("Admin.Todo", of::<e::AdminTodo>),
    ("Admin.Plugin", of::<e::AdminPlugin>),
    ("Admin.Plugin.Costs", of::<e::AdminPluginCosts>),
    ("Admin.Plugin.Pending", of::<e::AdminPluginPending>),
    ("Admin.Plugin.Permission", of::<e::AdminPluginPermission>),
    ("Admin.PluginLog", of::<e::AdminPluginLog>),
    ("Admin.PluginOffer", of::<e::AdminPluginOffer>),
    ("Admin.PluginMailbox", of::<e::AdminPluginMailbox>),
    ("Admin.PluginLetter", of::<e::AdminPluginLetter>),
    ("Admin.PluginSimulation", of::<e::AdminPluginSimulation>),
    ("Admin.PluginSimulation.Run", of::<e::AdminPluginSimulationRun>),
    ("Admin.PluginSimulation.Point", of::<e::AdminPluginSimulationPoint>),
    ("Admin.PluginVerdict", of::<e::AdminPluginVerdict>),
    ("Admin.Review", of::<e::AdminReview>),
    ("Admin.Review.Actor", of::<e::AdminReviewActor>),
    ("Admin.WordList", of::<e::AdminWordList>),
    ("Alias", of::<e::Alias>),
    ("Bilingual", of::<e::Bilingual>),
    ("AuthorizedApp", of::<e::App>),
    ("Enrolment", of::<e::Enrolment>),
    ("Migration", of::<e::Migration>),
    ("Nagaya.PersonalFilter", of::<e::PersonalFilter>),
    ("Nagaya.BlockList", of::<e::BlockList>),
    ("Nagaya.BlockListPreview", of::<e::BlockListPreview>),
    ("Nagaya.Invite", of::<e::Invite>),
    ("Nagaya.ListedBlock", of::<e::ListedBlock>),
    ("Nagaya.Relay", of::<e::Relay>),
    ("Nagaya.Trace", of::<e::Trace>),
    ("Nagaya.TraceStep", of::<e::TraceStep>),
    ("Passkey", of::<e::Passkey>),
    ("PasskeyQuestion", of::<e::PasskeyQuestion>),
    ("RecoveryCodes", of::<e::RecoveryCodes>),
    ("Security", of::<e::Security>),
    ("Session", of::<e::Session>),
];

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The components of the document: every entity, and whatever they are made of.
pub fn components() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    // The structs have names of their own; those of the entities are known to everybody.
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for (name, generate) in ENTITIES {
        let schema = generate(&mut generator).to_value();
        let of_struct = schema["$ref"].as_str().and_then(|address| address.strip_prefix(COMPONENTS));
        names.extend(of_struct.map(|of_struct| (of_struct.to_owned(), *name)));
    }
    let renamed = |name: String| names.get(&name).map_or(name, |known| (*known).to_owned());
    let mut components = Map::new();
    for (name, mut schema) in generator.take_definitions(true) {
        rename(&mut schema, &names);
        tidy(&mut schema);
        components.insert(renamed(name), schema);
    }
    components
}

/// The schema of what the table calls `entity`.
pub fn reference(entity: &str) -> Value {
    if entity == "{}" {
        return json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false});
    }
    if let Some((one, other)) = entity.split_once('|') {
        return json!({"anyOf": [reference(one), reference(other)]});
    }
    if let Some(inner) = entity.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return json!({"type": "array", "items": reference(inner)});
    }
    if let Some(inner) = entity.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let any = json!({"^": reference(inner)});
        return json!({"type": "object", "patternProperties": any, "required": [], "additionalProperties": false});
    }
    match entity {
        "string" => json!({"type": "string"}),
        "bool" => json!({"type": "boolean"}),
        // What is no entity of this API, or not written by a struct yet.
        entity if !ENTITIES.iter().any(|(name, _)| *name == entity) => json!({}),
        entity => json!({"$ref": format!("{COMPONENTS}{entity}")}),
    }
}

fn rename(schema: &mut Value, names: &BTreeMap<String, &str>) {
    match schema {
        Value::Object(map) => {
            let of_struct = map.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix(COMPONENTS));
            let known = of_struct.and_then(|of_struct| names.get(of_struct)).map(|name| format!("{COMPONENTS}{name}"));
            if let Some(address) = known {
                map.insert("$ref".into(), address.into());
            }
            map.values_mut().for_each(|inner| rename(inner, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| rename(inner, names)),
        _ => {}
    }
}

/// Closes objects, and takes null from keys that are left out instead.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("type").is_some_and(|kind| kind == "object") {
                close(map);
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn close(object: &mut Map<String, Value>) {
    let required = object.entry("required").or_insert_with(|| json!([])).clone();
    let required: Vec<&str> = required.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in object.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        if !required.contains(&name.as_str()) {
            without_null(property);
        }
    }
    // A map is an object whose keys have any name.
    if let Some(inner) = object.remove("additionalProperties").filter(Value::is_object) {
        object.insert("patternProperties".into(), json!({"^": inner}));
    }
    object.insert("additionalProperties".into(), json!(false));
}

fn without_null(property: &mut Value) {
    if let Some(kinds) = property["type"].as_array_mut() {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            property["type"] = only.clone();
        }
    }
    let Some(choices) = property.get_mut("anyOf").and_then(Value::as_array_mut) else { return };
    choices.retain(|choice| choice["type"] != "null");
    if let [only] = choices.as_slice() {
        *property = only.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_closed_and_names_what_it_always_has() {
        fn count(schema: &Value, open: &mut Vec<String>) {
            match schema {
                Value::Object(map) => {
                    let is_object =
                        map.get("type").is_some_and(|kind| kind == "object") || map.contains_key("properties");
                    let closed = map.contains_key("required") && map.get("additionalProperties") == Some(&json!(false));
                    // A property may have the name `properties` or `type`; then its value is a schema, not a word.
                    if is_object && !closed && map.get("properties").is_none_or(|value| value.get("type").is_none()) {
                        open.push(schema.to_string());
                    }
                    map.values().for_each(|inner| count(inner, open));
                }
                Value::Array(items) => items.iter().for_each(|inner| count(inner, open)),
                _ => {}
            }
        }
        let mut open = Vec::new();
        components().values().for_each(|schema| count(schema, &mut open));
        assert_eq!(open.len(), 0, "{open:#?}");
    }

    #[test]
    fn keys_that_may_be_absent_are_never_null() {
        let components = components();
        let status = &components["Status"];
        let required = status["required"].as_array().expect("a list");
        assert!(required.contains(&json!("url")) && !required.contains(&json!("pinned")));
        assert_eq!(status["properties"]["url"]["type"], json!(["string", "null"]));
        assert_eq!(status["properties"]["pinned"]["type"], "boolean");
        assert_eq!(status["properties"]["account"]["$ref"], "#/components/schemas/Account");
        assert!(
            components["MutedAccount"]["properties"]["username"].is_object(),
            "flattened: {}",
            components["MutedAccount"]
        );
    }
}
