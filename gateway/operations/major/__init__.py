"""Operations on major incidents: status updates, subscribers, reports."""
