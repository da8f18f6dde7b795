"""PostgreSQL: the pool, the migration runner and the migrations."""
