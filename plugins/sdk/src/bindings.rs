//! What `wit-bindgen` makes of `wit/v1_0/*.wit`. Everything worth naming is re-exported at the crate's root.
#![allow(missing_docs, reason = "documented in the WIT files")]

/// Everything a plugin may ask of the host; what a guest does not call is not imported.
pub mod host {
    wit_bindgen::generate!({
        inline: "package nagaya:guest;
            world host {
                import nagaya:plugin/log@1.0.0;
                import nagaya:plugin/config@1.0.0;
                import nagaya:plugin/clock@1.0.0;
                import nagaya:plugin/random@1.0.0;
                import nagaya:plugin/metrics@1.0.0;
                import nagaya:plugin/kv@1.0.0;
                import nagaya:plugin/text@1.0.0;
                import nagaya:plugin/query@1.0.0;
                import nagaya:plugin/http@1.0.0;
                import nagaya:plugin/dns@1.0.0;
                import nagaya:plugin/timers@1.0.0;
                import nagaya:plugin/actions@1.0.0;
            }",
        path: "../wit/v1_0",
        world: "nagaya:guest/host",
        generate_all,
    });
}

/// A filter's export.
pub mod filter {
    wit_bindgen::generate!({
        inline: "package nagaya:guest; world filter { export nagaya:plugin/filter@1.0.0; }",
        path: "../wit/v1_0",
        world: "nagaya:guest/filter",
        pub_export_macro: true,
        export_macro_name: "export_filter",
        default_bindings_module: "nagaya_plugin::bindings::filter",
        with: { "nagaya:plugin/types@1.0.0": crate::bindings::host::nagaya::plugin::types },
    });
}

/// An actor filter's export.
pub mod actor_filter {
    wit_bindgen::generate!({
        inline: "package nagaya:guest; world actor-filter { export nagaya:plugin/actor-filter@1.0.0; }",
        path: "../wit/v1_0",
        world: "nagaya:guest/actor-filter",
        pub_export_macro: true,
        export_macro_name: "export_actor_filter",
        default_bindings_module: "nagaya_plugin::bindings::actor_filter",
        with: { "nagaya:plugin/types@1.0.0": crate::bindings::host::nagaya::plugin::types },
    });
}

/// A gate's export.
pub mod gate {
    wit_bindgen::generate!({
        inline: "package nagaya:guest; world gate { export nagaya:plugin/gate@1.0.0; }",
        path: "../wit/v1_0",
        world: "nagaya:guest/gate",
        pub_export_macro: true,
        export_macro_name: "export_gate",
        default_bindings_module: "nagaya_plugin::bindings::gate",
    });
}

/// A public description's export.
pub mod describe {
    wit_bindgen::generate!({
        inline: "package nagaya:guest; world describe { export nagaya:plugin/describe@1.0.0; }",
        path: "../wit/v1_0",
        world: "nagaya:guest/describe",
        pub_export_macro: true,
        export_macro_name: "export_describe",
        default_bindings_module: "nagaya_plugin::bindings::describe",
    });
}

/// A bot's export.
pub mod bot {
    wit_bindgen::generate!({
        inline: "package nagaya:guest; world bot { export nagaya:plugin/bot@1.0.0; }",
        path: "../wit/v1_0",
        world: "nagaya:guest/bot",
        pub_export_macro: true,
        export_macro_name: "export_bot",
        default_bindings_module: "nagaya_plugin::bindings::bot",
        with: { "nagaya:plugin/types@1.0.0": crate::bindings::host::nagaya::plugin::types },
    });
}

/// A fan-out policy's export.
pub mod fan_out {
    wit_bindgen::generate!({
        inline: "package nagaya:guest; world fan-out { export nagaya:plugin/fan-out@1.0.0; }",
        path: "../wit/v1_0",
        world: "nagaya:guest/fan-out",
        pub_export_macro: true,
        export_macro_name: "export_fan_out",
        default_bindings_module: "nagaya_plugin::bindings::fan_out",
        with: { "nagaya:plugin/types@1.0.0": crate::bindings::host::nagaya::plugin::types },
    });
}

/// A web path's export.
pub mod web {
    wit_bindgen::generate!({
        inline: "package nagaya:guest; world web { export nagaya:plugin/web@1.0.0; }",
        path: "../wit/v1_0",
        world: "nagaya:guest/web",
        pub_export_macro: true,
        export_macro_name: "export_web",
        default_bindings_module: "nagaya_plugin::bindings::web",
        with: { "nagaya:plugin/types@1.0.0": crate::bindings::host::nagaya::plugin::types,
            "nagaya:plugin/http@1.0.0": crate::bindings::host::nagaya::plugin::http },
    });
}
