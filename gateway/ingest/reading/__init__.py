"""Reading of long bodies in processes of their own, which may be hurt: see docs/adr/0033."""
