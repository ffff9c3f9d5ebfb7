//! One list of clock-driven chores, one file each. (being built)
