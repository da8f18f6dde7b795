"""An incident gateway: it turns alerts into deduplicated incidents with SLA clocks."""
