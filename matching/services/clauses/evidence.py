"""Documents of clauses: checked by their content, kept outside the web under their SHA-256, opened by officers only."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.errors import FieldError, Invalid, NotFound, RuleRefused
from matching.exchange.tables import check_zip
from matching.services.context import Context
from matching.services.reading import note_read
from matching.store.tables.declarations import Evidence
from matching.store.unit_of_work import UnitOfWork
from matching.text import NBSP

MAX_BYTES = 10 * 2**20
"""A proof weighs at most this much, whatever the installation allows for other uploads."""
TIMESHEET, PROOF, DOCUMENT = "timesheet", "proof", "document"
_FILENAME = 160  # characters, as the column
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_WANTED = "Envoyez un PDF, une photo (JPEG ou PNG) ou un tableur (.xlsx ou .ods)."


@dataclass(frozen=True)
class _Kind:
    """A kind of document: what it is called, its extensions (the first is its own), how its content is known."""

    label: str
    content_type: str
    extensions: tuple[str, ...]
    recognises: Callable[[bytes], bool]


def _zipped(content: bytes, wanted: Callable[[zipfile.ZipFile], bool]) -> bool:
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return wanted(archive)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError, UnicodeError, EOFError):
        return False


def _is_xlsx(content: bytes) -> bool:
    return _zipped(content, lambda archive: "xl/workbook.xml" in archive.namelist())


def _is_ods(content: bytes) -> bool:
    def wanted(archive: zipfile.ZipFile) -> bool:
        # The format asks that this entry be stored as it is: its size is its content's, nothing unfolds.
        info = archive.getinfo("mimetype") if "mimetype" in archive.namelist() else None
        return info is not None and info.file_size == len(_ODS) and archive.read(info) == _ODS.encode()

    return _zipped(content, wanted)


_KINDS = (
    _Kind("un PDF", "application/pdf", ("pdf",), lambda c: c.startswith(b"%PDF-")),
    _Kind("une image JPEG", "image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), lambda c: c.startswith(b"\xff\xd8\xff")),
    _Kind("une image PNG", "image/png", ("png",), lambda c: c.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")),
    _Kind(
        "un classeur Excel",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ("xlsx",),
        _is_xlsx,
    ),
    _Kind("un classeur LibreOffice", _ODS, ("ods",), _is_ods),
)
_HEIC = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc")
ACCEPTED = ",".join(f".{extension}" for kind in _KINDS for extension in kind.extensions)
"""For the `accept` attribute of a file field."""


@dataclass(frozen=True)
class EvidenceRow:
    """A document as lists show it; its content is opened by its id."""

    id: int
    filename: str
    content_type: str
    size: int
    kind: str
    at: datetime


@dataclass(frozen=True)
class OpenedEvidence:
    """A document and its content, checked against its SHA-256."""

    filename: str
    content_type: str
    content: bytes


def store_evidence(
    ctx: Context,
    work: UnitOfWork,
    content: bytes,
    filename: str,
    kind: str,
    *,
    commitment_id: int | None = None,
    declaration_id: int | None = None,
    participation_id: int | None = None,
) -> int:
    """Keep a document and return its id; for use cases that have already asked for their permission.

    `kind` is a code of at most 32 characters (`TIMESHEET`, `PROOF`, `DOCUMENT`…). The file is on disk before its row is
    committed; a transaction that fails leaves at worst a file that no row names. Raises `Invalid` on field `file` for a
    file empty, above `MAX_BYTES`, of another kind, or whose content is not what its name says.
    """
    found = check_document(content, filename)
    digest = hashlib.sha256(content).hexdigest()
    _keep(path_of(ctx, digest), content)
    row = Evidence(
        sha256=digest,
        filename=_own_name(filename, found),
        content_type=found.content_type,
        size=len(content),
        kind=kind[:32],
        commitment_id=commitment_id,
        declaration_id=declaration_id,
        participation_id=participation_id,
        by_id=work.actor_id,
        at=work.at,
    )
    work.session.add(row)
    work.session.flush()
    # The name people give to a file often holds somebody's name: outside the chain.
    work.record("evidence.stored", "evidence", row.id, note=row.filename, kind=row.kind, size=row.size, sha256=digest)
    return row.id


def check_document(content: bytes, filename: str) -> _Kind:
    """What the content is. Raises `Invalid` (field `file`) with the remedy when it cannot be taken."""
    if not content:
        raise _refused("Ce fichier est vide. Choisissez-en un autre.")
    if len(content) > MAX_BYTES:
        heavy = f"Ce fichier dépasse {MAX_BYTES // 2**20}{NBSP}Mo."
        raise _refused(f"{heavy} Envoyez une photo moins lourde, ou découpez le document.")
    found = next((kind for kind in _KINDS if kind.recognises(content)), None)
    extension = _extension(filename)
    if found is None and content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        text = "Cette photo est au format HEIC de votre téléphone, que tous les postes ne lisent pas."
        raise _refused(f"{text} Envoyez-en une capture d’écran, ou réglez l’appareil photo sur «{NBSP}JPEG{NBSP}».")
    if found is None:
        said = f" Son nom finit par .{extension}, son contenu dit autre chose." if _known(extension) else ""
        raise _refused(f"Ce fichier n’est ni un PDF, ni une photo, ni un tableur.{said} {_WANTED}")
    if extension and extension not in found.extensions:
        told = f"Ce fichier se nomme «{NBSP}.{extension}{NBSP}» mais c’est {found.label}."
        raise _refused(f"{told} Renommez-le en .{found.extensions[0]}, ou vérifiez que c’est le bon fichier.")
    if found.extensions[0] == "xlsx":
        _check_workbook(content)
    return found


def _check_workbook(content: bytes) -> None:
    check_zip(content)
    if _zipped(content, lambda archive: any(name.endswith("vbaProject.bin") for name in archive.namelist())):
        raise _refused("Ce classeur contient des macros. Enregistrez-le en classeur .xlsx simple, ou en PDF.")


def _refused(message: str) -> Invalid:
    return Invalid(message, [FieldError("file", message)], reason="evidence")


def _known(extension: str) -> bool:
    return any(extension in kind.extensions for kind in _KINDS)


# Control characters, and those that turn the reading direction: « fdp.exe » must not read « exe.pdf ».
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_FORBIDDEN = re.compile(r'[<>:"|?*;%]')


def _bare_name(filename: str) -> str:
    """The last part of the name, without path, unseen characters or those that no file system takes."""
    last = re.split(r"[/\\]", filename)[-1]
    return " ".join(_FORBIDDEN.sub("_", _UNSEEN.sub("", last)).split()).strip(". ")


def _extension(filename: str) -> str:
    _, dot, extension = _bare_name(filename).rpartition(".")
    return extension.lower() if dot and re.fullmatch(r"[A-Za-z0-9]{1,8}", extension) else ""


def _own_name(filename: str, kind: _Kind) -> str:
    bare = _bare_name(filename)
    extension = _extension(filename) or kind.extensions[0]
    stem = bare[: -len(extension) - 1] if bare.lower().endswith(f".{extension}") else bare
    return f"{(stem.strip('. ') or 'justificatif')[: _FILENAME - len(extension) - 1]}.{extension}"


def path_of(ctx: Context, sha256: str) -> Path:
    """Where the content of this SHA-256 lies."""
    return ctx.settings.evidence_dir / sha256[:2] / sha256


def _keep(path: Path, content: bytes) -> None:
    """Write the content whole or not at all, on disk before returning. The same content twice is one file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name too must outlive a power cut
    finally:
        os.close(folder)


