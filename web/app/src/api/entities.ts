/* What the client API answers; the same as tests/api/entities.toml says. Keys are as on the wire. */

export interface Account {
  id: string;
  username: string;
  acct: string;
  url: string;
  uri: string;
  display_name: string;
  note: string;
  created_at: string;
  last_status_at: string | null;
  avatar: string;
  avatar_static: string;
  avatar_description: string;
  header: string;
  header_static: string;
  header_description: string;
  locked: boolean;
  bot: boolean;
  group: boolean;
  discoverable: boolean | null;
  indexable: boolean;
  hide_collections: boolean | null;
  show_media: boolean;
  show_media_replies: boolean;
  show_featured: boolean;
  followers_count: number;
  following_count: number;
  statuses_count: number;
  fields: Field[];
  emojis: CustomEmoji[];
  roles?: AccountRole[];
  feature_approval: FeatureApproval;
  noindex?: boolean;
  email_subscriptions?: boolean;
  moved?: Account | null;
  memorial?: boolean;
  suspended?: boolean;
  limited?: boolean;
  invalid_handle?: boolean;
}

export interface Field {
  name: string;
  value: string;
  verified_at: string | null;
}

export interface AccountRole {
  id: string;
  name: string;
  color: string;
}

export interface CredentialAccount extends Account {
  source: Source;
  role: Role;
}

export interface Source {
  privacy: "public" | "unlisted" | "private" | "direct";
  sensitive: boolean;
  language: string | null;
  note: string;
  fields: Field[];
  follow_requests_count: number;
  hide_collections: boolean | null;
  discoverable: boolean | null;
  indexable: boolean;
  attribution_domains: string[];
  quote_policy: "public" | "followers" | "nobody";
}

export interface MutedAccount extends Account {
  mute_expires_at: string | null;
}

export interface PartialAccountWithAvatar {
  id: string;
  acct: string;
  url: string;
  avatar: string;
  avatar_static: string;
  avatar_description: string;
  locked: boolean;
  bot: boolean;
}

export interface Profile {
  id: string;
  display_name: string;
  note: string;
  fields: Field[];
  formatted_note: string;
  formatted_fields: Field[];
  avatar: string | null;
  avatar_static: string | null;
  header: string | null;
  header_static: string | null;
  avatar_description: string;
  header_description: string;
  locked: boolean;
  bot: boolean;
  indexable: boolean;
  show_media: boolean;
  show_media_replies: boolean;
  show_featured: boolean;
  hide_collections: boolean | null;
  discoverable: boolean | null;
  attribution_domains: string[];
  featured_tags: FeaturedTag[];
}

export interface FeatureApproval {
  automatic: ("public" | "followers" | "following" | "unsupported_policy" | "disabled")[];
  manual: ("public" | "followers" | "following" | "unsupported_policy" | "disabled")[];
  current_user: "automatic" | "manual" | "denied" | "unknown" | "missing";
}

export interface Role {
  id: string;
  name: string;
  color: string;
  permissions: string;
  highlighted: boolean;
  collection_limit: number;
}

export interface Relationship {
  id: string;
  following: boolean;
  showing_reblogs: boolean;
  notifying: boolean;
  followed_by: boolean;
  blocking: boolean;
  blocked_by: boolean;
  muting: boolean;
  muting_notifications: boolean;
  requested: boolean;
  requested_by: boolean;
  domain_blocking: boolean;
  endorsed: boolean;
  languages: string[] | null;
  muting_expires_at: string | null;
  note: string;
}

export interface FamiliarFollowers {
  id: string;
  accounts: Account[];
}

export interface Suggestion {
  source: "staff" | "past_interactions" | "global";
  sources: ("featured" | "most_followed" | "most_interactions" | "similar_to_recently_followed" | "friends_of_friends")[];
  account: Account;
}

