"""iCalendar files (RFC 5545): what calendars of people say, and feeds for them."""
