"""The pages of `phaseline setup`. They run before there is an App, without the service's pages."""
