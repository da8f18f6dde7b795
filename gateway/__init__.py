"""An incident gateway: alerts in, deduplicated incidents with SLA clocks out."""
