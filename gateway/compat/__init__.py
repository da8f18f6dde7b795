"""APIs of other products, served at the paths that their clients expect."""
