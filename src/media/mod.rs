//! Pictures (being built).

/// The media folder of one server. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Media;
