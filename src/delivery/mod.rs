//! Exit door: takes delivery rows, signs, sends, backs off, gives up. (being built)
