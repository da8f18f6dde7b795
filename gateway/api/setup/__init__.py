"""API routes of people, groups, services, configuration items, monitors, keys and sign-in."""
