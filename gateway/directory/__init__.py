"""People, groups, roles, contact methods and chat accounts."""
