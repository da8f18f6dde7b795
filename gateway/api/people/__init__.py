"""The API of how people are reached: contact methods, rules, pauses, reachability."""
