"""The incident record: fields, states, timeline, SQL store."""
