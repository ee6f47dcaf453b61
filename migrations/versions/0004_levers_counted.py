"""levers counted, kept for all the workers"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lever_count",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("layout", sa.Integer(), nullable=False),
        sa.Column("counted", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["employment_unit.id"], name=op.f("fk_lever_count_unit_id_employment_unit")
        ),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_lever_count")),
    )


def downgrade() -> None:
    op.drop_table("lever_count")
