"""Answers by the ids of their requests; feedback names such an id in full."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, and let feedback hold ids of any length that a request may have."""
    op.create_table(
        "answers",
        sa.Column("request", sa.String(128), primary_key=True),
        sa.Column("model", sa.String(255), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("text", sa.JSON, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("expires_at", sa.Float(53)),
    )
    op.create_index("ix_answers_created_at", "answers", ["created_at"])
    with op.batch_alter_table("feedback") as feedback:
        feedback.alter_column("request", type_=sa.String(128), existing_type=sa.String(64))


def downgrade() -> None:
    """Remove it, with all that it holds."""
    op.drop_table("answers")
    with op.batch_alter_table("feedback") as feedback:
        feedback.alter_column("request", type_=sa.String(64), existing_type=sa.String(128))
