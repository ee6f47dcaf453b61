"""Importing people: all or nothing, each error with its line, column, value and remedy."""

import pytest
from sqlalchemy import func, select

from matching.errors import Forbidden, Invalid
from matching.exchange.tables import write_csv, write_xlsx
from matching.services import candidates
from matching.services.import_candidates import candidate_template, import_candidates
from matching.services.reference import load_embedded
from matching.store.tables.people import Candidate, Person
from matching.terms import FactSource, Known
from tests.support import factories as make

HEADER = "Prénom;Nom;Date de naissance;Commune;Projets;Permis B;Heures voulues, au plus;Lundi possible"


def _line(number, **cells):
    values = {"given": f"Invité{number}", "family": f"Exemple{chr(65 + number)}", "birth": "05/09/1990"}
    values |= {"commune": "Nantes", "goals": "K2204", "licence": "oui", "hours": "28h30", "monday": "8h-12h"} | cells
    return ";".join(values.values())


def _file(lines, encoding="utf-8", separator=";"):
    return "\r\n".join([HEADER, *lines]).replace(";", separator).encode(encoding)


@pytest.fixture
def me(any_ctx):
    load_embedded(any_ctx)
    return make.adviser(any_ctx)


def _people(ctx):
    with ctx.read() as session:
        counted = (session.execute(select(func.count()).select_from(t)).scalar_one() for t in (Person, Candidate))
        return tuple(counted)


def test_a_good_file_is_previewed_then_written(any_ctx, me):
    content = _file([_line(n) for n in range(20)])
    report = import_candidates(any_ctx, me, content, "liste.csv", dry_run=True)
    assert (len(report.people), report.done, _people(any_ctx)) == (20, False, (0, 0))
    done = import_candidates(any_ctx, me, content, "liste.csv", dry_run=False)
    assert (len(done.candidate_ids), _people(any_ctx)) == (20, (20, 20))
    found = candidates.read_candidate(any_ctx, me, done.candidate_ids[0], how="")
    facts = {line.code: line for section in found.sections for line in section.known}
    assert found.goals[0].rome_code == "K2204"
    assert facts["licence_b"].answer.value is Known.YES
    assert facts["licence_b"].source is FactSource.IMPORTED
    assert facts["hours_max"].answer.amount == 1710
    assert (found.commune, found.week[0].start) == ("Nantes (44000)", 480)


def test_three_bad_lines_in_twenty_and_nothing_is_written(any_ctx, me):
    lines = [_line(n) for n in range(20)]
    lines[4] = _line(4, birth="31/02/1990")
    lines[9] = _line(9, licence="peut-être")
    lines[14] = _line(14, commune="Trifouilly")
    with pytest.raises(Invalid) as refused:
        import_candidates(any_ctx, me, _file(lines), "liste.csv", dry_run=False)
    assert refused.value.message == "3\u00a0lignes à corriger dans le fichier. Rien n’a été enregistré."
    assert [(e.line, e.column, e.value, e.message) for e in refused.value.errors] == [
        (
            6,
            "Date de naissance",
            "31/02/1990",
            "Ce jour n’existe pas. Écrivez la date JJ/MM/AAAA, par exemple 05/09/2026.",
        ),
        (
            11,
            "Permis B",
            "peut-être",
            "Écrivez « oui », « non », une fin de validité comme 31/12/2027, ou laissez vide.",
        ),
        (
            16,
            "Commune",
            "Trifouilly",
            "Aucune commune à ce nom. Vérifiez l’orthographe, ou écrivez le code postal.",
        ),
    ]
    assert _people(any_ctx) == (0, 0)


@pytest.mark.parametrize(
    ("cells", "column", "remedy"),
    [
        ({"given": ""}, "Prénom", "obligatoire"),
        ({"birth": "05/09/2090"}, "Date de naissance", "Vérifiez"),
        ({"goals": "K2204|A1203|G1605|N1103|G1602|F1704"}, "Projets", "Cinq"),
        ({"hours": "80"}, "Heures voulues, au plus", "48"),
        ({"monday": "le matin"}, "Lundi possible", "8h-12h"),
    ],
)
def test_each_bad_cell_says_what_to_write(ctx, cells, column, remedy):
    load_embedded(ctx)
    with pytest.raises(Invalid) as refused:
        import_candidates(ctx, make.adviser(ctx), _file([_line(1), _line(2, **cells)]), "liste.csv", dry_run=False)
    (error,) = refused.value.errors
    assert (error.line, error.column) == (3, column)
    assert remedy in error.message


@pytest.mark.parametrize(
    "content",
    [
        _file([_line(1)], "utf-8-sig"),
        _file([_line(1)], "cp1252"),
        _file([_line(1).replace(",", ".")], separator="\t"),
        write_xlsx(HEADER.split(";"), [_line(1).split(";")]),
    ],
)
def test_files_of_every_office_are_read(ctx, content):
    load_embedded(ctx)
    report = import_candidates(ctx, make.adviser(ctx), content, "liste", dry_run=False)
    assert report.people[0].name == "Invité1 ExempleB"


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n", b"Nom\nTanguy\n", b"%PDF-1.7"])
def test_what_is_not_a_list_is_refused_kindly(ctx, content):
    with pytest.raises(Invalid):
        import_candidates(ctx, make.adviser(ctx), content, "liste.csv", dry_run=True)


def test_the_template_can_be_imported_as_it_is(ctx):
    load_embedded(ctx)
    headers, rows = candidate_template()
    filled = [cell.replace("K2204|plongeur", "K2204|G1605") for cell in rows[0]]
    report = import_candidates(ctx, make.adviser(ctx), write_csv(headers, [filled]), "modele.csv", dry_run=False)
    assert len(report.candidate_ids) == 1
    assert report.unused == ()


def test_the_same_person_twice_in_the_file_is_refused(ctx):
    load_embedded(ctx)
    lines = [_line(1), _line(2, given="EXEMPLEB", family="Invite1")]
    with pytest.raises(Invalid) as refused:
        import_candidates(ctx, make.adviser(ctx), _file(lines), "liste.csv", dry_run=True)
    assert refused.value.errors[0].message.startswith("Même personne que la ligne 2")


def test_people_already_known_are_said(ctx):
    load_embedded(ctx)
    me, other = make.adviser(ctx), make.adviser(ctx)
    born = {"birth_date": "1990-09-05"}
    mine = make.candidate(ctx, me.unit_id, given_name="Invité1", family_name="ExempleB", protected=born)
    make.candidate(ctx, other.unit_id, given_name="Invité2", family_name="ExempleC", protected=born)
    make.candidate(ctx, other.unit_id, given_name="Invité3", family_name="ExempleD")
    with pytest.raises(Invalid) as refused:
        import_candidates(ctx, me, _file([_line(1)]), "liste.csv", dry_run=True)
    assert f"C-{mine:05d}" in refused.value.errors[0].message
    report = import_candidates(ctx, me, _file([_line(2), _line(3), _line(4)]), "liste.csv", dry_run=False)
    assert [bool(person.note) for person in report.people] == [True, True, False]
    with ctx.read() as session:
        # The second line is the person of the other unit; the third may not be, and is a person of its own.
        assert session.execute(select(func.count()).select_from(Person)).scalar_one() == 5


def test_only_staff_import(ctx):
    with pytest.raises(Forbidden):
        import_candidates(ctx, make.employer(ctx), b"", "liste.csv", dry_run=True)
