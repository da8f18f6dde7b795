"""The supervisor process: restarts a serving process that died, and kills one that is silent."""