export interface Status {
  id: string;
  uri: string;
  url: string | null;
  created_at: string;
  edited_at: string | null;
  account: Account;
  content?: string;
  text?: string;
  spoiler_text: string;
  sensitive: boolean;
  language: string | null;
  visibility: "public" | "unlisted" | "private" | "direct";
  in_reply_to_id: string | null;
  in_reply_to_account_id: string | null;
  reblog: Status | null;
  replies_count: number;
  reblogs_count: number;
  favourites_count: number;
  quotes_count: number;
  media_attachments: MediaAttachment[];
  mentions: Mention[];
  tags: ShallowTag[];
  emojis: CustomEmoji[];
  tagged_collections: Collection[];
  application?: StatusApplication;
  poll: Poll | null;
  card: PreviewCard | null;
  quote: Quote | ShallowQuote | null;
  quote_approval: QuoteApproval;
  favourited?: boolean;
  reblogged?: boolean;
  muted?: boolean;
  bookmarked?: boolean;
  pinned?: boolean;
  filtered?: FilterResult[];
  emoji_reactions: EmojiReaction[];
  local_only?: boolean;
}

export interface StatusApplication {
  name: string;
  website: string | null;
}

export interface EmojiReaction {
  name: string;
  count: number;
  me: boolean;
  account_ids: string[];
  url?: string | null;
  static_url?: string | null;
}

export interface Reactors {
  name: string;
  count: number;
  me: boolean;
  accounts: Account[];
  url?: string | null;
  static_url?: string | null;
}

export interface Mention {
  id: string;
  username: string;
  acct: string;
  url: string;
}

export interface ShallowTag {
  name: string;
  url: string;
}

export interface Quote {
  state: "pending" | "accepted" | "rejected" | "revoked" | "deleted" | "unauthorized" | "blocked_account" | "blocked_domain" | "muted_account";
  quoted_status: Status | null;
}

export interface ShallowQuote {
  state: "pending" | "accepted" | "rejected" | "revoked" | "deleted" | "unauthorized" | "blocked_account" | "blocked_domain" | "muted_account";
  quoted_status_id: string | null;
}

export interface QuoteApproval {
  automatic: ("public" | "followers" | "following" | "unsupported_policy")[];
  manual: ("public" | "followers" | "following" | "unsupported_policy")[];
  current_user: "automatic" | "manual" | "denied" | "unknown";
}

export interface Context {
  ancestors: Status[];
  descendants: Status[];
}

export interface StatusSource {
  id: string;
  content_type: "text/plain" | "text/markdown";
  text: string;
  spoiler_text: string;
}

export interface StatusEdit {
  account: Account;
  content: string;
  spoiler_text: string;
  sensitive: boolean;
  created_at: string;
  media_attachments: MediaAttachment[];
  emojis: CustomEmoji[];
  poll?: StatusEditPoll;
  quote?: Quote | ShallowQuote | null;
}

export interface StatusEditPoll {
  options: Title[];
}

export interface Title {
  title: string;
}

export interface ScheduledStatus {
  id: string;
  scheduled_at: string;
  media_attachments: MediaAttachment[];
  params: ScheduledStatusParams;
}

export interface ScheduledStatusParams {
  text: string;
  content_type: string | null;
  local_only: boolean | null;
  poll: ScheduledStatusPoll | null;
  media_ids: string[] | null;
  sensitive: boolean | null;
  spoiler_text: string | null;
  visibility: "public" | "unlisted" | "private" | "direct" | null;
  in_reply_to_id: number | null;
  language: string | null;
  application_id: number;
  scheduled_at: string | null;
  idempotency: string | null;
  with_rate_limit: boolean;
  quoted_status_id: string | null;
  quote_approval_policy: "public" | "followers" | "nobody";
  allowed_mentions: string[] | null;
}

export interface ScheduledStatusPoll {
  options: string[];
  expires_in: number | null;
  multiple?: boolean;
  hide_totals?: boolean;
}

export interface MediaAttachment {
  id: string;
  type: "unknown" | "image" | "gifv" | "video" | "audio";
  url: string | null;
  preview_url: string | null;
  remote_url: string | null;
  preview_remote_url: string | null;
  text_url: string | null;
  description: string | null;
  blurhash: string | null;
  meta: MediaAttachmentMeta | null;
}

export interface MediaAttachmentMeta {
  original?: MediaAttachmentSize;
  small?: MediaAttachmentSize;
  focus?: MediaAttachmentFocus;
  colors?: MediaAttachmentColors;
  length?: string;
  duration?: number;
  fps?: number;
  size?: string;
  width?: number;
  height?: number;
  aspect?: number;
  audio_encode?: string;
  audio_bitrate?: string;
  audio_channels?: string;
}

export interface MediaAttachmentSize {
  width?: number;
  height?: number;
  size?: string;
  aspect?: number;
  frame_rate?: string;
  duration?: number;
  bitrate?: number;
}