def open_evidence(ctx: Context, actor: Actor, evidence_id: int) -> OpenedEvidence:
    """A document with its content; the reading is logged. Raises `NotFound`; `RuleRefused` when the file is damaged."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        row = session.get(Evidence, evidence_id)
        if row is None:
            raise NotFound()
    try:
        content = path_of(ctx, row.sha256).read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise RuleRefused(
            "Ce justificatif n’est plus lisible sur le serveur. Demandez-le de nouveau à l’entreprise, et prévenez "
            "l’administration pour qu’elle regarde la sauvegarde.",
            evidence_id=evidence_id,
        )
    note_read(ctx, actor, "evidence", evidence_id, "download")
    return OpenedEvidence(row.filename, row.content_type, content)


def evidence_of(
    session: Session,
    *,
    commitment_id: int | None = None,
    declaration_id: int | None = None,
    participation_id: int | None = None,
) -> tuple[EvidenceRow, ...]:
    """The documents of one declaration, participation or commitment, oldest first (give exactly one)."""
    query = select(Evidence).order_by(Evidence.id)
    if declaration_id is not None:
        query = query.where(Evidence.declaration_id == declaration_id)
    elif participation_id is not None:
        query = query.where(Evidence.participation_id == participation_id)
    else:
        query = query.where(Evidence.commitment_id == commitment_id)
    rows = session.execute(query).scalars()
    return tuple(EvidenceRow(r.id, r.filename, r.content_type, r.size, r.kind, r.at) for r in rows)
