"""Push notifications on telephones, a folder for each vendor."""