export interface MediaAttachmentFocus {
  x: number;
  y: number;
}

export interface MediaAttachmentColors {
  background: string;
  foreground: string;
  accent: string;
}

export interface Poll {
  id: string;
  expires_at: string | null;
  expired: boolean;
  multiple: boolean;
  votes_count: number;
  voters_count: number | null;
  options: PollOption[];
  emojis: CustomEmoji[];
  voted?: boolean;
  own_votes?: number[];
}

export interface PollOption {
  title: string;
  votes_count: number | null;
}

export interface PreviewCard {
  url: string;
  title: string;
  description: string;
  type: "link" | "photo" | "video" | "rich";
  language: string | null;
  provider_name: string;
  provider_url: string;
  author_name: string;
  author_url: string;
  html: string;
  embed_url: string;
  authors: PreviewCardAuthor[];
  width: number;
  height: number;
  image: string | null;
  image_description: string;
  blurhash: string | null;
  published_at: string | null;
  missing_attribution?: boolean;
}

export interface PreviewCardAuthor {
  name: string;
  url: string;
  account: Account | null;
}

export interface TrendsLink extends PreviewCard {
  history: History[];
}

export interface History {
  day: string;
  accounts: string;
  uses: string;
}

export interface Tag {
  id: string;
  name: string;
  url: string;
  history: History[];
  following?: boolean;
  featuring?: boolean;
}

export interface FeaturedTag {
  id: string;
  name: string;
  url: string;
  statuses_count: string;
  last_status_at: string | null;
}

export interface CustomEmoji {
  shortcode: string;
  url: string;
  static_url: string;
  visible_in_picker: boolean;
  category?: string;
  featured?: boolean;
}

export interface Conversation {
  id: string;
  unread: boolean;
  accounts: Account[];
  last_status: Status | null;
}

export interface List {
  id: string;
  title: string;
  replies_policy: "followed" | "list" | "none";
  exclusive: boolean;
}

export interface Marker {
  last_read_id: string;
  version: number;
  updated_at: string;
}

export interface Markers {
  home?: Marker;
  notifications?: Marker;
}

export interface Preferences {
  "posting:default:visibility": "public" | "unlisted" | "private" | "direct";
  "posting:default:sensitive": boolean;
  "posting:default:language": string | null;
  "posting:default:quote_policy": "public" | "followers" | "nobody";
  "reading:expand:media": "default" | "show_all" | "hide_all";
  "reading:expand:spoilers": boolean;
  "reading:autoplay:gifs": boolean;
}

export interface Filter {
  id: string;
  title: string;
  context: ("home" | "notifications" | "public" | "thread" | "account")[];
  expires_at: string | null;
  filter_action: "warn" | "hide" | "blur";
  keywords?: FilterKeyword[];
  statuses?: FilterStatus[];
}

export interface FilterKeyword {
  id: string;
  keyword: string;
  whole_word: boolean;
}

export interface FilterStatus {
  id: string;
  status_id: string;
}

export interface FilterResult {
  filter: Filter;
  keyword_matches: string[] | null;
  status_matches: string[] | null;
}

export interface Notification {
  id: string;
  type: string;
  created_at: string;
  group_key: string;
  account: Account;
  status?: Status;
  report?: Report;
  event?: RelationshipSeveranceEvent;
  moderation_warning?: AccountWarning;
  collection?: Collection;
  filtered?: boolean;
  fallback?: NotificationFallback;
  emoji?: string;
  emoji_url?: string | null;
}

export interface NotificationFallback {
  title: string;
  summary: string | null;
  description: string | null;
}

export interface GroupedNotificationsResults {
  accounts: Account[];
  partial_accounts?: PartialAccountWithAvatar[];
  statuses: Status[];
  notification_groups: NotificationGroup[];
}

export interface NotificationGroup {
  group_key: string;
  notifications_count: number;
  type: string;
  most_recent_notification_id: number;
  sample_account_ids: string[];
  page_min_id?: string;
  page_max_id?: string;
  latest_page_notification_at?: string;
  status_id?: string | null;
  report?: Report;
  event?: RelationshipSeveranceEvent;
  moderation_warning?: AccountWarning;
  collection?: Collection;
  fallback?: NotificationFallback;
}

