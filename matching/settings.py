"""Settings, read from `MATCHING_*` variables; every one has a default that works on a bare machine."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an installation decides. Times are in minutes, sizes in bytes."""

    model_config = SettingsConfigDict(env_prefix="MATCHING_", extra="ignore")

    database_url: str = "sqlite:///matching.sqlite3"
    secret_key: str = Field(default="", description="Signs cookies; made at first start when empty.")
    departement: str = "Département"
    brand_colour: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    https: bool = False
    session_idle_minutes: int = 30
    session_absolute_minutes: int = 600
    argon2_time_cost: int = 3
    argon2_memory_kib: int = 65536
    model_dir: Path | None = None
    evidence_dir: Path = Path("justificatifs")
    upload_max_bytes: int = 10 * 1024 * 1024
