"""the first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=48), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_event_hash")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index("ix_audit_event_subject", ["subject_type", "subject_id"], unique=False)

    op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_head")),
    )
    op.create_table(
        "commune",
        sa.Column("insee", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_search", sa.String(length=120), nullable=False),
        sa.Column("departement", sa.String(length=3), nullable=False),
        sa.Column("postal_codes", sa.String(length=400), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("area_km2", sa.Double(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("insee", name=op.f("pk_commune")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("commune", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_commune_departement"), ["departement"], unique=False)
        batch_op.create_index(batch_op.f("ix_commune_name_search"), ["name_search"], unique=False)

    op.create_table(
        "data_clock",
        sa.Column("stream", sa.String(length=16), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_data_clock")),
    )
    op.create_table(
        "fact_kind",
        sa.Column("code", sa.String(length=48), nullable=False),
        sa.Column("group", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("question", sa.String(length=250), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_fact_kind")),
        info={"ranking_input": True},
    )
    op.create_table(
        "legal_parameter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("amount", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=250), nullable=False),
        sa.Column("to_check", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_parameter")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_legal_parameter_code_valid_from")),
    )
    op.create_table(
        "login_throttle",
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_login_throttle")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("name_search", sa.String(length=200), nullable=False),
        sa.Column("siren", sa.String(length=9), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("siren", name=op.f("uq_organisation_siren")),
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisation_name_search"), ["name_search"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column("family_name", sa.String(length=80), nullable=False),
        sa.Column("name_search", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_name_search"), ["name_search"], unique=False)

    op.create_table(
        "ranking_setting",
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ranking_setting")),
        info={"ranking_input": True},
    )
    op.create_table(
        "reference_load",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("titles", sa.Integer(), nullable=False),
        sa.Column("communes", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_load")),
    )
    op.create_table(
        "remedy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("lifts", sa.String(length=48), nullable=False),
        sa.Column("label", sa.String(length=160), nullable=False),
        sa.Column("delay_days", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=160), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remedy")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("remedy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remedy_lifts"), ["lifts"], unique=False)

    op.create_table(
        "rome_mobility",
        sa.Column("source", sa.String(length=5), nullable=False),
        sa.Column("target", sa.String(length=5), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("source", "target", name=op.f("pk_rome_mobility")),
        info={"ranking_input": True},
    )
    op.create_table(
        "rome_occupation",
        sa.Column("code", sa.String(length=5), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("family", sa.String(length=5), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_rome_occupation")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("rome_occupation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rome_occupation_family"), ["family"], unique=False)

    op.create_table(
        "skill",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("label", sa.String(length=250), nullable=False),
        sa.Column("label_search", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("skill", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_skill_label_search"), ["label_search"], unique=False)

    op.create_table(
        "transit_network",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("speed_kmh", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transit_network")),
        sa.UniqueConstraint("name", name=op.f("uq_transit_network_name")),
        info={"ranking_input": True},
    )
    op.create_table(
        "audit_note",
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["audit_event.id"], name=op.f("fk_audit_note_event_id_audit_event")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_note")),
    )
    op.create_table(
        "employment_unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("commune_insee", sa.String(length=5), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commune_insee"], ["commune.insee"], name=op.f("fk_employment_unit_commune_insee_commune")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"],
            ["employment_unit.id"],
            name=op.f("fk_employment_unit_merged_into_id_employment_unit"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employment_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_employment_unit_code")),
    )
    op.create_table(
        "establishment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("name_search", sa.String(length=200), nullable=False),
        sa.Column("commune_insee", sa.String(length=5), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commune_insee"], ["commune.insee"], name=op.f("fk_establishment_commune_insee_commune")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_establishment_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_establishment")),
        sa.UniqueConstraint("siret", name=op.f("uq_establishment_siret")),
    )
    with op.batch_alter_table("establishment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_establishment_name_search"), ["name_search"], unique=False)
        batch_op.create_index(batch_op.f("ix_establishment_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "job_title",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rome_code", sa.String(length=5), nullable=False),
        sa.Column("label", sa.String(length=250), nullable=False),
        sa.Column("label_search", sa.String(length=250), nullable=False),
        sa.ForeignKeyConstraint(
            ["rome_code"], ["rome_occupation.code"], name=op.f("fk_job_title_rome_code_rome_occupation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_title")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("job_title", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_title_rome_code"), ["rome_code"], unique=False)

    op.create_table(
        "occupation_synonym",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=120), nullable=False),
        sa.Column("rome_code", sa.String(length=5), nullable=False),
        sa.Column("embedded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rome_code"],
            ["rome_occupation.code"],
            name=op.f("fk_occupation_synonym_rome_code_rome_occupation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupation_synonym")),
        sa.UniqueConstraint("words", "rome_code", name=op.f("uq_occupation_synonym_words_rome_code")),
    )
    op.create_table(
        "protected_fact",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("proof", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_protected_fact_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_protected_fact")),
    )
    op.create_table(
        "rome_skill",
        sa.Column("rome_code", sa.String(length=5), nullable=False),
        sa.Column("skill_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["skill_id"], ["skill.id"], name=op.f("fk_rome_skill_skill_id_skill")),
        sa.PrimaryKeyConstraint("rome_code", "skill_id", name=op.f("pk_rome_skill")),
        info={"ranking_input": True},
    )
    op.create_table(
        "transit_network_commune",
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("commune_insee", sa.String(length=5), nullable=False),
        sa.ForeignKeyConstraint(
            ["commune_insee"],
            ["commune.insee"],
            name=op.f("fk_transit_network_commune_commune_insee_commune"),
        ),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["transit_network.id"],
            name=op.f("fk_transit_network_commune_network_id_transit_network"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("network_id", "commune_insee", name=op.f("pk_transit_network_commune")),
        info={"ranking_input": True},
    )
    op.create_table(
        "criterion_weight",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("criterion", sa.String(length=32), nullable=False),
        sa.Column("weight", sa.Numeric(precision=8, scale=3, asdecimal=False), nullable=False),
        sa.Column("unknown_cost", sa.Numeric(precision=8, scale=3, asdecimal=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["employment_unit.id"], name=op.f("fk_criterion_weight_unit_id_employment_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criterion_weight")),
        sa.UniqueConstraint("unit_id", "criterion", name=op.f("uq_criterion_weight_unit_id_criterion")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("criterion_weight", schema=None) as batch_op:
        batch_op.create_index("ix_criterion_weight_unit", ["unit_id"], unique=False)

    op.create_table(
        "user_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("establishment_id", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_user_account_establishment_id_establishment"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["employment_unit.id"], name=op.f("fk_user_account_unit_id_employment_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
    )
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_account_establishment_id"), ["establishment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_user_account_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("commune_insee", sa.String(length=5), nullable=True),
        sa.Column("orientation", sa.String(length=32), nullable=True),
        sa.Column("weekly_activity_minutes", sa.Integer(), nullable=True),
        sa.Column("approved_sentence", sa.Text(), nullable=False),
        sa.Column("rights_opened_on", sa.Date(), nullable=True),
        sa.Column("first_meeting_on", sa.Date(), nullable=True),
        sa.Column("last_proposed_on", sa.Date(), nullable=True),
        sa.Column("ranking_words", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["adviser_id"], ["user_account.id"], name=op.f("fk_candidate_adviser_id_user_account")),
        sa.ForeignKeyConstraint(["commune_insee"], ["commune.insee"], name=op.f("fk_candidate_commune_insee_commune")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_candidate_person_id_person")),
        sa.ForeignKeyConstraint(["unit_id"], ["employment_unit.id"], name=op.f("fk_candidate_unit_id_employment_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
        sa.UniqueConstraint("code", name=op.f("uq_candidate_code")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_adviser_id"), ["adviser_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_candidate_commune_insee"), ["commune_insee"], unique=False)
        batch_op.create_index(batch_op.f("ix_candidate_data_version"), ["data_version"], unique=False)
        batch_op.create_index(batch_op.f("ix_candidate_last_proposed_on"), ["last_proposed_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_candidate_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_candidate_unit_state", ["unit_id", "state"], unique=False)

    op.create_table(
        "offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("establishment_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("title_search", sa.String(length=200), nullable=False),
        sa.Column("rome_code", sa.String(length=5), nullable=True),
        sa.Column("rome_version", sa.String(length=16), nullable=True),
        sa.Column("title_id", sa.Integer(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("filled_seats", sa.Integer(), nullable=False),
        sa.Column("contract_kind", sa.String(length=32), nullable=True),
        sa.Column("weekly_minutes", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("pay_cents", sa.Integer(), nullable=True),
        sa.Column("pay_period", sa.String(length=8), nullable=True),
        sa.Column("pay_hourly_cents", sa.Integer(), nullable=True),
        sa.Column("schedule_flags", sa.JSON(), nullable=False),
        sa.Column("immersion_possible", sa.Boolean(), nullable=False),
        sa.Column("commitment_reference", sa.String(length=60), nullable=False),
        sa.Column("reserved_publics", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("wording_override", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("checked_by_id", sa.Integer(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("refreshed_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("filled_seats >= 0 AND filled_seats <= seats", name=op.f("ck_offer_seats_not_exceeded")),
        sa.CheckConstraint("seats >= 1", name=op.f("ck_offer_one_seat")),
        sa.ForeignKeyConstraint(
            ["checked_by_id"], ["user_account.id"], name=op.f("fk_offer_checked_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_offer_created_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_offer_establishment_id_establishment")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["employment_unit.id"], name=op.f("fk_offer_unit_id_employment_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("code", name=op.f("uq_offer_code")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_establishment_id"), ["establishment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_rome_code"), ["rome_code"], unique=False)
        batch_op.create_index("ix_offer_state_refreshed", ["state", "refreshed_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_title_search"), ["title_search"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "read_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_read_log_actor_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read_log")),
    )
    with op.batch_alter_table("read_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_read_log_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_read_log_at"), ["at"], unique=False)

    op.create_table(
        "web_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_web_session_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_web_session_token_hash")),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "candidate_barrier",
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("barrier", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("progress", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidate.id"],
            name=op.f("fk_candidate_barrier_candidate_id_candidate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("candidate_id", "barrier", name=op.f("pk_candidate_barrier")),
    )
    op.create_table(
        "candidate_experience",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("rome_code", sa.String(length=5), nullable=False),
        sa.Column("rome_version", sa.String(length=16), nullable=False),
        sa.Column("own_words", sa.String(length=200), nullable=False),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidate.id"],
            name=op.f("fk_candidate_experience_candidate_id_candidate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate_experience")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("candidate_experience", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_experience_candidate_id"), ["candidate_id"], unique=False)

    op.create_table(
        "candidate_fact",
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("fact", sa.String(length=48), nullable=False),
        sa.Column("value", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.CheckConstraint("value IN ('yes', 'no')", name=op.f("ck_candidate_fact_yes_or_no")),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidate.id"],
            name=op.f("fk_candidate_fact_candidate_id_candidate"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["fact"], ["fact_kind.code"], name=op.f("fk_candidate_fact_fact_fact_kind")),
        sa.PrimaryKeyConstraint("candidate_id", "fact", name=op.f("pk_candidate_fact")),
        info={"ranking_input": True},
    )
    op.create_table(
        "candidate_goal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rome_code", sa.String(length=5), nullable=False),
        sa.Column("rome_version", sa.String(length=16), nullable=False),
        sa.Column("title_id", sa.Integer(), nullable=True),
        sa.Column("own_words", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidate.id"],
            name=op.f("fk_candidate_goal_candidate_id_candidate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate_goal")),
        sa.UniqueConstraint("candidate_id", "position", name=op.f("uq_candidate_goal_candidate_id_position")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("candidate_goal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_goal_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_candidate_goal_rome_code"), ["rome_code"], unique=False)

    op.create_table(
        "candidate_skill",
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("skill_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.CheckConstraint("value IN ('yes', 'no')", name=op.f("ck_candidate_skill_yes_or_no")),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidate.id"],
            name=op.f("fk_candidate_skill_candidate_id_candidate"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["skill_id"], ["skill.id"], name=op.f("fk_candidate_skill_skill_id_skill")),
        sa.PrimaryKeyConstraint("candidate_id", "skill_id", name=op.f("pk_candidate_skill")),
        info={"ranking_input": True},
    )
    op.create_table(
        "candidate_window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.CheckConstraint("value IN ('yes', 'no')", name=op.f("ck_candidate_window_yes_or_no")),
        sa.CheckConstraint(
            "0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440",
            name=op.f("ck_candidate_window_minutes"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_candidate_window_weekday")),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidate.id"],
            name=op.f("fk_candidate_window_candidate_id_candidate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate_window")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("candidate_window", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_window_candidate_id"), ["candidate_id"], unique=False)

    op.create_table(
        "exposure_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.Column("engine_version", sa.String(length=16), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_exposure_log_actor_id_user_account")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_exposure_log_offer_id_offer")),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["employment_unit.id"], name=op.f("fk_exposure_log_unit_id_employment_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure_log")),
    )
    with op.batch_alter_table("exposure_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exposure_log_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exposure_log_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_exposure_log_offer_id"), ["offer_id"], unique=False)

    op.create_table(
        "offer_place",
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("commune_insee", sa.String(length=5), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commune_insee"], ["commune.insee"], name=op.f("fk_offer_place_commune_insee_commune")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_offer_place_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offer_id", "commune_insee", name=op.f("pk_offer_place")),
        info={"ranking_input": True},
    )
    op.create_table(
        "offer_requirement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=48), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("importance", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_offer_requirement_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_requirement")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("offer_requirement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_requirement_offer_id"), ["offer_id"], unique=False)

    op.create_table(
        "offer_window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440",
            name=op.f("ck_offer_window_minutes"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_offer_window_weekday")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offer.id"], name=op.f("fk_offer_window_offer_id_offer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_window")),
        info={"ranking_input": True},
    )
    with op.batch_alter_table("offer_window", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_window_offer_id"), ["offer_id"], unique=False)

    op.create_table(
        "portfolio_assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["adviser_id"], ["user_account.id"], name=op.f("fk_portfolio_assignment_adviser_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["candidate_id"],
            ["candidate.id"],
            name=op.f("fk_portfolio_assignment_candidate_id_candidate"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["employment_unit.id"], name=op.f("fk_portfolio_assignment_unit_id_employment_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portfolio_assignment")),
    )
    with op.batch_alter_table("portfolio_assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_portfolio_assignment_candidate_id"), ["candidate_id"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("agreement_channel", sa.String(length=32), nullable=True),
        sa.Column("interview_on", sa.Date(), nullable=True),
        sa.Column("hired_on", sa.Date(), nullable=True),
        sa.Column("refusal_side", sa.String(length=32), nullable=True),
        sa.Column("refusal_reason", sa.String(length=48), nullable=True),
        sa.Column("exposure_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["adviser_id"], ["user_account.id"], name=op.f("fk_proposal_adviser_id_user_account")),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidate.id"], name=op.f("fk_proposal_candidate_id_candidate")),
        sa.ForeignKeyConstraint(
            ["exposure_id"], ["exposure_log.id"], name=op.f("fk_proposal_exposure_id_exposure_log")
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_proposal_offer_id_offer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_adviser_id"), ["adviser_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_offer_id"), ["offer_id"], unique=False)
        batch_op.create_index("ix_proposal_state_changed", ["state", "state_changed_at"], unique=False)
        batch_op.create_index(
            "uq_proposal_open",
            ["offer_id", "candidate_id"],
            unique=True,
            sqlite_where=sa.text(
                "state IN ('proposed', 'agreed', 'sent', 'seen', 'interview', 'immersion', 'offered')"
            ),
            postgresql_where=sa.text(
                "state IN ('proposed', 'agreed', 'sent', 'seen', 'interview', 'immersion', 'offered')"
            ),
        )

    op.create_table(
        "proposal_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("reason_side", sa.String(length=32), nullable=True),
        sa.Column("reason_code", sa.String(length=48), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_proposal_step_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposal.id"],
            name=op.f("fk_proposal_step_proposal_id_proposal"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_step")),
    )
    with op.batch_alter_table("proposal_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_step_proposal_id"), ["proposal_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("proposal_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_step_proposal_id"))

    op.drop_table("proposal_step")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_proposal_open",
            sqlite_where=sa.text(
                "state IN ('proposed', 'agreed', 'sent', 'seen', 'interview', 'immersion', 'offered')"
            ),
            postgresql_where=sa.text(
                "state IN ('proposed', 'agreed', 'sent', 'seen', 'interview', 'immersion', 'offered')"
            ),
        )
        batch_op.drop_index("ix_proposal_state_changed")
        batch_op.drop_index(batch_op.f("ix_proposal_offer_id"))
        batch_op.drop_index(batch_op.f("ix_proposal_candidate_id"))
        batch_op.drop_index(batch_op.f("ix_proposal_adviser_id"))

    op.drop_table("proposal")
    with op.batch_alter_table("portfolio_assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_portfolio_assignment_candidate_id"))

    op.drop_table("portfolio_assignment")
    with op.batch_alter_table("offer_window", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_window_offer_id"))

    op.drop_table("offer_window")
    with op.batch_alter_table("offer_requirement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_requirement_offer_id"))

    op.drop_table("offer_requirement")
    op.drop_table("offer_place")
    with op.batch_alter_table("exposure_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exposure_log_offer_id"))
        batch_op.drop_index(batch_op.f("ix_exposure_log_at"))
        batch_op.drop_index(batch_op.f("ix_exposure_log_actor_id"))

    op.drop_table("exposure_log")
    with op.batch_alter_table("candidate_window", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_candidate_window_candidate_id"))

    op.drop_table("candidate_window")
    op.drop_table("candidate_skill")
    with op.batch_alter_table("candidate_goal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_candidate_goal_rome_code"))
        batch_op.drop_index(batch_op.f("ix_candidate_goal_candidate_id"))

    op.drop_table("candidate_goal")
    op.drop_table("candidate_fact")
    with op.batch_alter_table("candidate_experience", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_candidate_experience_candidate_id"))

    op.drop_table("candidate_experience")
    op.drop_table("candidate_barrier")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_web_session_user_id"))

    op.drop_table("web_session")
    with op.batch_alter_table("read_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_read_log_at"))
        batch_op.drop_index(batch_op.f("ix_read_log_actor_id"))

    op.drop_table("read_log")
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_unit_id"))
        batch_op.drop_index(batch_op.f("ix_offer_title_search"))
        batch_op.drop_index("ix_offer_state_refreshed")
        batch_op.drop_index(batch_op.f("ix_offer_rome_code"))
        batch_op.drop_index(batch_op.f("ix_offer_establishment_id"))

    op.drop_table("offer")
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.drop_index("ix_candidate_unit_state")
        batch_op.drop_index(batch_op.f("ix_candidate_person_id"))
        batch_op.drop_index(batch_op.f("ix_candidate_last_proposed_on"))
        batch_op.drop_index(batch_op.f("ix_candidate_data_version"))
        batch_op.drop_index(batch_op.f("ix_candidate_commune_insee"))
        batch_op.drop_index(batch_op.f("ix_candidate_adviser_id"))

    op.drop_table("candidate")
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_account_unit_id"))
        batch_op.drop_index(batch_op.f("ix_user_account_establishment_id"))

    op.drop_table("user_account")
    with op.batch_alter_table("criterion_weight", schema=None) as batch_op:
        batch_op.drop_index("ix_criterion_weight_unit")

    op.drop_table("criterion_weight")
    op.drop_table("transit_network_commune")
    op.drop_table("rome_skill")
    op.drop_table("protected_fact")
    op.drop_table("occupation_synonym")
    with op.batch_alter_table("job_title", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_title_rome_code"))

    op.drop_table("job_title")
    with op.batch_alter_table("establishment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_establishment_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_establishment_name_search"))

    op.drop_table("establishment")
    op.drop_table("employment_unit")
    op.drop_table("audit_note")
    op.drop_table("transit_network")
    with op.batch_alter_table("skill", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_skill_label_search"))

    op.drop_table("skill")
    with op.batch_alter_table("rome_occupation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rome_occupation_family"))

    op.drop_table("rome_occupation")
    op.drop_table("rome_mobility")
    with op.batch_alter_table("remedy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_remedy_lifts"))

    op.drop_table("remedy")
    op.drop_table("reference_load")
    op.drop_table("ranking_setting")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_name_search"))

    op.drop_table("person")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_name_search"))

    op.drop_table("organisation")
    op.drop_table("login_throttle")
    op.drop_table("legal_parameter")
    op.drop_table("fact_kind")
    op.drop_table("data_clock")
    with op.batch_alter_table("commune", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_commune_name_search"))
        batch_op.drop_index(batch_op.f("ix_commune_departement"))

    op.drop_table("commune")
    op.drop_table("chain_head")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_event_subject")
        batch_op.drop_index(batch_op.f("ix_audit_event_actor_id"))

    op.drop_table("audit_event")