export interface NotificationPolicy {
  for_not_following: "accept" | "filter" | "drop";
  for_not_followers: "accept" | "filter" | "drop";
  for_new_accounts: "accept" | "filter" | "drop";
  for_private_mentions: "accept" | "filter" | "drop";
  for_limited_accounts: "accept" | "filter" | "drop";
  for_bots: "accept" | "filter" | "drop";
  summary: NotificationPolicySummary;
}

export interface NotificationPolicySummary {
  pending_requests_count: number;
  pending_notifications_count: number;
}

export interface V1NotificationPolicy {
  filter_not_following: boolean;
  filter_not_followers: boolean;
  filter_new_accounts: boolean;
  filter_private_mentions: boolean;
  filter_bots: boolean;
  summary: NotificationPolicySummary;
}

export interface NotificationRequest {
  id: string;
  created_at: string;
  updated_at: string;
  notifications_count: string;
  account: Account;
  last_status: Status | null;
}

export interface Count {
  count: number;
}

export interface Merged {
  merged: boolean;
}

export interface RelationshipSeveranceEvent {
  id: string;
  type: "domain_block" | "user_domain_block" | "account_suspension";
  purged: boolean;
  target_name: string;
  followers_count: number;
  following_count: number;
  created_at: string;
}

export interface AccountWarning {
  id: string;
  action: "none" | "disable" | "mark_statuses_as_sensitive" | "delete_statuses" | "sensitive" | "silence" | "suspend";
  text: string;
  status_ids: string[] | null;
  target_account: Account;
  appeal: Appeal | null;
  created_at: string;
}

export interface Appeal {
  text: string;
  state: "approved" | "rejected" | "pending";
}

export interface Report {
  id: string;
  action_taken: boolean;
  action_taken_at: string | null;
  category: "spam" | "legal" | "violation" | "other";
  comment: string;
  forwarded: boolean | null;
  created_at: string;
  status_ids: string[] | null;
  rule_ids: string[] | null;
  collection_ids: string[];
  target_account: Account;
}

export interface WebPushSubscription {
  id: string;
  endpoint: string;
  standard: boolean;
  server_key: string;
  policy: "all" | "followed" | "follower" | "none";
  alerts: Record<string, boolean>;
}

export interface Search {
  accounts: Account[];
  statuses: Status[];
  hashtags: Tag[];
  collections: Collection[];
}

export interface Application {
  id: string;
  name: string;
  website: string | null;
  scopes: string[];
  redirect_uris: string[];
  redirect_uri: string;
  vapid_key: string;
}

export interface CredentialApplication extends Application {
  client_id: string;
  client_secret: string;
  client_secret_expires_at: number;
}

export interface Token {
  access_token: string;
  token_type: "Bearer";
  scope: string;
  created_at: number;
}

export interface Translation {
  content: string;
  spoiler_text: string;
  language: string;
  detected_source_language: string;
  provider: string;
  poll: TranslationPoll | null;
  media_attachments: TranslationAttachment[];
}

export interface TranslationPoll {
  id: string;
  options: Title[];
}

export interface TranslationAttachment {
  id: string;
  description: string;
}

export interface Announcement {
  id: string;
  content: string;
  starts_at: string | null;
  ends_at: string | null;
  all_day: boolean;
  published_at: string;
  updated_at: string;
  read?: boolean;
  mentions: Mention[];
  statuses: Status[];
  tags: ShallowTag[];
  emojis: CustomEmoji[];
  reactions: Reaction[];
}

export interface Reaction {
  name: string;
  count: number;
  me?: boolean;
  url?: string;
  static_url?: string;
}

export interface Instance {
  domain: string;
  title: string;
  version: string;
  source_url: string;
  description: string;
  languages: string[];
  api_versions: InstanceApiVersions;
  wrapstodon: number | string | null;
  usage: InstanceUsage;
  thumbnail: InstanceThumbnail;
  icon: InstanceIcon[];
  contact: InstanceContact;
  rules: Rule[];
  registrations: InstanceRegistrations;
  configuration: InstanceConfiguration;
}

export interface InstanceApiVersions {
  mastodon: number;
  other?: number;
}

export interface InstanceUsage {
  users: InstanceUsers;
}

export interface InstanceUsers {
  active_month: number;
}

export interface InstanceThumbnail {
  url: string;
  description: string;
  blurhash?: string;
  versions?: InstanceVersions;
}

export interface InstanceVersions {
  "@1x"?: string;
  "@2x"?: string;
}

