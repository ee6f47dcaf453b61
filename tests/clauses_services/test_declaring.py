"""A company's month: what is prefilled, kept, refused, sent; and whose month it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pytest
from sqlalchemy import event, func, select

from matching.access.permissions import Actor
from matching.clauses.terms import DeclarationState, LineState, RejectReason, Route, TrainingHours
from matching.clock import FixedClock
from matching.errors import Conflict, Forbidden, Invalid, NotFound, RuleRefused
from matching.services.clauses import declaring, declaring_writing
from matching.services.clauses.declaring import Declarant, MonthView
from matching.services.clauses.declaring_writing import NewPerson, TypedLine, Upload
from matching.services.context import Context
from matching.store.tables.contracts import CommitmentParty
from matching.store.tables.declarations import DeclarationLine, HourDeclaration
from matching.store.tables.participations import Participation
from matching.store.tables.people import Person
from matching.store.tables.protected import ProtectedFact
from matching.terms import Known
from tests.support import clauses

OCTOBER, SEPTEMBER = clauses.OCTOBER, date(2026, 9, 1)
PDF = b"%PDF-1.7\n%%EOF\n"


@dataclass
class Site:
    ctx: Context
    actor: Actor
    company: int
    commitment: int

    def declarant(self, month: str = "2026-10") -> Declarant:
        return declaring.declarant_of(self.ctx, self.actor, self.commitment, month)

    def view(self, month: str = "2026-10") -> MonthView:
        return declaring.open_month(self.ctx, self.declarant(month))

    def person(self, **columns: object) -> int:
        return clauses.participation(self.ctx, self.commitment, organisation_id=self.company, **columns)  # type: ignore[arg-type]

    def save(self, typed: dict[str, TypedLine], version: int | None = None, **more: object) -> None:
        version = self.view().version if version is None else version
        declaring_writing.save_month(self.ctx, self.declarant(), version, typed, **more)  # type: ignore[arg-type]

    def send(self) -> int:
        return declaring_writing.submit_month(self.ctx, self.declarant(), self.view().version)

    def decide(self, decided: DeclarationState, **columns: object) -> None:
        with self.ctx.write(None) as work:
            row = (
                work.session.execute(select(HourDeclaration).order_by(HourDeclaration.number.desc())).scalars().first()
            )
            assert row is not None
            row.state = decided
            for line in row.lines:
                for name, value in columns.items():
                    setattr(line, name, value)
            work.record("test.decided", "hour_declaration", row.id)


def build(ctx: Context, **columns: object) -> Site:
    actor = clauses.company(ctx, name="Claire Essai")
    company = clauses.organisation_of(ctx, actor)
    return Site(ctx, actor, company, clauses.commitment(ctx, holder_id=company, **columns))  # type: ignore[arg-type]


@pytest.fixture
def site(ctx: Context) -> Site:
    return build(ctx)


def errors(refused: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {error.field: error.message for error in refused.value.errors}


# --- what is prefilled -----------------------------------------------------------------------------------


def test_last_month_s_people_and_those_at_work_are_there(site: Site) -> None:
    last = site.person()
    clauses.declaration(site.ctx, site.commitment, site.company, {last: 35 * 60}, month=SEPTEMBER)
    arrived = site.person(started_on=date(2026, 10, 12))
    site.person(ended_on=date(2026, 9, 30))
    site.person(started_on=date(2026, 11, 2))
    clauses.participation(site.ctx, site.commitment)  # of nobody's
    lines = site.view().lines
    assert [(line.participation_id, line.last_month_minutes, line.minutes) for line in lines] == [
        (last, 35 * 60, None),
        (arrived, None, None),
    ]
    assert (lines[0].from_on, lines[0].to_on, lines[0].whole_month) == (OCTOBER, date(2026, 10, 31), True)
    assert (lines[1].from_on, lines[1].counts_from) == (date(2026, 10, 12), date(2026, 10, 12))


def test_people_are_shown_by_code_first_name_and_initial(site: Site) -> None:
    key = site.person()
    with site.ctx.read() as session:
        person = session.get_one(Participation, key).person
        full, initial = person.family_name, person.family_name[0]
    (line,) = site.view().lines
    assert line.name.endswith(f" {initial}.")
    assert full not in repr(site.view())
    assert line.code.startswith("H-")


def test_hours_are_asked_up_to_the_end_of_eligibility(site: Site) -> None:
    site.person(eligible_until=date(2026, 10, 18))
    (line,) = site.view().lines
    assert (line.from_on, line.to_on, line.counts_until) == (OCTOBER, date(2026, 10, 18), date(2026, 10, 18))


def test_eligibility_not_decided_is_said_and_nothing_is_cut(site: Site) -> None:
    site.person(eligible_from=None)
    (line,) = site.view().lines
    assert (line.decided, line.whole_month) == (False, True)


# --- what is typed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        (TypedLine("7h30"), 450),
        (TypedLine("58,5"), 3510),
        (TypedLine("35"), 2100),
        (TypedLine(""), None),
        (TypedLine("", absent=True), 0),
        (TypedLine("0"), 0),
    ],
)
def test_hours_understood(site: Site, typed: TypedLine, minutes: int | None) -> None:
    site.save({str(site.person()): typed})
    assert site.view().lines[0].minutes == minutes
    assert site.view().state is DeclarationState.DRAFT


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        (TypedLine("12h75"), "h", "de 00 à 59"),
        (TypedLine("7 30"), "h", "peut se lire de deux façons"),
        (TypedLine("7h", absent=True), "h", "pas les deux"),
        (TypedLine("800"), "h", "24 h par jour"),
        (TypedLine("7h", training="8h"), "t", "ne peut pas les dépasser"),
        (TypedLine("7h", from_on="2026-09-30"), "d", "mois déclaré"),
        (TypedLine("7h", to_on="31/02/2026"), "a", "n’existe pas"),
        (TypedLine("7h", from_on="2026-10-20", to_on="2026-10-02"), "a", "avant le premier"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field_and_nothing_is_kept(
    site: Site, typed: TypedLine, field: str, words: str
) -> None:
    right, wrong = site.person(), site.person()
    with pytest.raises(Invalid) as refused:
        site.save({str(right): TypedLine("7h"), str(wrong): typed})
    found = errors(refused)
    assert list(found) == [f"{field}{wrong}"]
    assert words in found[f"{field}{wrong}"].replace("\u00a0", " ")
    with site.ctx.read() as session:
        assert session.execute(select(func.count(HourDeclaration.id))).scalar_one() == 0


def test_a_month_about_to_be_sent_needs_hours_for_each_person(site: Site) -> None:
    one, other = site.person(), site.person()
    with pytest.raises(Invalid) as refused:
        site.save({str(one): TypedLine("7h"), str(other): TypedLine()}, complete=True)
    assert list(errors(refused)) == [f"h{other}"]


def test_days_to_come_are_kept_but_not_sent(site: Site) -> None:
    key = site.person()
    november = site.declarant("2026-11")
    declaring_writing.save_month(site.ctx, november, 0, {str(key): TypedLine("7h")})
    version = site.view("2026-11").version
    with pytest.raises(Invalid) as refused:
        declaring_writing.save_month(site.ctx, november, version, {str(key): TypedLine("7h")}, complete=True)
    assert "arrêtez-la au 23" in errors(refused)[f"a{key}"].replace("\u00a0", " ")


def test_a_wrong_document_keeps_nothing(site: Site) -> None:
    key = site.person()
    with pytest.raises(Invalid) as refused:
        site.save({str(key): TypedLine("7h")}, upload=Upload(b"GIF89a", "releve.pdf"))
    assert list(errors(refused)) == ["file"]
    assert site.view().version == 0
    site.save({str(key): TypedLine("7h")}, upload=Upload(PDF, "releve.pdf"))
    assert [row.filename for row in site.view().evidence] == ["releve.pdf"]


def test_days_make_the_total(site: Site) -> None:
    key = site.person(eligible_until=date(2026, 10, 18))
    days = {date(2026, 10, 1): "7h", date(2026, 10, 2): "3h30", date(2026, 10, 19): "7h", date(2026, 10, 5): "0"}
    declaring_writing.save_days(site.ctx, site.declarant(), 0, str(key), days)
    (line,) = site.view().lines
    assert (line.minutes, len(line.days)) == (630, 2)  # the 19th is past the end of eligibility: not asked
    site.save({str(key): TypedLine("99h")})
    assert site.view().lines[0].minutes == 630  # the total follows the days
    with pytest.raises(Invalid, match="enregistré"):
        declaring_writing.save_days(
            site.ctx, site.declarant(), site.view().version, str(key), {date(2026, 10, 1): "25h"}
        )
    declaring_writing.save_days(site.ctx, site.declarant(), site.view().version, str(key), {})
    assert (site.view().lines[0].minutes, site.view().lines[0].days) == (None, ())


# --- which months ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "words"),
    [("2026-12", "n’a pas commencé"), ("2025-11", "notifié le 1er décembre 2025")],
)
def test_months_that_cannot_be_declared(site: Site, month: str, words: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        site.view(month)
    assert words in refused.value.message.replace("\u00a0", " ")


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "octobre", "", "1999-01", "２026-10"])
def test_what_is_no_month_is_not_found(site: Site, month: str) -> None:
    with pytest.raises(NotFound):
        site.declarant(month)


def test_months_to_declare_are_those_where_somebody_worked(site: Site) -> None:
    site.person(started_on=date(2026, 8, 10))
    clauses.declaration(site.ctx, site.commitment, site.company, {}, month=SEPTEMBER)
    (found,) = declaring.list_months(site.ctx, site.actor)
    assert [(row.month, row.state) for row in found.to_do] == [(date(2026, 8, 1), None), (OCTOBER, None)]
    assert [row.month for row in found.sent] == [SEPTEMBER]
    assert date(2026, 11, 1) in found.others
    assert date(2026, 7, 1) in found.others


def test_tasks_of_the_first_screen(site: Site) -> None:
    key = site.person(started_on=date(2026, 9, 10))
    clauses.declaration(
        site.ctx, site.commitment, site.company, {key: 60}, month=SEPTEMBER, state=DeclarationState.RETURNED
    )
    with site.ctx.read() as session:
        block = declaring.month_tasks(session, site.actor, date(2026, 11, 23))
    assert [(task.verb, task.page, task.key, task.urgent) for task in block.tasks] == [
        ("Corriger", "declare.following", site.commitment, True),
        ("Déclarer", "declare.following", site.commitment, True),
    ]


def test_another_company_s_month_is_not_found(ctx: Context, site: Site) -> None:
    stranger = clauses.company(ctx)
    with pytest.raises(NotFound):
        declaring.declarant_of(ctx, stranger, site.commitment, "2026-10")
    with pytest.raises(Forbidden):
        declaring.declarant_of(ctx, clauses.officer(ctx), site.commitment, "2026-10")


def test_a_partner_of_the_same_commitment_sees_its_own_people_only(ctx: Context, site: Site) -> None:
    site.person()
    partner = clauses.company(ctx)
    clauses.party(ctx, site.commitment, clauses.organisation_of(ctx, partner))
    other = replace(site, actor=partner, company=clauses.organisation_of(ctx, partner))
    assert other.view().lines == ()


def test_a_company_that_left_keeps_nothing_more(site: Site) -> None:
    key, declarant = site.person(), site.declarant()
    with site.ctx.write(None) as work:
        work.session.delete(work.session.execute(select(CommitmentParty)).scalar_one())
        work.record("test.left", "commitment", site.commitment)
    with pytest.raises(NotFound):
        declaring_writing.save_month(site.ctx, declarant, 0, {str(key): TypedLine("7h")})


# --- sending and races -----------------------------------------------------------------------------------


def test_kept_then_sent(any_ctx: Context) -> None:
    site = build(any_ctx)
    one, other = site.person(), site.person()
    site.save({str(one): TypedLine("31h30"), str(other): TypedLine(absent=True)}, complete=True)
    assert site.send() == 31 * 60 + 30
    view = site.view()
    assert (view.state, view.submitted_by, view.editable) == (DeclarationState.SUBMITTED, "Claire Essai", False)
    with any_ctx.read() as session:
        lines = session.execute(select(DeclarationLine.minutes, DeclarationLine.state)).all()
    assert sorted(lines) == [(0, LineState.PENDING), (1890, LineState.PENDING)]


def test_sending_twice_tells_what_happened(any_ctx: Context) -> None:
    site = build(any_ctx)
    site.save({str(site.person()): TypedLine("7h")})
    version = site.view().version
    site.send()
    for again in (version, site.view().version):
        with pytest.raises(Conflict, match="déjà été envoyée par Claire Essai"):
            declaring_writing.submit_month(any_ctx, site.declarant(), again)


def test_two_people_of_the_company_at_once(any_ctx: Context) -> None:
    site = build(any_ctx)
    key = str(site.person())
    site.save({key: TypedLine("7h")}, version=0)
    for stale in (0, site.view().version - 1):
        with pytest.raises(Conflict, match="Quelqu’un de votre entreprise"):
            site.save({key: TypedLine("9h")}, version=stale)
    assert site.view().lines[0].minutes == 420
    before = site.view().version
    site.save({key: TypedLine("8h")})
    assert site.view().version > before  # lines alone changed: the month's version tells it all the same


def test_an_incomplete_month_is_not_sent(site: Site) -> None:
    one = site.person()
    site.save({str(one): TypedLine("7h")})
    arrived = site.person()
    review = declaring_writing.review_month(site.ctx, site.declarant())
    assert (review.blocked, len(review.lines)) == (True, 2)
    with pytest.raises(RuleRefused, match="pas complète"):
        site.send()
    site.save({str(arrived): TypedLine(absent=True)})
    assert site.send() == 420


def test_a_month_of_nobody_is_not_sent(site: Site) -> None:
    site.save({})
    with pytest.raises(RuleRefused, match="au moins une personne"):
        site.send()


def test_returned_then_sent_again(site: Site) -> None:
    key = site.person()
    site.save({str(key): TypedLine("7h")})
    site.send()
    site.decide(
        DeclarationState.RETURNED,
        state=LineState.REJECTED,
        reject_reason=RejectReason.MISSING_EVIDENCE,
        reason_note="Relevé illisible.",
    )
    (line,) = site.view().lines
    assert (line.reason, line.note) == ("Justificatif manquant ou illisible", "Relevé illisible.")
    site.save({str(key): TypedLine("6h")}, upload=Upload(PDF, "relevé.pdf"))
    site.send()
    (line,) = site.view().lines
    assert (line.minutes, line.state, line.reason, line.note) == (360, LineState.PENDING, "", "")


def test_a_complement_after_the_decision(any_ctx: Context) -> None:
    site = build(any_ctx)
    one, other = site.person(), site.person()
    site.save({str(one): TypedLine("7h"), str(other): TypedLine("7h")})
    with pytest.raises(Conflict, match="pas encore reçu"):
        declaring_writing.begin_complement(any_ctx, site.declarant())
    site.send()
    site.decide(DeclarationState.VALIDATED)
    with pytest.raises(Conflict, match="déjà reçu une décision"):
        site.save({str(one): TypedLine("9h")})
    declaring_writing.begin_complement(any_ctx, site.declarant())
    assert (site.view().number, site.view().state) == (2, DeclarationState.DRAFT)
    site.save({str(one): TypedLine(), str(other): TypedLine("3h")}, complete=True)
    assert site.send() == 180
    with any_ctx.read() as session:
        second = session.execute(select(HourDeclaration).where(HourDeclaration.number == 2)).scalar_one()
        assert [line.participation_id for line in second.lines] == [other]


def test_a_complement_given_up_leaves_its_document(site: Site) -> None:
    site.save({str(site.person()): TypedLine("7h")})
    site.send()
    site.decide(DeclarationState.VALIDATED)
    declaring_writing.begin_complement(site.ctx, site.declarant())
    declaring_writing.attach_evidence(site.ctx, site.declarant(), Upload(PDF, "oubli.pdf"))
    declaring_writing.drop_complement(site.ctx, site.declarant(), site.view().version)
    view = site.view()
    assert (view.number, view.state, len(view.evidence)) == (1, DeclarationState.VALIDATED, 1)


def test_a_document_may_follow_until_the_decision(site: Site) -> None:
    site.save({str(site.person()): TypedLine("7h")})
    site.send()
    declaring_writing.attach_evidence(site.ctx, site.declarant(), Upload(PDF, "suite.pdf"))
    assert len(site.view().evidence) == 1
    site.decide(DeclarationState.VALIDATED)
    with pytest.raises(RuleRefused, match="décision"):
        declaring_writing.attach_evidence(site.ctx, site.declarant(), Upload(PDF, "tard.pdf"))


# --- what is said before sending -------------------------------------------------------------------------


def remarks(site: Site) -> list[str]:
    review = declaring_writing.review_month(site.ctx, site.declarant())
    return [remark.message.replace("\u00a0", " ") for line in review.lines for remark in line.remarks]


def test_what_may_not_count_is_said_and_does_not_stop(ctx: Context) -> None:
    site = build(ctx, training=TrainingHours.NONE, evidence_required=True)
    last = site.person(route=Route.APPRENTICESHIP, eligible_until=date(2026, 10, 18))
    typed = TypedLine("90h", training="7h", to_on="31/10/2026")
    site.save({str(last): typed})
    said = remarks(site)
    assert any("jusqu’au 18 octobre 2026 inclus" in text for text in said)
    assert any("ne compte pas la formation : 7 h" in text for text in said)
    assert any("ajoutez la photo" in text for text in said)
    assert site.send() == 90 * 60


def test_no_public_is_ever_told_to_a_company(ctx: Context) -> None:
    site = build(ctx, publics=())
    refused, unknown = site.person(eligible_from=None, eligible=Known.NO), site.person(eligible_from=None)
    site.save({str(refused): TypedLine("7h"), str(unknown): TypedLine("7h")})
    said = " ".join(remarks(site))
    assert "ne comptent pas pour cet engagement" in said
    assert "pas encore si ses heures comptent" in said
    assert "RSA" not in said
    assert "public" not in said


# --- people ----------------------------------------------------------------------------------------------


def new(**columns: object) -> NewPerson:
    values: dict[str, object] = {"given_name": "Aminata", "family_name": "Essai", "birth_date": "04/05/1990"}
    values |= {"route": Route.DIRECT_HIRE, "started_on": "05/10/2026"}
    return NewPerson(**(values | columns))  # type: ignore[arg-type]


def add(site: Site, person: NewPerson) -> str:
    return declaring_writing.add_person(site.ctx, site.declarant(), site.view().version, person)


def test_a_new_person_s_eligibility_is_not_known(any_ctx: Context) -> None:
    site = build(any_ctx)
    code = add(site, new())
    (line,) = site.view().lines
    assert (line.name, line.code, line.from_on, line.decided) == ("Aminata E.", code, date(2026, 10, 5), False)
    with any_ctx.read() as session:
        row = session.execute(select(Participation)).scalar_one()
        assert (row.eligible, row.eligible_public, row.organisation_id) == (Known.UNKNOWN, None, site.company)
        assert session.execute(select(ProtectedFact.value)).scalar_one() == "1990-05-04"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"given_name": " "}, "given_name"),
        ({"family_name": ""}, "family_name"),
        ({"route": None}, "route"),
        ({"started_on": ""}, "started_on"),
        ({"started_on": "hier"}, "started_on"),
        ({"started_on": "02/11/2026"}, "started_on"),
        ({"birth_date": "31/02/1990"}, "birth_date"),
        ({"code": "H-9999"}, "code"),
    ],
)
def test_what_is_missing_of_a_person(site: Site, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        add(site, new(**changes))
    assert list(errors(refused)) == [field]
    with site.ctx.read() as session:
        assert session.execute(select(func.count(Person.id))).scalar_one() == 0


def test_a_code_is_one_of_the_company_s_own(ctx: Context, site: Site) -> None:
    gone = site.person(ended_on=date(2026, 9, 10))
    foreign = clauses.participation(
        ctx, site.commitment, organisation_id=clauses.organisation_of(ctx, clauses.company(ctx))
    )
    with ctx.read() as session:
        codes = {key: session.get_one(Participation, key).code for key in (gone, foreign)}
    with pytest.raises(Invalid):
        add(site, NewPerson(code=codes[foreign]))
    assert add(site, NewPerson(code=f" {codes[gone].lower()} ")) == codes[gone]
    with pytest.raises(Invalid, match="enregistré"):
        add(site, NewPerson(code=codes[gone]))


def test_the_same_person_is_not_added_twice(ctx: Context, site: Site) -> None:
    add(site, new())
    with pytest.raises(Invalid) as refused:
        add(site, new(birth_date=""))
    assert "déjà sur cet engagement" in errors(refused)["family_name"]
    add(site, new(birth_date="05/05/1990"))  # a namesake
    elsewhere = replace(site, commitment=clauses.commitment(ctx, holder_id=site.company))
    add(elsewhere, new())
    with ctx.read() as session:
        assert session.execute(select(func.count(Person.id))).scalar_one() == 2


def test_the_clock_says_which_month_runs(site: Site, clock: FixedClock) -> None:
    clock.instant = clock.instant.replace(month=12)
    assert site.view("2026-12").state is None


def test_a_month_is_read_in_as_many_questions_for_sixty_people_as_for_one(site: Site) -> None:
    asked: list[int] = []
    for people in (1, 59):
        keys = [str(site.person()) for _ in range(people)]
        site.save({key: TypedLine("7h") for key in keys})
        declarant, seen = site.declarant(), [0]

        def count(*_: object, seen: list[int] = seen) -> None:
            seen[0] += 1

        event.listen(site.ctx.engine, "before_cursor_execute", count)
        declaring.open_month(site.ctx, declarant)
        event.remove(site.ctx.engine, "before_cursor_execute", count)
        asked.append(seen[0])
    assert asked[0] == asked[1] <= 14
