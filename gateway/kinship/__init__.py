"""What belongs together: reports and alerts about one trouble under one master."""