export interface InstanceIcon {
  src: string;
  size: string;
}

export interface InstanceContact {
  email: string;
  account: Account | null;
}

export interface InstanceRegistrations {
  enabled: boolean;
  approval_required: boolean;
  reason_required: boolean | null;
  message: string | null;
  min_age: number | null;
  url: string | null;
}

export interface InstanceConfiguration {
  urls: InstanceUrls;
  vapid: InstanceVapid;
  accounts: InstanceAccounts;
  statuses: InstanceStatuses;
  media_attachments: InstanceMedia;
  polls: InstancePolls;
  translation: InstanceTranslation;
  limited_federation: boolean;
  timelines_access: InstanceTimelinesAccess;
}

export interface InstanceUrls {
  streaming: string;
  status: string | null;
  about: string;
  privacy_policy: string | null;
  terms_of_service: string | null;
}

export interface InstanceVapid {
  public_key: string;
}

export interface InstanceAccounts {
  max_featured_tags: number;
  max_pinned_statuses: number;
  max_display_name_length: number;
  max_note_length: number;
  max_avatar_description_length: number;
  max_header_description_length: number;
  max_profile_fields: number;
  profile_field_name_limit: number;
  profile_field_value_limit: number;
}

export interface InstanceStatuses {
  max_characters: number;
  max_media_attachments: number;
  characters_reserved_per_url: number;
  supported_mime_types?: string[];
}

export interface InstanceMedia {
  supported_mime_types: string[];
  description_limit: number;
  image_size_limit: number;
  image_matrix_limit: number;
  video_size_limit: number;
  video_frame_rate_limit: number;
  video_matrix_limit: number;
}

export interface InstancePolls {
  max_options: number;
  max_characters_per_option: number;
  min_expiration: number;
  max_expiration: number;
}

export interface InstanceTranslation {
  enabled: boolean;
}

export interface InstanceTimelinesAccess {
  live_feeds: InstanceAccess;
  hashtag_feeds: InstanceAccess;
  trending_link_feeds: InstanceAccess;
}

export interface InstanceAccess {
  local: "public" | "authenticated" | "disabled";
  remote: "public" | "authenticated" | "disabled";
}

export interface Rule {
  id: string;
  text: string;
  hint: string;
  translations: Record<string, RuleTranslation>;
}

export interface RuleTranslation {
  text: string;
  hint: string;
}

export interface ExtendedDescription {
  updated_at: string | null;
  content: string;
}

export interface PrivacyPolicy {
  updated_at: string;
  content: string;
}

export interface TermsOfService {
  effective_date: string;
  effective: boolean;
  content: string;
  succeeded_by: string | null;
}

export interface Activity {
  week: string;
  statuses: string;
  logins: string;
  registrations: string;
}

export interface DomainBlock {
  domain: string;
  digest: string;
  severity: "silence" | "suspend";
  comment: string | null;
}

export interface DomainBlockPreview {
  following_count: number;
  followers_count: number;
}

export interface Language {
  code: string;
  name: string;
}

export interface Invite {
  invite_code: string;
  instance_api_url: string;
}

export interface Collection {
  id: string;
  account_id: string;
  uri: string;
  url: string | null;
  name: string;
  description: string | null;
  language: string | null;
  local: boolean;
  sensitive: boolean;
  discoverable: boolean;
  tag: ShallowTag | null;
  item_count: number;
  items: CollectionItem[];
  created_at: string;
  updated_at: string;
}

export interface WrappedCollection {
  collection: Collection;
}

export interface Collections {
  collections: Collection[];
}

export interface CollectionWithAccounts {
  collection: Collection;
  accounts: Account[];
}

export interface WrappedCollectionItem {
  collection_item: CollectionItem;
}

export interface CollectionItem {
  id: string;
  account_id?: string;
  state: "pending" | "accepted" | "rejected" | "revoked";
  created_at: string;
}

export interface Error {
  error: string;
  error_description?: string;
  details?: Record<string, ErrorDetail[]>;
  unexpected_accounts?: Account[];
}

export interface ErrorDetail {
  error: string;
  description: string;
}

export interface AdminAccount {
  id: string;
  username: string;
  domain: string | null;
  created_at: string;
  email: string;
  ip: string | null;
  ips: AdminIp[];
  locale: string | null;
  invite_request: string | null;
  role: Role | null;
  confirmed: boolean;
  approved: boolean;
  disabled: boolean;
  silenced: boolean;
  suspended: boolean;
  sensitized: boolean;
  account: Account;
  created_by_application_id?: string;
  invited_by_account_id?: string;
}

