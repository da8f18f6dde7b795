"""E-mail as a way in: from the bytes of a message to an alert, a record or an entry in one."""
