"""What first screens are made of: headings, things to do, figures. Each part of the product fills its own."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Task:
    """One thing to do: what, why, since or until when, and where. `page` and `key` make the address.

    `tone` colours `when` as a badge; `urgent` is the usual one. `hours`: minutes validated and due, drawn as a bar.
    """

    what: str
    why: str
    when: str
    verb: str
    page: str
    key: int | None = None
    urgent: bool = False
    tone: str = ""
    hours: tuple[int, int] | None = None


@dataclass(frozen=True)
class Block:
    """A heading with its tasks; `total` counts those not shown too; `more` and `narrowed` lead to the whole list.

    `side`: shown in the margin, to keep in mind rather than to do now. `empty`: what is said when there is nothing.
    """

    title: str
    tasks: tuple[Task, ...]
    total: int
    more: str = ""
    narrowed: dict[str, str] = field(default_factory=dict)
    side: bool = False
    empty: str = "Rien n’attend ici."


@dataclass(frozen=True)
class Figure:
    """A figure as read, what it is, a note below, and the list that it opens."""

    label: str
    value: str
    note: str = ""
    page: str = ""
    narrowed: dict[str, str] = field(default_factory=dict)
