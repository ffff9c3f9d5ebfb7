"""Every method of Mastodon.py that the other parts leave: each is called once and must bring back something sensible."""

import datetime
import time

import recorder
from demo import eventually
from mastodon import StreamListener
from mastodon.errors import MastodonAPIError
from mastodon.return_types import NotificationPolicy
from neighbours import Person, picture
from push import PushService

# What is not called, and why nobody misses it.
EXCEPTIONS = {
    "annual_report": "no annual reports are made here: 404 is the honest answer",
    "annual_report_generate": "as annual_report",
    "annual_report_read": "as annual_report",
    "annual_report_state": "as annual_report",
    "annual_reports": "as annual_report",
    "await_async_refresh": "nothing here is refreshed in the background while a client waits",
    "follows": "follows by address: an endpoint that Mastodon removed in 3.0",
    "get_async_refresh_info": "as await_async_refresh",
    "get_async_refresh_status": "as await_async_refresh",
    "oauth_userinfo": "the library asks for it by https only, and the demo speaks http",
    "persistable_login_credentials": "asks nothing of the server",
    "reports": "lists one's own reports: an endpoint that Mastodon removed in 2.5",
    "search_v1": "an endpoint that Mastodon removed in 3.0",
    "status_card": "an endpoint that Mastodon removed in 3.0; the library reads the card of the post instead",
    "instance_terms_of_service": "there are none until an operator writes some: 404",
    "timeline_link": "only for links that are being talked about: 404 otherwise",
}


def run(tally, demo):
    alice, bob = (Person(*demo.account(name)) for name in ("alice", "bob"))
    demo.command("alice", "setting", "set", "show_domain_blocks", "all")
    Everything(tally, alice, bob).run()


def forgotten():
    left = sorted(recorder.public() - recorder.USED - set(EXCEPTIONS))
    assert not left, f"{len(left)} are neither used nor excepted: {' '.join(left)}"
    gone = sorted(set(EXCEPTIONS) - recorder.public())
    assert not gone, f"exceptions of no method: {' '.join(gone)}"


