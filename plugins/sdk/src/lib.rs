//! Write plugins for Nagaya in Rust.
//!
//! ```ignore
//! use nagaya_plugin::{Decision, Envelope, Filter, Verdict, accept};
//!
//! struct NoShouting;
//!
//! impl Filter for NoShouting {
//!     fn decide(post: Envelope, _score_so_far: i32) -> Result<Decision, String> {
//!         if post.text.len() > 20 && post.text == post.text.to_uppercase() {
//!             return Ok(Decision { verdict: Verdict::Hold("shouting".into()), ..accept() });
//!         }
//!         Ok(accept())
//!     }
//! }
//!
//! nagaya_plugin::filter!(NoShouting);
//! ```
//!
//! Beside `src/` lies `manifest.toml`; [`filter!`] carries it into the `.wasm`. Build for `wasm32-unknown-unknown`,
//! then `nagaya plugin install target/wasm32-unknown-unknown/release/no_shouting.wasm`: the host makes the component.
//! What each record and function means stands in `wit/v0_1/*.wit`.

#[doc(hidden)]
#[allow(missing_docs, reason = "documented in the WIT files")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit/v0_1",
        world: "filter-plugin",
        pub_export_macro: true,
        export_macro_name: "export_filter",
        default_bindings_module: "nagaya_plugin::bindings",
    });
}

pub use bindings::exports::nagaya::plugin::filter::{Decision, Effect, Guest as Filter, Part, Verdict};
pub use bindings::nagaya::plugin::types::{Actor, ActorKind, Direction, Envelope, Parent, Visibility};
pub use bindings::nagaya::plugin::{clock, config, log, random};

/// The decision that lets an activity pass unchanged.
pub fn accept() -> Decision {
    Decision { verdict: Verdict::Accept, score: 0, effects: Vec::new() }
}

/// Makes `$filter` this plugin's filter, and embeds `manifest.toml` of the crate.
#[macro_export]
macro_rules! filter {
    ($filter:ident) => {
        $crate::bindings::export_filter!($filter with_types_in $crate::bindings);

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const MANIFEST: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/manifest.toml"));
            #[used]
            #[unsafe(link_section = "nagaya:manifest")]
            static SECTION: [u8; MANIFEST.len()] = *include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/manifest.toml"));
        };
    };
}
