"""Essential data of public procurement (DECP 2.0.3): reading what is published, dirty as it is, and writing ours.

`reading` walks a file record by record, `records` makes one clean record with a report, `writing` makes the export.
"""

from matching.exchange.decp.reading import Raw, UnreadableFile, read_raw
from matching.exchange.decp.records import (
    Amendment,
    Outcome,
    Record,
    Reported,
    SocialConsideration,
    Warned,
    read_record,
)
from matching.exchange.decp.writing import Lacking, ToPublish, write_file, write_record

__all__ = [
    "Amendment",
    "Lacking",
    "Outcome",
    "Raw",
    "Record",
    "Reported",
    "SocialConsideration",
    "ToPublish",
    "UnreadableFile",
    "Warned",
    "read_raw",
    "read_record",
    "write_file",
    "write_record",
]
