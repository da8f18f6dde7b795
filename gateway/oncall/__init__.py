"""Who there is: people, their roles, groups and skills."""
