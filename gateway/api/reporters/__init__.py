"""API routes and pages of reporters, who follow their record by a link."""
