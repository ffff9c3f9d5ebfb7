//! What the tests outside the crate share: our real program as a child process, and other servers for it to talk to.
//! (`demo.py` is the same for the scripts.)

pub mod guest;
pub mod http;
pub mod nasty;
pub mod neighbour;
pub mod program;
pub mod receiver;
