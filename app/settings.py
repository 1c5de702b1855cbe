"""Settings: frozen, read from the environment and `.env` by whoever starts the service.

No instance is made at import; rooms are given the values they need, not this object.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "PHASELINE_"
ENV_FILE = ".env"
SHORTEST_SECRET = 32  # Bytes; a shorter webhook secret can be guessed offline.
SETUP_HINT = "The README's table says where each value comes from."


class SettingsError(Exception):
    """The settings cannot be used; the message names each variable and what to do."""


class Places(BaseSettings):
    """Where things are: all that can be known before there is an App."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True, populate_by_name=True
    )

    database_url: str = Field(
        "sqlite:///var/phaseline.db",
        repr=False,
        description="SQLite file, or `postgresql://user:password@host/name` for many workers",
    )
    data_dir: Path = Field(
        Path("var"), description="Mirrors, checkouts and prepared environments lie here"
    )
    github_url: str = Field(
        "https://github.com", description="GitHub's web address; yours for GitHub Enterprise"
    )
    github_api_url: str = Field(
        "https://api.github.com", description="GitHub's API; on Enterprise it ends in `/api/v3`"
    )
    label: str = Field("phaseline", description="The label that starts a run")

    @property
    def sqlite_file(self) -> Path | None:
        """The file of the database; None where it is PostgreSQL."""
        path = self.database_url.removeprefix("sqlite:///")
        return None if path == self.database_url else Path(path)


P = TypeVar("P", bound=Places)


