"""Reading the settings, and saying what is wrong with them; light, for `trellis mcp` needs it."""

import tomllib
from difflib import get_close_matches
from typing import Any

from pydantic import SecretStr, ValidationError

from config import Settings

PREFIX = "TRELLIS_"


class SettingsWrong(Exception):
    """A setting is not what it should be; each line says which, and what would work."""

    def __init__(self, *lines: str) -> None:
        """Keep one line for each wrong setting."""
        super().__init__("\n".join(lines))
        self.lines = lines


def read_settings() -> Settings:
    """Return the settings.

    Raises:
        SettingsWrong: one of them, or their file, cannot be read.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsWrong(*(_line(each) for each in error.errors())) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsWrong(f"config/trellis.toml is not TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsWrong(f"The settings cannot be read: {error}") from None


def variable(field: str) -> str:
    """Return the name of the environment variable that sets *field*."""
    known = Settings.model_fields[field]
    return field.upper() if known.validation_alias else f"{PREFIX}{field.upper()}"


def is_secret(field: str) -> bool:
    """Return whether the value of *field* must not be shown."""
    return "SecretStr" in str(Settings.model_fields[field].annotation)


def unknown(names: list[str]) -> list[str]:
    """Return a line for each of *names* that begins like a setting of ours and is none."""
    known = {variable(field) for field in Settings.model_fields}
    lines = []
    for name in sorted(names):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = get_close_matches(name.upper(), known, n=1)
            lines.append(f"{name} is no setting" + (f"; is it {near[0]}?" if near else ""))
    return lines


def _line(error: Any) -> str:
    """Return one wrong setting in words; what may be a secret is not repeated."""
    # An error names a field, or the name that its own makers gave it.
    field = str(error["loc"][0]).lower() if error["loc"] else ""
    words = error["msg"].replace("Input should", "it should")
    if field not in Settings.model_fields:
        return f"{field}: {words}"
    given = error["input"]
    hidden = is_secret(field) or not isinstance(given, str | int | float)
    usual = Settings.model_fields[field].default
    fallback = "" if usual is None or isinstance(usual, SecretStr) else f"; the default is {usual}"
    shown = "" if hidden else f" is {given!r}"
    return f"{variable(field)}{shown}: {words}{fallback}"
