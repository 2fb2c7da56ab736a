"""The tables of the database. `service/storage/migrations` makes them; a test holds the two together."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

# Moments are seconds since 1970, in UTC. Whatever a user wrote is in JSON columns, which hold any string:
# PostgreSQL's text columns refuse NUL, and neither database takes half a surrogate pair.

jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("model", String(64)),
    Column("state", String(16), nullable=False),
    Column("wish", JSON, nullable=False),
    Column("progress", JSON),
    Column("report", JSON),
    Column("error", JSON),
    Column("attempts", Integer, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("created_at", Float(53), nullable=False),
    Column("updated_at", Float(53), nullable=False),
    Column("finished_at", Float(53)),
    Column("owner", String(64)),
    Column("lease_until", Float(53)),
    Column("idempotency_key", String(200), unique=True),
    Column("fingerprint", String(64)),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("failure", JSON),
    Index("ix_jobs_state", "state", "created_at"),
)

events: Final = Table(
    "events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("at", Float(53), nullable=False),
    Column("event", String(32), nullable=False),
    Column("data", JSON, nullable=False),
    Index("ix_events_job", "job", "id"),
)

feedback: Final = Table(
    "feedback",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("model", String(64), nullable=False),
    Column("text", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("request", String(128)),
    Column("created_at", Float(53), nullable=False),
    Column("expires_at", Float(53)),
    Index("ix_feedback_model", "model", "created_at"),
)

answers: Final = Table(
    "answers",
    metadata,
    Column("request", String(128), primary_key=True),
    Column("model", String(255), nullable=False),
    Column("version", String(64), nullable=False),
    Column("text", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("created_at", Float(53), nullable=False),
    Column("expires_at", Float(53)),
    Index("ix_answers_created_at", "created_at"),
)
