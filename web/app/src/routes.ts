/** Every address of the app and the view behind it, tried from top to bottom. */
import type { Route } from "./core/router.svelte";
import { staff } from "./views/admin/routes";
import { settings } from "./views/settings/routes";

const everyone: Route[] = [
  { path: "/welcome", title: "welcome.title", load: () => import("./views/Welcome.svelte"), who: "anyone" },
  { path: "/oauth", title: "oauth.title", load: () => import("./views/OAuth.svelte"), who: "anyone" },
];

const timelines: Route[] = [
  { path: "/", title: "home.title", load: () => import("./views/Home.svelte") },
  { path: "/home", title: "home.title", load: () => import("./views/Home.svelte") },
  { path: "/local", title: "local.title", load: () => import("./views/Local.svelte") },
  { path: "/federated", title: "federated.title", load: () => import("./views/Federated.svelte") },
  { path: "/bookmarks", title: "bookmarks.title", load: () => import("./views/Bookmarks.svelte") },
  { path: "/favourites", title: "favourites.title", load: () => import("./views/Favourites.svelte") },
  { path: "/tags/:name", title: "explore.hashtags", load: () => import("./views/Tag.svelte") },
  { path: "/links", title: "links.title", load: () => import("./views/Links.svelte") },
  { path: "/lists", title: "lists.title", load: () => import("./views/Lists.svelte") },
  { path: "/lists/:id", title: "lists.one", load: () => import("./views/ListTimeline.svelte") },
  { path: "/lists/:id/edit", title: "lists.edit", load: () => import("./views/ListEdit.svelte") },
];

const others: Route[] = [
  { path: "/notifications", title: "notifications.title", load: () => import("./views/Notifications.svelte") },
  { path: "/notifications/requests", title: "notifications.requests.title", load: () => import("./views/NotificationRequests.svelte") },
  { path: "/notifications/:part", title: "notifications.title", load: () => import("./views/Notifications.svelte") },
  { path: "/follow-requests", title: "requests.title", load: () => import("./views/FollowRequests.svelte") },
  { path: "/conversations", title: "conversations.title", load: () => import("./views/Conversations.svelte") },
  { path: "/search", title: "search.title", load: () => import("./views/Search.svelte") },
  { path: "/explore", title: "explore.title", load: () => import("./views/Explore.svelte") },
  { path: "/explore/:part", title: "explore.title", load: () => import("./views/Explore.svelte") },
  { path: "/announcements", title: "announcements.title", load: () => import("./views/Announcements.svelte") },
  { path: "/drafts", title: "drafts.title", load: () => import("./views/Drafts.svelte") },
  { path: "/scheduled", title: "scheduled.title", load: () => import("./views/Scheduled.svelte") },
  { path: "/compose", title: "compose.title", load: () => import("./views/Compose.svelte") },
  { path: "/menu", title: "menu.title", load: () => import("./views/Menu.svelte") },
  { path: "/shortcuts", title: "shortcuts.title", load: () => import("./views/Shortcuts.svelte") },
];

const people: Route[] = [
  { path: "/@:acct/:side=followers|following", title: "profile.followers", load: () => import("./views/Follows.svelte") },
  { path: "/@:acct/:part=replies|media", title: "profile.posts", load: () => import("./views/Profile.svelte") },
  { path: "/@:acct", title: "profile.posts", load: () => import("./views/Profile.svelte") },
  { path: "/@:acct/:id", title: "thread.title", load: () => import("./views/Thread.svelte") },
  { path: "/@:acct/:id/history", title: "history.title", load: () => import("./views/History.svelte") },
  { path: "/@:acct/:id/people", title: "post.likers", load: () => import("./views/Reactors.svelte") },
];

export const routes: Route[] = [...everyone, ...staff, ...settings, ...timelines, ...others, ...people];
