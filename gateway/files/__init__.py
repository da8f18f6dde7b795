"""Where the content of files is kept: in the database, on disk or in an object store, never whole in memory."""
