"""Storage of file contents: in the database, on disk or in an object store.

A file is never whole in memory.
"""
