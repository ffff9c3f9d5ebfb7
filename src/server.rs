//! Builds an App, joins the routers, starts the workers, shuts down in order. (being built)
