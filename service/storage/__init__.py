"""The places where the service writes: one database, and files that are whole or not there."""