class Everything:
    """Calls by family. What an earlier call made is kept in `self.kept`; a call whose thing is missing fails."""

    def __init__(self, tally, alice, bob):
        self.tally, self.alice, self.bob = tally, alice, bob
        self.client = alice.client
        self.kept = {}

    def run(self):
        for family in (
            self.server,
            self.accounts,
            self.lists,
            self.posts,
            self.timelines,
            self.notifications,
            self.filters,
            self.collections,
            self.streams,
            self.push,
            self.admin,
            self.the_client_itself,
        ):
            self.tally.check(f"Mastodon.py, {family.__name__}: runs to its end", lambda family=family: family() or True)

    def call(self, method, *arguments, keep=None, fits=lambda answer: True, client=None, **named):
        """Calls `method`; the answer is kept as `keep` and must fit."""

        def ask():
            answer = getattr(client or self.client, method)(*arguments, **named)
            assert fits(answer), f"answered {answer!r:.300}"
            return answer if answer else answer or True

        answer = self.tally.check(f"Mastodon.py {method}", ask)
        if keep and answer is not None:
            self.kept[keep] = answer
        return answer

    def id(self, name):
        assert name in self.kept, f"there is no {name}: the call that makes it failed"
        return self.kept[name]["id"]

    def refused(self, method, *arguments, client=None):
        """What must not be allowed, so that nothing breaks by asking for it."""

        def ask():
            try:
                getattr(client or self.client, method)(*arguments)
            except MastodonAPIError:
                return True
            return False

        self.tally.check(f"Mastodon.py {method}, refused", ask)

    # --- Families

    def server(self):
        self.call("instance", fits=lambda it: it.domain or it.uri)
        self.call("instance_activity", fits=lambda weeks: len(weeks) == 12)
        self.call("instance_domain_blocks")
        self.call("instance_extended_description")
        self.call("instance_health")
        self.call("instance_languages", fits=bool)
        self.call("instance_nodeinfo", fits=lambda it: it.version == "2.0")
        self.call("instance_peers", fits=lambda them: self.bob.host in them)
        self.call("instance_rules")
        self.call("instance_translation_languages")
        self.call("oauth_authorization_server_info", fits=lambda it: it.token_endpoint)
        self.call("retrieve_mastodon_version", fits=bool)
        self.call("get_supported_version", fits=bool)
        self.call("verify_minimum_version", "4.0.0")
        self.call("get_approx_server_time", fits=bool)
        self.call("custom_emojis")
        self.call("directory", local=True)
        announcements = self.call("announcements")
        there = isinstance(announcements, list) and announcements
        one = announcements[0].id if there else "1"
        tell = self.call if there else self.refused
        tell("announcement_reaction_create", one, "🍵")
        tell("announcement_reaction_delete", one, "🍵")
        tell("announcement_dismiss", one)

    def accounts(self):
        bob = self.alice.find(self.bob.handle)
        self.kept["bob"] = bob
        self.call("me", fits=lambda me: me.username == "alice")
        self.call("accounts", [bob.id], fits=lambda found: len(found) == 1)
        self.call("account_lookup", self.bob.handle, fits=lambda found: found.id == bob.id)
        self.call("account_search", self.bob.handle, fits=bool)
        self.call("account_following", self.alice.me.id, fits=bool)
        self.call("account_familiar_followers", bob.id)
        self.call("account_note_set", bob.id, "A good neighbour", fits=lambda it: it.note == "A good neighbour")
        self.call("account_endorse", bob.id, fits=lambda it: it.endorsed)
        self.call("endorsements", fits=lambda them: [one.id for one in them] == [bob.id])
        self.call("account_unendorse", bob.id, fits=lambda it: not it.endorsed)
        self.call("account_pin", bob.id, fits=lambda it: it.endorsed)
        self.call("account_unpin", bob.id, fits=lambda it: not it.endorsed)
        self.call("account_mute", bob.id, duration=60, fits=lambda it: it.muting)
        self.call("mutes", fits=bool)
        self.call("account_unmute", bob.id, fits=lambda it: not it.muting)
        self.call("domain_block", "loud.example")
        self.call("domain_blocks", fits=lambda them: "loud.example" in them)
        self.call("domain_unblock", "loud.example")
        self.call("profile", fits=lambda it: it.id == self.alice.me.id)
        self.call("profile_update", display_name="Alice", fits=lambda it: it.display_name == "Alice")
        self.client.account_update_credentials(avatar=picture(), avatar_mime_type="image/png")
        self.call("account_delete_avatar", fits=lambda it: it.id == self.alice.me.id)
        self.call("account_delete_header", fits=lambda it: it.id == self.alice.me.id)
        self.call("followed_tags")
        self.call("tag_follow", "tea", fits=lambda it: it.following)
        self.call("tag", "tea", fits=lambda it: it.name == "tea")
        self.call("tag_feature", "tea", fits=lambda it: it.featuring)
        self.call("tag_unfeature", "tea", fits=lambda it: not it.featuring)
        self.call("tag_unfollow", "tea", fits=lambda it: not it.following)
        self.call("featured_tag_create", "tea", keep="featured tag")
        self.call("featured_tags", fits=bool)
        self.call("account_featured_tags", self.alice.me.id, fits=bool)
        self.call("featured_tag_suggestions")
        self.call("featured_tag_delete", self.id("featured tag"))
        self.call("suggestions")
        self.call("suggestions_v1")
        self.call("suggestions_v2")
        self.call("suggestion_delete", bob.id)
        self.call("report", bob.id, comment="A test", category="other", keep="report")
        # A locked door, and somebody who knocks.
        self.client.account_update_credentials(locked=True)
        alice_there = self.bob.find(self.alice.handle)
        for method in ("follow_request_reject", "follow_request_authorize"):
            self.bob.client.account_unfollow(alice_there.id)
            time.sleep(0.5)
            self.bob.client.account_follow(alice_there.id)
            self.tally.check(f"somebody knocks ({method})", lambda: eventually(self.client.follow_requests))
            self.call("follow_requests", fits=bool)
            self.call(method, bob.id)
        self.client.account_update_credentials(locked=False)
        self.call("account_remove_from_followers", bob.id, fits=lambda it: not it.followed_by)
        self.bob.client.account_unfollow(alice_there.id)
        time.sleep(0.5)
        self.bob.client.account_follow(alice_there.id)
        self.call("account_block", bob.id, fits=lambda it: it.blocking)
        self.call("blocks", fits=bool)
        self.call("account_unblock", bob.id, fits=lambda it: not it.blocking)
        # A block ends what was between them.
        self.alice.befriend(self.bob)

    def lists(self):
        bob = self.id("bob")
        self.call("list_create", "Neighbours", keep="list")
        it = self.id("list")
        self.call("list", it, fits=lambda found: found.title == "Neighbours")
        self.call("list_update", it, "Good neighbours", fits=lambda found: found.title == "Good neighbours")
        self.call("list_accounts_add", it, [bob])
        self.call("list_accounts", it, fits=lambda them: [one.id for one in them] == [bob])
        self.call("account_lists", bob, fits=bool)
        self.call("lists", fits=bool)
        self.call("timeline_list", it)
        self.call("list_accounts_delete", it, [bob])
        self.call("list_delete", it)

    def posts(self):
        self.call("toot", "Short and simple", keep="status", fits=lambda it: it.content)
        status = self.id("status")
        self.call("statuses", [status], fits=lambda them: len(them) == 1)
        self.call("status_pin", status, fits=lambda it: it.pinned)
        self.call("status_unpin", status, fits=lambda it: not it.pinned)
        self.call("status_mute", status, fits=lambda it: it.muted)
        self.call("status_unmute", status, fits=lambda it: not it.muted)
        self.call("status_reblogged_by", status)
        self.call("get_status_length", "Hello https://example.com/a/very/long/address", fits=lambda length: length == 29)
        self.call("make_poll", ["tea", "coffee"], 3600, keep="choices")
        poll = self.bob.client.status_post("What do you drink?", poll=self.kept["choices"])
        here = eventually(lambda: self.alice.in_home(poll.uri))
        self.call("poll", here.poll.id, fits=lambda it: len(it.options) == 2)
        self.call("poll_vote", here.poll.id, [0], fits=lambda it: it.voted)
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)
        self.kept["scheduled"] = self.client.status_post("Later", scheduled_at=later)
        scheduled = self.id("scheduled")
        self.call("scheduled_statuses", fits=bool)
        self.call("scheduled_status", scheduled, fits=lambda it: it.id == scheduled)
        self.call("scheduled_status_update", scheduled, later + datetime.timedelta(hours=1))
        self.call("scheduled_status_delete", scheduled)
        media = self.client.media_post(picture(), mime_type="image/png")
        self.call("media_update", media.id, description="Blue", fits=lambda it: it.description == "Blue")
        self.call("media", media.id, fits=lambda it: it.id == media.id)
        self.call("decode_blurhash", media, fits=lambda rows: len(rows) > 0)
        illustrated = self.client.status_post("Look", media_ids=[media])
        self.call("generate_media_edit_attributes", media.id, description="Bluer", keep="attributes")
        attributes = [self.kept["attributes"]]
        edited = self.client.status_update(illustrated.id, "Look!", media_attributes=attributes)
        self.tally.check("the description is edited", lambda: edited.media_attachments[0].description == "Bluer")
        self.call("status_translate", status, lang="ja") if self.translates() else self.refused("status_translate", status)
        self.call("status_update_quote_approval_policy", status, "public")
        quoting = self.call("status_post", "Look at this", quoted_status_id=status, fits=lambda it: it.quote)
        self.call("status_quotes", status, fits=bool)
        if quoting:
            self.call("status_quote_revoke", status, quoting.id, fits=lambda it: it.quote.state == "revoked")

    def translates(self):
        return self.client.instance_v2().configuration.translation.enabled

    def timelines(self):
        self.call("timeline", "home", fits=bool)
        self.call("timeline_local", fits=bool)
        self.call("timeline_hashtag", "nagaya")
        self.call("timeline_is_available", "public")
        self.call("trends")
        self.call("trending_tags")
        self.call("trending_statuses")
        self.call("trending_links")
        self.call("search", "alice", fits=lambda found: found.accounts)
        self.call("markers_set", "home", [self.id("status")], fits=lambda it: it.home)
        self.call("markers_get", ["home"], fits=lambda it: it.home)
        self.bob.client.status_post(f"@{self.alice.handle} A secret", visibility="direct")
        self.tally.check("a conversation begins", lambda: eventually(self.client.conversations))
        found = self.call("conversations", fits=bool)
        if found:
            self.call("conversations_read", found[0], fits=lambda it: not it.unread)
        page = self.client.timeline_home(limit=1)
        self.call("get_pagination_info", page, "next", fits=bool)
        self.call("pagination_iterator", page, fits=lambda them: next(iter(them)))
        self.call("pagination_page_iterator", page, fits=lambda pages: next(iter(pages)))

    def notifications(self):
        self.bob.client.status_post(f"@{self.alice.handle} Good morning")
        self.tally.check("a mention arrives", lambda: eventually(self.client.notifications))
        self.call("notifications_unread_count", fits=lambda it: it.count is not None)
        self.call("unread_grouped_notifications_count", fits=lambda count: count >= 0)
        groups = self.call("grouped_notifications", fits=lambda it: it.notification_groups)
        if groups:
            key = groups.notification_groups[0].group_key
            self.call("grouped_notification", key, fits=lambda it: it.notification_groups)
            self.call("grouped_notification_accounts", key, fits=bool)
            self.call("dismiss_grouped_notification", key)
        self.call("notifications_policy", fits=lambda it: isinstance(it, NotificationPolicy))
        self.call("update_notifications_policy", for_not_following="filter")
        self.knock()
        found = self.call("notification_requests", fits=bool)
        if found:
            self.call("notification_request", found[0].id, fits=lambda it: it.id == found[0].id)
            self.call("dismiss_notification_request", found[0].id)
            self.knock()
            self.call("accept_notification_request", self.client.notification_requests()[0].id)
            self.call("notifications_merged")
        self.call("dismiss_multiple_notification_requests", [one.id for one in self.client.notification_requests()] or ["1"])
        self.call("accept_multiple_notification_requests", [one.id for one in self.client.notification_requests()] or ["1"])
        self.call("update_notifications_policy", for_not_following="accept")
        bob = self.id("bob")
        self.client.account_follow(bob)
        self.bob.client.status_post(f"@{self.alice.handle} Once more")
        eventually(self.client.notifications)
        self.call("notifications_dismiss", self.client.notifications()[0].id)
        self.call("notifications_clear")

    def knock(self):
        """bob, whom alice does not follow for the moment, mentions her."""
        self.client.account_unfollow(self.id("bob"))
        self.bob.client.status_post(f"@{self.alice.handle} Knock, knock")
        self.tally.check("a request waits", lambda: eventually(self.client.notification_requests))

    def filters(self):
        self.call("filter_create", "loud", ["home"], keep="old filter")
        old = self.id("old filter")
        self.call("filters", fits=bool)
        self.call("filter", old, fits=lambda it: it.phrase == "loud")
        self.call("filter_update", old, phrase="louder", fits=lambda it: it.phrase == "louder")
        self.call("filters_apply", self.client.timeline_home(), self.client.filters(), "home")
        self.call("filter_delete", old)
        self.call("create_filter_v2", "Noise", ["home"], "warn", keep="filter")
        it = self.id("filter")
        self.call("filters_v2", fits=bool)
        self.call("filter_v2", it, fits=lambda found: found.title == "Noise")
        self.call("update_filter_v2", it, title="Loud noise", fits=lambda found: found.title == "Loud noise")
        self.call("add_filter_keyword_v2", it, "bang", keep="keyword")
        self.call("filter_keywords_v2", it, fits=bool)
        self.call("delete_filter_keyword_v2", self.id("keyword"))
        self.call("add_filter_status_v2", it, self.id("status"), keep="kept")
        self.call("filter_statuses_v2", it, fits=bool)
        self.call("filter_status_v2", self.id("kept"), fits=bool)
        self.call("delete_filter_status_v2", self.id("kept"))
        self.call("delete_filter_v2", it)

    def collections(self):
        me = self.alice.me.id
        made = self.call("collection_create", "People", description="From here", discoverable=True)
        self.call("account_collections", me)
        self.call("account_in_collections", me)
        if not made:
            return
        it = getattr(made, "collection", made).id
        self.call("collection", it)
        self.call("collection_update", it, name="Good people")
        # Who was taken out can be put in again; not so who left.
        for leaving in ("collection_item_delete", "collection_item_revoke"):
            item = self.call("collection_item_add", it, me)
            if item:
                self.call(leaving, it, getattr(item, "collection_item", item).id)
        self.refused("collection_item_add", it, me)
        self.call("collection_delete", it)

    def streams(self):
        self.call("stream_healthy", fits=bool)
        one = self.client.list_create("Streamed")
        # Each says something: its heartbeat at the latest, which comes to all of them at once.
        handles = []
        for method, arguments in (
            ("stream_user_notifications", ()),
            ("stream_public", ()),
            ("stream_local", ()),
            ("stream_hashtag", ("nagaya",)),
            ("stream_list", (one.id,)),
            ("stream_direct", ()),
        ):
            handles.append((method, getattr(self.client, method)(*arguments, listener=StreamListener(), run_async=True)))
        for method, handle in handles:
            self.tally.check(f"Mastodon.py {method}", lambda handle=handle: eventually(handle.is_receiving, 20))
            handle.close()
        self.client.list_delete(one.id)

    def push(self):
        private, public = self.client.push_subscription_generate_keys()
        with PushService() as service:
            self.call("push_subscription_set", service.origin + "/py", public, mention_events=True)
            self.call("push_subscription", fits=lambda it: it.endpoint)
            self.bob.client.status_post(f"@{self.alice.handle} Wake up")
            headers, body = service.next("/py")
            self.call(
                "push_subscription_decrypt_push",
                body,
                private,
                headers["encryption"],
                headers["crypto-key"],
                fits=lambda told: "Wake up" in told.body,
            )
        self.call("push_subscription_update", poll_events=True)
        self.call("push_subscription_delete")

    def admin(self):
        bob = self.id("bob")
        now = datetime.datetime.now(datetime.timezone.utc)
        week = now - datetime.timedelta(days=7)
        self.call("admin_accounts", fits=bool)
        self.call("admin_accounts_v1", fits=bool)
        self.call("admin_accounts_v2", origin="remote", fits=bool)
        self.call("admin_account", bob, fits=lambda it: it.username == "bob")
        # Before the measures below, which settle every open report on him.
        reports = self.call("admin_reports", fits=bool)
        if reports:
            report = reports[0].id
            for method in ("", "_assign", "_unassign", "_resolve", "_reopen"):
                self.call("admin_report" + method, report, fits=lambda it: it.id == report)
        self.call("admin_account_moderate", bob, "sensitive")
        self.call("admin_account_unsensitive", bob)
        self.call("admin_account_moderate", bob, "silence")
        self.call("admin_account_unsilence", bob)
        self.call("admin_account_moderate", bob, "suspend")
        self.call("admin_account_unsuspend", bob)
        # Only somebody who waits can be let in or turned away, only a local one be disabled, only a suspended one deleted.
        for method in ("approve", "reject", "enable", "delete"):
            self.refused(f"admin_account_{method}", bob)
        # A suspension ends what was between them, too.
        self.alice.befriend(self.bob)
        self.family("domain_allow", "domain", "friend.example", many="admin_domain_allows", show="admin_domain_allow")
        made = self.call("admin_create_domain_block", "loud.example", severity="silence")
        self.call("admin_domain_blocks", fits=bool)
        if made:
            self.call("admin_update_domain_block", made.id, severity="noop", reject_media=True)
            self.call("admin_delete_domain_block", made.id)
        self.family("email_domain_block", "domain", "throwaway.example", "admin_email_domain_blocks", "admin_email_domain_block")
        made = self.call("admin_create_ip_block", "203.0.113.0/24", "sign_up_block")
        self.call("admin_ip_blocks", fits=bool)
        if made:
            self.call("admin_ip_block", made.id, fits=bool)
            self.call("admin_update_ip_block", made.id, comment="Bots")
            self.call("admin_delete_ip_block", made.id)
        self.call("admin_test_canonical_email_block", "nobody@example.com", fits=lambda found: not found or found is True)
        self.family("canonical_email_block", "email", "x@example.com", "admin_canonical_email_blocks", "admin_canonical_email_block")
        self.call("admin_measures", week, now, active_users=True, new_users=True, interactions=True, fits=bool)
        self.call("admin_dimensions", week, now, languages=True, space_usage=True, software_versions=True, fits=bool)
        self.call("admin_retention", week, now, fits=bool)
        # What does not trend can be judged as well; of links, none is known here.
        known = {"tag": self.client.tag("nagaya").get("id"), "status": self.id("status"), "link": None}
        for kind, many in (("tag", "tags"), ("status", "statuses"), ("link", "links")):
            found = self.call(f"admin_trending_{many}")
            one = found[0].id if isinstance(found, list) and found else known[kind]
            for verdict in ("approve", "reject"):
                method = f"admin_{verdict}_trending_{kind}"
                self.call(method, one, fits=lambda it: it.id == one) if one else self.refused(method, "1")

    def family(self, kind, key, value, many, show):
        made = self.call(f"admin_create_{kind}", **{key: value})
        self.call(many, fits=bool)
        if made:
            self.call(show, made.id, fits=bool)
            self.call(f"admin_delete_{kind}", made.id)

    def the_client_itself(self):
        self.call("set_language", "ja")
        self.call("set_language", "en")
        self.call("clear_caches")
