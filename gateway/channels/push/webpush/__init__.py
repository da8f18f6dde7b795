"""Web Push: notifications in people's browsers, by the push service of each browser."""
