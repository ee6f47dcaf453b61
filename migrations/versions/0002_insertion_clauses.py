"""insertion clauses"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clause_setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("label", sa.String(length=160), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clause_setting")),
        sa.UniqueConstraint("name", "valid_from", name=op.f("uq_clause_setting_name_valid_from")),
    )
    op.create_table(
        "eligibility_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public", sa.String(length=32), nullable=True),
        sa.Column("contract_kind", sa.String(length=32), nullable=True),
        sa.Column("start_event", sa.String(length=32), nullable=False),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("extension_months", sa.Integer(), nullable=False),
        sa.Column("maximum_months", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=250), nullable=False),
        sa.Column("to_check", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_rule")),
    )
    op.create_table(
        "hours_bracket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("from_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_bracket")),
        sa.UniqueConstraint("valid_from", "from_cents", name=op.f("uq_hours_bracket_valid_from_from_cents")),
    )
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "proof_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public", sa.String(length=32), nullable=False),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("at_hire", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=250), nullable=False),
        sa.Column("to_check", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_rule")),
        sa.UniqueConstraint("public", "valid_from", name=op.f("uq_proof_rule_public_valid_from")),
    )
    op.create_table(
        "trade",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("labour_share", sa.String(length=24), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=250), nullable=False),
        sa.Column("to_check", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trade")),
        sa.UniqueConstraint("name", "valid_from", name=op.f("uq_trade_name_valid_from")),
    )
    op.create_table(
        "contract",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("support", sa.String(length=32), nullable=False),
        sa.Column("buyer_id", sa.Integer(), nullable=False),
        sa.Column("buyer_siret", sa.String(length=14), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("object", sa.String(length=500), nullable=False),
        sa.Column("object_search", sa.String(length=560), nullable=False),
        sa.Column("cpv", sa.String(length=10), nullable=False),
        sa.Column("nature", sa.String(length=32), nullable=True),
        sa.Column("procedure", sa.String(length=32), nullable=True),
        sa.Column("estimate_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("amount_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("launched_on", sa.Date(), nullable=True),
        sa.Column("notified_on", sa.Date(), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.Column("commune_insee", sa.String(length=5), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["buyer_id"], ["organisation.id"], name=op.f("fk_contract_buyer_id_organisation")),
        sa.ForeignKeyConstraint(["commune_insee"], ["commune.insee"], name=op.f("fk_contract_commune_insee_commune")),
        sa.ForeignKeyConstraint(["parent_id"], ["contract.id"], name=op.f("fk_contract_parent_id_contract")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        sa.UniqueConstraint("buyer_id", "number", name=op.f("uq_contract_buyer_id_number")),
    )
    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.create_index("ix_contract_launched", ["launched_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_contract_object_search"), ["object_search"], unique=False)

    op.create_table(
        "commitment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("label_search", sa.String(length=240), nullable=False),
        sa.Column("modality", sa.String(length=32), nullable=False),
        sa.Column("liability", sa.String(length=32), nullable=True),
        sa.Column("facilitator_id", sa.Integer(), nullable=True),
        sa.Column("sector", sa.String(length=80), nullable=False),
        sa.Column("commune_insee", sa.String(length=5), nullable=True),
        sa.Column("window_from", sa.Date(), nullable=True),
        sa.Column("window_to", sa.Date(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("required_minutes", sa.Integer(), nullable=True),
        sa.Column("promised_minutes", sa.Integer(), nullable=True),
        sa.Column("order_labour_share", sa.String(length=24), nullable=True),
        sa.Column("order_rate", sa.String(length=24), nullable=True),
        sa.Column("order_hourly_cost", sa.String(length=24), nullable=True),
        sa.Column("order_rounding", sa.String(length=8), nullable=True),
        sa.Column("sizing_working", sa.Text(), nullable=False),
        sa.Column("sizing_rounding", sa.String(length=8), nullable=False),
        sa.Column("training", sa.String(length=32), nullable=False),
        sa.Column("training_cap_percent", sa.Integer(), nullable=True),
        sa.Column("evidence_required", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("last_action_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("validated_minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "window_from IS NULL OR window_to IS NULL OR window_from <= window_to", name=op.f("ck_commitment_window")
        ),
        sa.ForeignKeyConstraint(["commune_insee"], ["commune.insee"], name=op.f("fk_commitment_commune_insee_commune")),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_commitment_contract_id_contract")),
        sa.ForeignKeyConstraint(
            ["facilitator_id"], ["user_account.id"], name=op.f("fk_commitment_facilitator_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint("contract_id", "lot", name=op.f("uq_commitment_contract_id_lot")),
    )
    with op.batch_alter_table("commitment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_commitment_facilitator_id"), ["facilitator_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_commitment_label_search"), ["label_search"], unique=False)

    op.create_table(
        "commitment_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("job", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("last_heard_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_contact_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_commitment_contact_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_contact")),
    )
    with op.batch_alter_table("commitment_contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_commitment_contact_commitment_id"), ["commitment_id"], unique=False)

    op.create_table(
        "commitment_month",
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("validated_minutes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_commitment_month_commitment_id_commitment")
        ),
        sa.PrimaryKeyConstraint("commitment_id", "month", name=op.f("pk_commitment_month")),
    )
    op.create_table(
        "commitment_party",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_party_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_commitment_party_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_party")),
        sa.UniqueConstraint(
            "commitment_id",
            "organisation_id",
            "role",
            name=op.f("uq_commitment_party_commitment_id_organisation_id_role"),
        ),
    )
    with op.batch_alter_table("commitment_party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_commitment_party_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "commitment_public",
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("public", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_public_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("commitment_id", "public", name=op.f("pk_commitment_public")),
    )
    op.create_table(
        "commitment_target",
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=32), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_commitment_target_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("commitment_id", "target", name=op.f("pk_commitment_target")),
    )
    op.create_table(
        "declaration_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_declaration_link_commitment_id_commitment")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_declaration_link_created_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_declaration_link_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_declaration_link_token_hash")),
    )
    with op.batch_alter_table("declaration_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_declaration_link_commitment_id"), ["commitment_id"], unique=False)

    op.create_table(
        "hour_declaration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_hour_declaration_commitment_id_commitment")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_hour_declaration_decided_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_hour_declaration_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["user_account.id"], name=op.f("fk_hour_declaration_submitted_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_declaration")),
        sa.UniqueConstraint(
            "commitment_id",
            "organisation_id",
            "month",
            "number",
            name=op.f("uq_hour_declaration_commitment_id_organisation_id_month_number"),
        ),
    )
    with op.batch_alter_table("hour_declaration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hour_declaration_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index("ix_hour_declaration_state", ["state", "submitted_at"], unique=False)

    op.create_table(
        "penalty_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("missing_minutes", sa.Integer(), nullable=False),
        sa.Column("late_days", sa.Integer(), nullable=False),
        sa.Column("computed_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("working", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_penalty_decision_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_penalty_decision_commitment_id_commitment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_penalty_decision")),
    )
    with op.batch_alter_table("penalty_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_penalty_decision_commitment_id"), ["commitment_id"], unique=False)

    op.create_table(
        "penalty_terms",
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("per_hour_cents", sa.Integer(), nullable=True),
        sa.Column("index_code", sa.String(length=16), nullable=True),
        sa.Column("index_multiple", sa.String(length=24), nullable=True),
        sa.Column("index_moment", sa.String(length=16), nullable=True),
        sa.Column("late_day_cents", sa.Integer(), nullable=True),
        sa.Column("late_day_count", sa.String(length=16), nullable=True),
        sa.Column("lump_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cap_percent", sa.String(length=24), nullable=True),
        sa.Column("cap_base_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("minimum_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("waived_below_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("notice_required", sa.Boolean(), nullable=False),
        sa.Column("notice_delay_days", sa.Integer(), nullable=False),
        sa.Column("notice_from", sa.String(length=16), nullable=False),
        sa.Column("best_efforts", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_penalty_terms_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("commitment_id", name=op.f("pk_penalty_terms")),
    )
    op.create_table(
        "recovery_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("weekly_minutes", sa.Integer(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("signed_by", sa.String(length=120), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_recovery_plan_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_recovery_plan_commitment_id_commitment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_plan")),
    )
    with op.batch_alter_table("recovery_plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_plan_commitment_id"), ["commitment_id"], unique=False)

    op.create_table(
        "contact_exchange",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_contact_exchange_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.id"],
            name=op.f("fk_contact_exchange_commitment_id_commitment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["commitment_contact.id"], name=op.f("fk_contact_exchange_contact_id_commitment_contact")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_exchange")),
    )
    with op.batch_alter_table("contact_exchange", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_exchange_commitment_id"), ["commitment_id"], unique=False)

    op.create_table(
        "participation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("route", sa.String(length=32), nullable=False),
        sa.Column("contract_kind", sa.String(length=32), nullable=True),
        sa.Column("job", sa.String(length=120), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("weekly_minutes", sa.Integer(), nullable=True),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("eligible", sa.String(length=32), nullable=False),
        sa.Column("eligible_public", sa.String(length=32), nullable=True),
        sa.Column("eligible_decided_on", sa.Date(), nullable=True),
        sa.Column("eligible_until", sa.Date(), nullable=True),
        sa.Column("validated_minutes", sa.Integer(), nullable=False),
        sa.Column("first_worked_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_participation_commitment_id_commitment")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_participation_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_participation_person_id_person")),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_participation_proposal_id_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participation")),
        sa.UniqueConstraint("code", name=op.f("uq_participation_code")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_participation_proposal_id")),
    )
    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.create_index("ix_participation_commitment", ["commitment_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_participation_eligible_until"), ["eligible_until"], unique=False)
        batch_op.create_index(batch_op.f("ix_participation_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_participation_person_id"), ["person_id"], unique=False)

    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.String(length=160), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=True),
        sa.Column("declaration_id", sa.Integer(), nullable=True),
        sa.Column("participation_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_evidence_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_evidence_commitment_id_commitment")
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["hour_declaration.id"], name=op.f("fk_evidence_declaration_id_hour_declaration")
        ),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_evidence_participation_id_participation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_commitment_id"), ["commitment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_declaration_id"), ["declaration_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_participation_id"), ["participation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_sha256"), ["sha256"], unique=False)

    op.create_table(
        "commitment_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("termination_rule", sa.String(length=32), nullable=True),
        sa.Column("executed_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("total_cents", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("to_organisation_id", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_commitment_event_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_commitment_event_commitment_id_commitment")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_commitment_event_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["to_organisation_id"],
            ["organisation.id"],
            name=op.f("fk_commitment_event_to_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment_event")),
    )
    with op.batch_alter_table("commitment_event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_commitment_event_fold", ["commitment_id", "effective_on", "recorded_on", "id"], unique=False
        )

    op.create_table(
        "declaration_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("declaration_id", sa.Integer(), nullable=False),
        sa.Column("participation_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("training_minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reject_reason", sa.String(length=32), nullable=True),
        sa.Column("reason_note", sa.Text(), nullable=False),
        sa.Column("override_code", sa.String(length=48), nullable=True),
        sa.Column("override_reason", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_id", sa.Integer(), nullable=True),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("from_on <= to_on", name=op.f("ck_declaration_line_days")),
        sa.CheckConstraint("minutes IS NULL OR minutes >= 0", name=op.f("ck_declaration_line_minutes")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["declaration_line.id"], name=op.f("fk_declaration_line_corrects_id_declaration_line")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_declaration_line_decided_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"],
            ["hour_declaration.id"],
            name=op.f("fk_declaration_line_declaration_id_hour_declaration"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_declaration_line_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_declaration_line_participation_id_participation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration_line")),
    )
    with op.batch_alter_table("declaration_line", schema=None) as batch_op:
        batch_op.create_index("ix_declaration_line_declaration", ["declaration_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_declaration_line_participation_id"), ["participation_id"], unique=False)

    op.create_table(
        "eligibility_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participation_id", sa.Integer(), nullable=False),
        sa.Column("granted", sa.String(length=32), nullable=False),
        sa.Column("public", sa.String(length=32), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("proof_kind", sa.String(length=32), nullable=True),
        sa.Column("proof_dated_on", sa.Date(), nullable=True),
        sa.Column("proof_valid_until", sa.Date(), nullable=True),
        sa.Column("evidence_id", sa.Integer(), nullable=True),
        sa.Column("extension_months", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("override_reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_eligibility_decision_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_eligibility_decision_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["participation_id"],
            ["participation.id"],
            name=op.f("fk_eligibility_decision_participation_id_participation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_decision")),
    )
    with op.batch_alter_table("eligibility_decision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_eligibility_decision_participation_id"), ["participation_id"], unique=False
        )

    op.create_table(
        "formal_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("evidence_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_formal_notice_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_formal_notice_commitment_id_commitment")
        ),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_formal_notice_evidence_id_evidence")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_formal_notice")),
    )
    with op.batch_alter_table("formal_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_formal_notice_commitment_id"), ["commitment_id"], unique=False)

    op.create_table(
        "pooling_agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("evidence_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_pooling_agreement_evidence_id_evidence")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_pooling_agreement_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pooling_agreement")),
    )
    with op.batch_alter_table("pooling_agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pooling_agreement_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("to_commitment_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_allocation_minutes")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["pooling_agreement.id"], name=op.f("fk_allocation_agreement_id_pooling_agreement")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_allocation_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["declaration_line.id"], name=op.f("fk_allocation_line_id_declaration_line")
        ),
        sa.ForeignKeyConstraint(
            ["to_commitment_id"], ["commitment.id"], name=op.f("fk_allocation_to_commitment_id_commitment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_allocation_line_id"), ["line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_allocation_to_commitment_id"), ["to_commitment_id"], unique=False)

    op.create_table(
        "correction_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("declaration_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("wanted_minutes", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user_account.id"], name=op.f("fk_correction_request_answered_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user_account.id"], name=op.f("fk_correction_request_asked_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["declaration_id"],
            ["hour_declaration.id"],
            name=op.f("fk_correction_request_declaration_id_hour_declaration"),
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["declaration_line.id"], name=op.f("fk_correction_request_line_id_declaration_line")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_request")),
    )
    with op.batch_alter_table("correction_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_correction_request_declaration_id"), ["declaration_id"], unique=False)

    op.create_table(
        "duplicate_resolution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_line_id", sa.Integer(), nullable=False),
        sa.Column("second_line_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_duplicate_resolution_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["first_line_id"],
            ["declaration_line.id"],
            name=op.f("fk_duplicate_resolution_first_line_id_declaration_line"),
        ),
        sa.ForeignKeyConstraint(
            ["second_line_id"],
            ["declaration_line.id"],
            name=op.f("fk_duplicate_resolution_second_line_id_declaration_line"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_resolution")),
        sa.UniqueConstraint(
            "first_line_id", "second_line_id", name=op.f("uq_duplicate_resolution_first_line_id_second_line_id")
        ),
    )
    with op.batch_alter_table("duplicate_resolution", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duplicate_resolution_second_line_id"), ["second_line_id"], unique=False)

    op.create_table(
        "line_day",
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 0 AND 1440", name=op.f("ck_line_day_minutes")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["declaration_line.id"], name=op.f("fk_line_day_line_id_declaration_line"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("line_id", "day", name=op.f("pk_line_day")),
    )
    op.create_table(
        "pooling_member",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["pooling_agreement.id"],
            name=op.f("fk_pooling_member_agreement_id_pooling_agreement"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_pooling_member_commitment_id_commitment")
        ),
        sa.PrimaryKeyConstraint("agreement_id", "commitment_id", name=op.f("pk_pooling_member")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("participation_id", sa.Integer(), nullable=True),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("allocation_id", sa.Integer(), nullable=True),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("worked_from", sa.Date(), nullable=False),
        sa.Column("worked_to", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=48), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("ck_ledger_entry_reversal")),
        sa.CheckConstraint(
            "kind <> 'entry' OR (line_id IS NOT NULL AND minutes > 0)", name=op.f("ck_ledger_entry_entry")
        ),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["allocation.id"], name=op.f("fk_ledger_entry_allocation_id_allocation")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_ledger_entry_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["commitment.id"], name=op.f("fk_ledger_entry_commitment_id_commitment")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["declaration_line.id"], name=op.f("fk_ledger_entry_line_id_declaration_line")
        ),
        sa.ForeignKeyConstraint(
            ["participation_id"], ["participation.id"], name=op.f("fk_ledger_entry_participation_id_participation")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_reverses_id_ledger_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("hash", name=op.f("uq_ledger_entry_hash")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_entry_reverses_id")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entry_allocation_id"), ["allocation_id"], unique=False)
        batch_op.create_index("ix_ledger_entry_commitment", ["commitment_id", "month"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_line_id"), ["line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_participation_id"), ["participation_id"], unique=False)
        batch_op.create_index(
            "uq_ledger_entry_line",
            ["line_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'entry'"),
            postgresql_where=sa.text("kind = 'entry'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_ledger_entry_line", sqlite_where=sa.text("kind = 'entry'"), postgresql_where=sa.text("kind = 'entry'")
        )
        batch_op.drop_index(batch_op.f("ix_ledger_entry_participation_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_line_id"))
        batch_op.drop_index("ix_ledger_entry_commitment")
        batch_op.drop_index(batch_op.f("ix_ledger_entry_allocation_id"))

    op.drop_table("ledger_entry")
    op.drop_table("pooling_member")
    op.drop_table("line_day")
    with op.batch_alter_table("duplicate_resolution", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duplicate_resolution_second_line_id"))

    op.drop_table("duplicate_resolution")
    with op.batch_alter_table("correction_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_correction_request_declaration_id"))

    op.drop_table("correction_request")
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_allocation_to_commitment_id"))
        batch_op.drop_index(batch_op.f("ix_allocation_line_id"))

    op.drop_table("allocation")
    with op.batch_alter_table("pooling_agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pooling_agreement_organisation_id"))

    op.drop_table("pooling_agreement")
    with op.batch_alter_table("formal_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_formal_notice_commitment_id"))

    op.drop_table("formal_notice")
    with op.batch_alter_table("eligibility_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_eligibility_decision_participation_id"))

    op.drop_table("eligibility_decision")
    with op.batch_alter_table("declaration_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_declaration_line_participation_id"))
        batch_op.drop_index("ix_declaration_line_declaration")

    op.drop_table("declaration_line")
    with op.batch_alter_table("commitment_event", schema=None) as batch_op:
        batch_op.drop_index("ix_commitment_event_fold")

    op.drop_table("commitment_event")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_sha256"))
        batch_op.drop_index(batch_op.f("ix_evidence_participation_id"))
        batch_op.drop_index(batch_op.f("ix_evidence_declaration_id"))
        batch_op.drop_index(batch_op.f("ix_evidence_commitment_id"))

    op.drop_table("evidence")
    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_participation_person_id"))
        batch_op.drop_index(batch_op.f("ix_participation_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_participation_eligible_until"))
        batch_op.drop_index("ix_participation_commitment")

    op.drop_table("participation")
    with op.batch_alter_table("contact_exchange", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_exchange_commitment_id"))

    op.drop_table("contact_exchange")
    with op.batch_alter_table("recovery_plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_plan_commitment_id"))

    op.drop_table("recovery_plan")
    op.drop_table("penalty_terms")
    with op.batch_alter_table("penalty_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_penalty_decision_commitment_id"))

    op.drop_table("penalty_decision")
    with op.batch_alter_table("hour_declaration", schema=None) as batch_op:
        batch_op.drop_index("ix_hour_declaration_state")
        batch_op.drop_index(batch_op.f("ix_hour_declaration_organisation_id"))

    op.drop_table("hour_declaration")
    with op.batch_alter_table("declaration_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_declaration_link_commitment_id"))

    op.drop_table("declaration_link")
    op.drop_table("commitment_target")
    op.drop_table("commitment_public")
    with op.batch_alter_table("commitment_party", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_commitment_party_organisation_id"))

    op.drop_table("commitment_party")
    op.drop_table("commitment_month")
    with op.batch_alter_table("commitment_contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_commitment_contact_commitment_id"))

    op.drop_table("commitment_contact")
    with op.batch_alter_table("commitment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_commitment_label_search"))
        batch_op.drop_index(batch_op.f("ix_commitment_facilitator_id"))

    op.drop_table("commitment")
    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_object_search"))
        batch_op.drop_index("ix_contract_launched")

    op.drop_table("contract")
    op.drop_table("trade")
    op.drop_table("proof_rule")
    op.drop_table("ledger_head")
    op.drop_table("hours_bracket")
    op.drop_table("eligibility_rule")
    op.drop_table("clause_setting")
