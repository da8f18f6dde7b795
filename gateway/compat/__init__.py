"""APIs of other products that their clients find at the same paths here."""
