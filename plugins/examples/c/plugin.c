/* A filter in C: holds posts that link to more servers than the setting `links` allows. */
#include <stdlib.h>
#include <string.h>

#include "gen/few_links.h"

static const char REASON[] = "The post links to many servers. / 多くのサーバーへのリンクを含む投稿です。";

/* The setting `links`; 3 when the host does not tell. */
static unsigned long allowed(void) {
    few_links_string_t key, value;
    few_links_string_set(&key, "links");
    if (!nagaya_plugin_config_get(&key, &value)) {
        return 3;
    }
    unsigned long number = 0;
    for (size_t i = 0; i < value.len && value.ptr[i] >= '0' && value.ptr[i] <= '9'; i++) {
        number = number * 10 + (unsigned long)(value.ptr[i] - '0');
    }
    few_links_string_free(&value);
    return number;
}

/* Exported. What goes in belongs to us and is freed; what goes out is freed by the generated code. */
bool exports_nagaya_plugin_filter_decide(exports_nagaya_plugin_filter_envelope_t *post, int32_t score_so_far,
                                         exports_nagaya_plugin_filter_decision_t *decision, few_links_string_t *error) {
    (void)score_so_far;
    (void)error; /* Returning false and setting it would be a failure of the plugin, not a rejection. */
    memset(decision, 0, sizeof *decision);
    decision->verdict.tag = NAGAYA_PLUGIN_TYPES_VERDICT_ACCEPT;
    if (post->link_hosts.len > allowed()) {
        decision->verdict.tag = NAGAYA_PLUGIN_TYPES_VERDICT_HOLD;
        few_links_string_dup(&decision->verdict.val.hold, REASON);
    }
    exports_nagaya_plugin_filter_envelope_free(post);
    return true;
}