export interface AdminIp {
  ip: string;
  used_at: string;
}

export interface AdminReport {
  id: string;
  action_taken: boolean;
  action_taken_at: string | null;
  category: "spam" | "legal" | "violation" | "other";
  comment: string;
  forwarded: boolean | null;
  created_at: string;
  updated_at: string;
  account: AdminAccount;
  target_account: AdminAccount;
  assigned_account: AdminAccount | null;
  action_taken_by_account: AdminAccount | null;
  statuses: Status[];
  rules: Rule[];
}

export interface AdminDomainBlock {
  id: string;
  domain: string;
  digest: string;
  created_at: string;
  severity: "noop" | "silence" | "suspend";
  reject_media: boolean;
  reject_reports: boolean;
  obfuscate: boolean;
  private_comment: string | null;
  public_comment: string | null;
}

export interface AdminDomainAllow {
  id: string;
  domain: string;
  created_at: string;
}

export interface AdminEmailDomainBlock {
  id: string;
  domain: string;
  created_at: string;
  history: History[];
  allow_with_approval: boolean;
}

export interface AdminIpBlock {
  id: string;
  ip: string;
  severity: "sign_up_requires_approval" | "sign_up_block" | "no_access";
  comment: string;
  created_at: string;
  expires_at: string | null;
}

export interface AdminCanonicalEmailBlock {
  id: string;
  canonical_email_hash: string;
}

export interface AdminTag extends Tag {
  trendable: boolean;
  usable: boolean;
  requires_review: boolean;
  listable: boolean;
}

export interface AdminTrendingStatus extends Status {
  requires_review: boolean;
}

export interface AdminTrendingLink extends TrendsLink {
  id: string;
  requires_review: boolean;
}

export interface AdminPreviewCardProvider {
  id: string;
  domain: string;
  trendable: boolean | null;
  reviewed_at: string | null;
  requested_review_at: string | null;
  requires_review: boolean;
}

export interface AdminMeasure {
  key: string;
  unit: string | null;
  total: string;
  human_value?: string;
  previous_total?: string;
  data: AdminMeasureData[];
}

export interface AdminMeasureData {
  date: string;
  value: string;
}

export interface AdminDimension {
  key: string;
  data: AdminDimensionData[];
}

export interface AdminDimensionData {
  key: string;
  human_key: string;
  value: string;
  unit?: string;
  human_value?: string;
}

export interface AdminCohort {
  period: string;
  frequency: "day" | "month";
  data: AdminCohortData[];
}

export interface AdminCohortData {
  date: string;
  rate: number;
  value: string;
}

export interface AdminAnnouncement {
  id: string;
  text: string;
  markdown: boolean;
  content: string;
  starts_at: string | null;
  ends_at: string | null;
  all_day: boolean;
  scheduled_at: string | null;
  published_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface AdminCustomEmoji extends CustomEmoji {
  id: string;
  disabled: boolean;
  updated_at: string;
}

export interface NagayaInvite {
  id: string;
  code: string;
  url: string;
  comment: string;
  max_uses: number | null;
  uses: number;
  autofollow: boolean;
  usable: boolean;
  expires_at: string | null;
  created_at: string;
}

export interface Alias {
  uri: string;
  account: Account | null;
}

export interface Migration {
  moved_to: Account | null;
  moved_at: string | null;
  cooldown_until: string | null;
}

export interface Security {
  two_factor: boolean;
  recovery_codes_left: number;
  passkeys_supported: boolean;
  passkeys: Passkey[];
}

export interface Enrolment {
  secret: string;
  uri: string;
}

export interface RecoveryCodes {
  recovery_codes: string[];
}

export interface Passkey {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
}

export interface PasskeyQuestion {
  options: string;
}

export interface Session {
  id: string;
  ip: string;
  user_agent: string;
  created_at: string;
  last_used_at: string;
}

export interface AuthorizedApp {
  id: string;
  name: string;
  website: string | null;
  scopes: string[];
  created_at: string;
  last_used_at: string | null;
  tokens: AccessToken[];
}

export interface AccessToken {
  id: string;
  scopes: string[];
  created_at: string;
  last_used_at: string | null;
  current: boolean;
}
