"""SQLAlchemy tables, queries and migrations of the registry."""
