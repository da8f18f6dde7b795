"""On-call rosters: the shifts of groups, in the database and as values."""
