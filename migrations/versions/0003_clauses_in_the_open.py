"""clauses in the open"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "annual_snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("head_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_annual_snapshot_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annual_snapshot")),
    )
    with op.batch_alter_table("annual_snapshot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_annual_snapshot_year"), ["year"], unique=False)

    op.create_table(
        "snapshot_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("participation_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("support", sa.String(length=32), nullable=False),
        sa.Column("modality", sa.String(length=32), nullable=False),
        sa.Column("route", sa.String(length=32), nullable=True),
        sa.Column("public", sa.String(length=32), nullable=True),
        sa.Column("sex", sa.String(length=16), nullable=False),
        sa.Column("age_band", sa.String(length=16), nullable=False),
        sa.Column("sector", sa.String(length=80), nullable=False),
        sa.Column("territory", sa.String(length=120), nullable=False),
        sa.Column("contract_kind", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("worked_from", sa.Date(), nullable=False),
        sa.Column("worked_to", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_snapshot_line_commitment_id_commitment")
        ),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_snapshot_line_participation_id_participation")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_snapshot_line_person_id_person")),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["annual_snapshot.id"], name=op.f("fk_snapshot_line_snapshot_id_annual_snapshot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot_line")),
    )
    with op.batch_alter_table("snapshot_line", schema=None) as batch_op:
        batch_op.create_index("ix_snapshot_line_snapshot", ["snapshot_id", "id"], unique=False)

    op.create_table(
        "contract_amendment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("notified_on", sa.Date(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("holders", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_amendment_contract_id_contract")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_contract_amendment_decided_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["commitment_event.id"], name=op.f("fk_contract_amendment_event_id_commitment_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_amendment")),
        sa.UniqueConstraint("contract_id", "key", name=op.f("uq_contract_amendment_contract_id_key")),
    )
    with op.batch_alter_table("contract_amendment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contract_amendment_state"), ["state"], unique=False)

    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=16), server_default="typed", nullable=False))
        batch_op.add_column(sa.Column("buyer_category", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("social", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("no_condition_ground", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("no_condition_note", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("months", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("published_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("holders", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("place_code", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("place_kind", sa.String(length=30), nullable=True))
        batch_op.add_column(sa.Column("lot_of", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("lot_number", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("publication", sa.Text(), nullable=True))


def downgrade() -> None:
    # Each engine drops a column by itself; rebuilding the table would break the rows that point to it.
    op.drop_column("contract", "publication")
    op.drop_column("contract", "lot_number")
    op.drop_column("contract", "lot_of")
    op.drop_column("contract", "place_kind")
    op.drop_column("contract", "place_code")
    op.drop_column("contract", "holders")
    op.drop_column("contract", "published_on")
    op.drop_column("contract", "months")
    op.drop_column("contract", "no_condition_note")
    op.drop_column("contract", "no_condition_ground")
    op.drop_column("contract", "social")
    op.drop_column("contract", "buyer_category")
    op.drop_column("contract", "source")

    with op.batch_alter_table("contract_amendment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_amendment_state"))

    op.drop_table("contract_amendment")
    with op.batch_alter_table("snapshot_line", schema=None) as batch_op:
        batch_op.drop_index("ix_snapshot_line_snapshot")

    op.drop_table("snapshot_line")
    with op.batch_alter_table("annual_snapshot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_annual_snapshot_year"))

    op.drop_table("annual_snapshot")