class Settings(Places):
    """What an operator decides. The README's table is compared with these fields by a test."""

    github_app_id: int = Field(description="`App ID` on the App's settings page")
    github_private_key: SecretStr = Field(
        description="The App's private key: the PEM text, or the path of the downloaded file"
    )
    github_webhook_secret: SecretStr = Field(
        description="`Webhook secret` of the App, at least 32 characters"
    )
    sandbox: Literal["bubblewrap", "none"] = Field(
        "bubblewrap",
        description="The cage of the agents; `none` needs `PHASELINE_SANDBOX_NONE_I_ACCEPT=yes`",
    )
    sandbox_none_i_accept: Literal["", "yes"] = Field(
        "", description="`yes` lets agents run without a cage, with all rights of the service"
    )
    agent_uid: int = Field(
        65432, gt=0, description="The user id of the agents when the service runs as root"
    )
    model_opus: str = Field("claude-opus-5-5", description="The model of the tier opus")
    model_sonnet: str = Field("claude-sonnet-5-5", description="The model of the tier sonnet")
    model_haiku: str = Field("claude-haiku-5-5", description="The model of the tier haiku")
    budget_run_usd: Decimal = Field(Decimal(15), gt=0, description="What one run may spend, in USD")
    budget_day_usd: Decimal = Field(
        Decimal(60), gt=0, description="What one repository may spend in a day (UTC), in USD"
    )
    budget_operator_day_usd: Decimal = Field(
        Decimal(200), gt=0, description="What all repositories may spend in a day, in USD"
    )
    # Both lie above what a developer's session may use by its own limits (45 minutes, 5 USD in
    # agents/): otherwise the run would stop before an agent that is still at work.
    no_progress_usd: Decimal = Field(
        Decimal(6),
        gt=0,
        description="What a run may spend without anything being accepted or committed, in USD",
    )
    no_progress_minutes: float = Field(
        60.0,
        gt=0,
        description="How long a run may work without that, in minutes; longer than any session",
    )
    command_timeout_seconds: float = Field(
        900.0,
        gt=0,
        description="What an agent's command may ask for by `# timeout: N`; 120 s are usual",
    )
    working_budget_tokens: int = Field(
        80_000,
        ge=0,
        description="Conversations are summed up at 80 % of it, or at 50 % if cheaper; 0: never",
    )
    explain_cache_misses: bool = Field(
        False, description="`true` logs what differs when a request misses the model's cache"
    )
    model_provider: Literal["anthropic", "bedrock", "vertex"] = Field(
        "anthropic", description="Who serves the models"
    )
    model_region: str | None = Field(
        None, description="The region of Bedrock or Vertex; the SDK's own variables count too"
    )
    model_project: str | None = Field(None, description="The Google Cloud project of Vertex")
    model_headers: SecretStr = Field(
        SecretStr(""),
        description='More headers for a gateway, as a JSON object: `{"X-Team": "web"}`',
    )
    environments_dir: Path | None = Field(
        None,
        description="Prepared dependencies are kept here; `environments` in the data directory",
    )
    github_write_spacing_seconds: float = Field(
        1.0, ge=0, description="The least time between two comments; GitHub asks for a second"
    )
    rest_seconds: float = Field(
        300.0,
        gt=0,
        description="What waits for GitHub or the model API looks again after it, if not told when",
    )
    check_timeout_seconds: float = Field(
        1800.0, gt=0, description="How long one check of a repository may take"
    )
    recover_at_start: bool = Field(
        False,
        description="`true` reads runs back from GitHub when the database knows of none",
    )
    keep_transcripts_days: float = Field(
        90.0, gt=0, description="How long what agents said in runs that are over is kept, in days"
    )
    keep_files_hours: float = Field(
        24.0, ge=0, description="How long the git objects of runs that are over are kept, in hours"
    )
    keep_environments_days: float = Field(
        30.0, gt=0, description="How long prepared dependencies are kept unused, in days"
    )
    runs_per_worker: int = Field(6, gt=0, description="How many runs a worker drives at once")
    runs_per_repository: int = Field(2, gt=0, description="How many runs of a repository at once")
    runs_altogether: int = Field(60, gt=0, description="How many runs all workers together drive")
    lease_seconds: float = Field(6.0, ge=1, description="When others do a silent worker's work")
    least_free_disk_mb: int = Field(
        2048, ge=0, description="With less room on the disk a worker takes up no run, in MB"
    )
    least_free_memory_mb: int = Field(
        512, ge=0, description="With less memory available a worker takes up no run, in MB"
    )
    most_load_per_core: float = Field(
        8.0, gt=0, description="With more programs waiting for each core it takes up no run either"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much the log says; it is JSON lines on standard error"
    )
    egress_hosts: str = Field(
        "",
        description="More hosts that installing dependencies may reach: `host:port`, by commas",
    )
    host: str = Field("127.0.0.1", description="The address that the service listens on")
    port: int = Field(8000, ge=0, le=65535, description="The port that the service listens on")
    base_url: str = Field(
        "", description="The dashboard's address for operators; the tracker links to the run's page"
    )
    notice: str = Field(
        "",
        description="A sentence on pages, trackers, artifacts and pull requests: a rehearsal, say",
    )
    anthropic_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias="ANTHROPIC_API_KEY",
        validate_default=True,
        description="The key of the Claude API; not needed for Bedrock and Vertex",
    )
    anthropic_base_url: str = Field(
        "https://api.anthropic.com",
        validation_alias="ANTHROPIC_BASE_URL",
        description="The address of the Claude API, or of a gateway that speaks it",
    )

    @field_validator("github_webhook_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value().encode()) < SHORTEST_SECRET:
            raise ValueError(
                f"is shorter than {SHORTEST_SECRET} bytes; make one with `openssl rand -hex 32`"
            )
        return secret

    @field_validator("model_headers")
    @classmethod
    def _an_object_of_texts(cls, headers: SecretStr) -> SecretStr:
        headers_of(headers)
        return headers

    @field_validator("anthropic_api_key")
    @classmethod
    def _given_when_needed(cls, key: SecretStr, info: ValidationInfo) -> SecretStr:
        if not key.get_secret_value() and info.data.get("model_provider") == "anthropic":
            raise ValueError("is not set, and PHASELINE_MODEL_PROVIDER names no cloud instead")
        return key

    @model_validator(mode="after")
    def _uncaged_on_purpose(self) -> "Settings":
        if self.sandbox == "none" and self.sandbox_none_i_accept != "yes":
            raise ValueError(
                "PHASELINE_SANDBOX=none lets agents act with all rights of the service; "
                "set PHASELINE_SANDBOX_NONE_I_ACCEPT=yes if that is what you want"
            )
        return self


def headers_of(setting: SecretStr) -> dict[str, str]:
    """Return the headers of PHASELINE_MODEL_HEADERS.

    Raises:
        ValueError: it is no JSON object of texts; the value is not repeated.
    """
    text = setting.get_secret_value() or "{}"
    try:
        headers = json.loads(text)
    except ValueError:
        headers = None
    if not isinstance(headers, dict) or not all(isinstance(v, str) for v in headers.values()):
        raise ValueError('is not a JSON object of texts, such as {"X-Team": "web"}') from None
    return headers


def load(**overrides: Any) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: when something is missing or cannot be used; secrets are not repeated.
    """
    return _load(Settings, overrides)


def load_places(**overrides: Any) -> Places:
    """Read what can be known before there is an App.

    Raises:
        SettingsError: when something of it cannot be used.
    """
    return _load(Places, overrides)


def _load(kind: type[P], overrides: Mapping[str, Any]) -> P:
    try:
        return kind(**overrides)
    except ValidationError as error:
        lines = [f"- {_wrong(fault)}" for fault in error.errors()]
        raise SettingsError("\n".join([_heading(), *lines, SETUP_HINT])) from None


def _heading() -> str:
    place = Path.cwd()
    if (place / ENV_FILE).is_file():
        return f"Settings, from the environment and {place / ENV_FILE}:"
    return f"Settings, from the environment alone, as there is no {ENV_FILE} in {place}:"


def _wrong(fault: ErrorDetails) -> str:
    """Return what is wrong, in words for an operator; what was given is not repeated."""
    said = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return said
    name = _variable(fault["loc"])
    if said.startswith("is "):
        return f"{name} {said}"
    if fault["type"] == "missing" or fault["input"] == "":
        return f"{name} is not set"
    return f"{name} cannot be used: {said}"


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0])
    field = Settings.model_fields.get(name)
    alias = field.validation_alias if field else name
    return str(alias) if alias else f"{PREFIX}{name.upper()}"
