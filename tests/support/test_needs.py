"""What is missing is skipped, and fails when it is required: a machine without it must not look green."""

from pathlib import Path

import pytest

from tests.support import needs


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "present", lambda _need: False)


@pytest.mark.parametrize("need", needs.HOW_TO_GET)
@pytest.mark.parametrize(
    ("required", "outcome"), [("", pytest.skip.Exception), (",".join(needs.HOW_TO_GET), pytest.fail.Exception)]
)
def test_missing(
    bare_machine: None, monkeypatch: pytest.MonkeyPatch, need: str, required: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("MATCHING_REQUIRE", required)
    with pytest.raises(outcome) as told:
        needs.check(need)
    assert ("apt-get install" in str(told.value)) or ("MATCHING_REFERENCE_DATA" in str(told.value))


def test_one_need_can_be_required_alone(bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHING_REQUIRE", " pg ")
    with pytest.raises(pytest.fail.Exception):
        needs.check("pg")
    with pytest.raises(pytest.skip.Exception):
        needs.check("browser")


def test_a_typo_in_what_is_required_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHING_REQUIRE", "browser,postgres")
    with pytest.raises(pytest.UsageError, match="postgres"):
        needs.required()


def test_a_folder_without_the_official_files_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MATCHING_REFERENCE_DATA", str(tmp_path))
    assert not needs.present("reference")
    (tmp_path / "rome").mkdir()
    (tmp_path / "geo").mkdir()
    assert needs.official_folder() == tmp_path
