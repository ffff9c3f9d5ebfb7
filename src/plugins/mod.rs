//! WASM plugins (being built).

/// The plugins of one server. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Plugins;
