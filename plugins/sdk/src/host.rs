//! What a plugin may ask of the server. In WASM these are the imports; in a test on your own machine
//! [`testing`](crate::testing) answers.

/// One interface of the host.
macro_rules! interface {
    ($(#[$doc:meta])* $name:ident { $($types:ident),* } $(fn $function:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)?;)*) => {
        $(#[$doc])*
        pub mod $name {
            #[allow(unused_imports, reason = "not every interface needs all of them")]
            use crate::types::{Actor, Envelope, Failure, Ts, Visibility};
            $(pub use crate::bindings::host::nagaya::plugin::$name::$types;)*
            #[cfg(target_arch = "wasm32")]
            pub use crate::bindings::host::nagaya::plugin::$name::{$($function),*};
            $(
                #[cfg(not(target_arch = "wasm32"))]
                #[doc = "Asks [`testing`](crate::testing); in WASM the host."]
                pub fn $function($($argument: $type),*) $(-> $answer)? {
                    crate::testing::with(|host| host.$name().$function($($argument),*))
                }
            )*
        }
    };
}

interface! {
    /// Lines for the server's log.
    log { Level }
    fn write(level: Level, message: &str);
}

interface! {
    /// The settings as the host keeps them; [`Settings`](crate::Settings) reads them.
    config {}
    fn get(key: &str) -> Option<String>;
    fn all() -> String;
    fn host() -> String;
}

interface! {
    /// The time.
    clock {}
    fn now() -> Ts;
}

interface! {
    /// Unguessable numbers.
    random {}
    fn bytes(count: u32) -> Vec<u8>;
}

interface! {
    /// Numbers for the admin's graphs.
    metrics {}
    fn count(name: &str, by: u32);
    fn observe(name: &str, value: f64);
}

interface! {
    /// A small memory of the plugin's own.
    kv {}
    fn get(key: &str) -> Result<Option<Vec<u8>>, Failure>;
    fn set(key: &str, value: &[u8], ttl_s: Option<u32>) -> Result<(), Failure>;
    fn delete(key: &str) -> Result<(), Failure>;
    fn incr(key: &str, by: i64, ttl_s: Option<u32>) -> Result<i64, Failure>;
    fn cas(key: &str, old: Option<&[u8]>, new: &[u8]) -> Result<bool, Failure>;
    fn scan(prefix: &str, after: Option<&str>, max: u32) -> Result<Vec<(String, Vec<u8>)>, Failure>;
}

interface! {
    /// HTML and the admin's word lists.
    text {}
    fn html_to_text(html: &str) -> String;
    fn sanitize(html: &str, profile: &str) -> String;
    fn match_list(list_name: &str, haystack: &str) -> Vec<u32>;
}

interface! {
    /// People and posts that the server knows already.
    query {}
    fn actor_by_id(id: &str) -> Result<Option<Actor>, Failure>;
    fn actor_by_handle(h: &str) -> Result<Option<Actor>, Failure>;
    fn relation(a: &str, b: &str) -> Result<Vec<String>, Failure>;
    fn post(id: &str) -> Result<Option<Envelope>, Failure>;
    fn posts_by(actor: &str, before: Option<&str>, max: u32) -> Result<Vec<Envelope>, Failure>;
}

interface! {
    /// Requests to the hosts that the admin granted.
    http { Request, Response }
    fn send(r: &Request) -> Result<Response, Failure>;
}

interface! {
    /// Names in the DNS.
    dns {}
    fn lookup(name: &str, kind: &str) -> Result<Vec<String>, Failure>;
}

interface! {
    /// A bot's alarm clocks.
    timers {}
    fn set(name: &str, at: Ts, payload: &[u8]) -> Result<(), Failure>;
    fn cancel(name: &str) -> Result<(), Failure>;
}

interface! {
    /// What a bot does; nothing of it happens before its handler returns.
    actions { Draft }
    fn post(d: &Draft) -> Result<String, Failure>;
    fn edit(id: &str, d: &Draft) -> Result<(), Failure>;
    fn delete(id: &str) -> Result<(), Failure>;
    fn react(id: &str, emoji: Option<&str>) -> Result<(), Failure>;
    fn boost(id: &str) -> Result<(), Failure>;
    fn follow(actor: &str, on: bool) -> Result<(), Failure>;
    fn answer_follow(request: &str, accept: bool) -> Result<(), Failure>;
    fn upload(bytes: &[u8], mime: &str, alt: &str) -> Result<String, Failure>;
    fn import_emoji(shortcode: &str, url: &str) -> Result<(), Failure>;
    fn report(actor: &str, posts: &[String], note: &str) -> Result<(), Failure>;
}
