//! What stands between the functions of an author and the exports of a component.

/// Begins a call: from now on a panic says in the plugin's log where and why, before the server hears of the trap.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub fn begin() -> crate::Settings {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| crate::log::write(crate::log::Level::Error, &panic.to_string())));
    });
    crate::Settings::load()
}

/// Makes these functions the plugin, and carries `manifest.toml` into it.
///
/// | key | function |
/// | --- | --- |
/// | `filter` | `fn(&Envelope, &Settings, score_so_far: i32) -> Result<Decision, String>` |
/// | `actor_filter` | `fn(&Actor, raw: &str, &Settings) -> Result<Decision, String>` |
/// | `gate` | `fn(url: &str, purpose: &str, &Settings) -> bool` |
/// | `describe` | `fn(&Settings) -> String` |
/// | `bot` | `fn(&Event, &Settings) -> Result<(), String>` |
/// | `bot` with `timer` | also `fn(name: &str, payload: &[u8], &Settings) -> Result<(), String>` |
/// | `fan_out` | `fn(&Envelope, &[Target], &Settings) -> Result<Plan, String>` |
/// | `fan_out` with `learn` | also `fn(&[Outcome], &Settings) -> Result<(), String>` |
/// | `web` | `fn(Req, &Settings) -> Result<Resp, String>` |
#[macro_export]
macro_rules! plugin {
    ($($key:ident: $function:path),+ $(,)?) => {
        #[cfg(target_arch = "wasm32")]
        struct Plugin;
        $crate::plugin!(@all $($key $function,)+);

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[used]
            #[unsafe(link_section = "nagaya:manifest")]
            static SECTION: [u8; include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/manifest.toml")).len()] =
                *include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/manifest.toml"));
        };
    };
    (@all) => {};
    (@all filter $function:path, $($rest:tt)*) => {
        /// For tests on your own machine.
        #[cfg(not(target_arch = "wasm32"))]
        pub const FILTER: fn(&$crate::Envelope, &$crate::Settings, i32) -> Result<$crate::Decision, String> = $function;
        #[cfg(target_arch = "wasm32")]
        impl $crate::bindings::filter::exports::nagaya::plugin::filter::Guest for Plugin {
            fn decide(activity: $crate::Envelope, score_so_far: i32) -> Result<$crate::Decision, String> {
                $function(&activity, &$crate::begin(), score_so_far)
            }
        }
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::filter::export_filter!(Plugin with_types_in $crate::bindings::filter);
        $crate::plugin!(@all $($rest)*);
    };
    (@all actor_filter $function:path, $($rest:tt)*) => {
        /// For tests on your own machine.
        #[cfg(not(target_arch = "wasm32"))]
        pub const ACTOR_FILTER: fn(&$crate::Actor, &str, &$crate::Settings) -> Result<$crate::Decision, String> = $function;
        #[cfg(target_arch = "wasm32")]
        impl $crate::bindings::actor_filter::exports::nagaya::plugin::actor_filter::Guest for Plugin {
            fn decide_actor(actor: $crate::Actor, raw: String) -> Result<$crate::Decision, String> {
                $function(&actor, &raw, &$crate::begin())
            }
        }
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::actor_filter::export_actor_filter!(Plugin with_types_in $crate::bindings::actor_filter);
        $crate::plugin!(@all $($rest)*);
    };
    (@all gate $function:path, $($rest:tt)*) => {
        /// For tests on your own machine.
        #[cfg(not(target_arch = "wasm32"))]
        pub const GATE: fn(&str, &str, &$crate::Settings) -> bool = $function;
        #[cfg(target_arch = "wasm32")]
        impl $crate::bindings::gate::exports::nagaya::plugin::gate::Guest for Plugin {
            fn allow(url: String, purpose: String) -> bool {
                $function(&url, &purpose, &$crate::begin())
            }
        }
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::gate::export_gate!(Plugin with_types_in $crate::bindings::gate);
        $crate::plugin!(@all $($rest)*);
    };
    (@all describe $function:path, $($rest:tt)*) => {
        /// For tests on your own machine.
        #[cfg(not(target_arch = "wasm32"))]
        pub const DESCRIBE: fn(&$crate::Settings) -> String = $function;
        #[cfg(target_arch = "wasm32")]
        impl $crate::bindings::describe::exports::nagaya::plugin::describe::Guest for Plugin {
            fn policy() -> String {
                $function(&$crate::begin())
            }
        }
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::describe::export_describe!(Plugin with_types_in $crate::bindings::describe);
        $crate::plugin!(@all $($rest)*);
    };
    (@all bot $event:path, timer $timer:path, $($rest:tt)*) => {
        /// For tests on your own machine.
        #[cfg(not(target_arch = "wasm32"))]
        pub const BOT: (
            fn(&$crate::Event, &$crate::Settings) -> Result<(), String>,
            fn(&str, &[u8], &$crate::Settings) -> Result<(), String>,
        ) = ($event, $timer);
        #[cfg(target_arch = "wasm32")]
        impl $crate::bindings::bot::exports::nagaya::plugin::bot::Guest for Plugin {
            fn on_events(batch: Vec<$crate::Event>) -> Result<(), String> {
                let settings = $crate::begin();
                batch.iter().try_for_each(|event| $event(event, &settings))
            }
            fn on_timer(name: String, payload: Vec<u8>) -> Result<(), String> {
                $timer(&name, &payload, &$crate::begin())
            }
        }
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::bot::export_bot!(Plugin with_types_in $crate::bindings::bot);
        $crate::plugin!(@all $($rest)*);
    };
    (@all bot $event:path, $($rest:tt)*) => {
        fn no_timer(_: &str, _: &[u8], _: &$crate::Settings) -> Result<(), String> {
            Ok(())
        }
        $crate::plugin!(@all bot $event, timer no_timer, $($rest)*);
    };
    (@all fan_out $plan:path, learn $learn:path, $($rest:tt)*) => {
        /// For tests on your own machine.
        #[cfg(not(target_arch = "wasm32"))]
        pub const FAN_OUT: (
            fn(&$crate::Envelope, &[$crate::Target], &$crate::Settings) -> Result<$crate::Plan, String>,
            fn(&[$crate::Outcome], &$crate::Settings) -> Result<(), String>,
        ) = ($plan, $learn);
        #[cfg(target_arch = "wasm32")]
        impl $crate::bindings::fan_out::exports::nagaya::plugin::fan_out::Guest for Plugin {
            fn make_plan(post: $crate::Envelope, targets: Vec<$crate::Target>) -> Result<$crate::Plan, String> {
                $plan(&post, &targets, &$crate::begin())
            }
            fn learn(results: Vec<$crate::Outcome>) -> Result<(), String> {
                $learn(&results, &$crate::begin())
            }
        }
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::fan_out::export_fan_out!(Plugin with_types_in $crate::bindings::fan_out);
        $crate::plugin!(@all $($rest)*);
    };
    (@all fan_out $plan:path, $($rest:tt)*) => {
        fn learns_nothing(_: &[$crate::Outcome], _: &$crate::Settings) -> Result<(), String> {
            Ok(())
        }
        $crate::plugin!(@all fan_out $plan, learn learns_nothing, $($rest)*);
    };
    (@all web $function:path, $($rest:tt)*) => {
        /// For tests on your own machine.
        #[cfg(not(target_arch = "wasm32"))]
        pub const WEB: fn($crate::Req, &$crate::Settings) -> Result<$crate::Resp, String> = $function;
        #[cfg(target_arch = "wasm32")]
        impl $crate::bindings::web::exports::nagaya::plugin::web::Guest for Plugin {
            fn on_http(request: $crate::Req) -> Result<$crate::Resp, String> {
                $function(request, &$crate::begin())
            }
        }
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::web::export_web!(Plugin with_types_in $crate::bindings::web);
        $crate::plugin!(@all $($rest)*);
    };
}
