//! The client API as a whole: a table of every endpoint and the shape of every entity, held against a running server.

mod ask;
mod browser;
mod connection;
mod endpoints;
mod extensions;
mod fixtures;
mod plugins;
mod routes;
mod schemas;
mod shape;
mod table;
mod walk;
mod world;
