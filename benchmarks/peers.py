"""DBHub and MCP Toolbox, as npm hands them out, on the same PostgreSQL as ours."""

import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.processes import Absent, Serving, environment, free_port, serving

DBHUB = "@bytebase/dbhub@1.4"
TOOLBOX = "@toolbox-sdk/server@1.12"
NODE = (22, 5)
"""What DBHub needs at least; npm has it as a package, for machines with an older one."""
PATIENCE = 180.0
"""Seconds that npm may take."""


class Peer(NamedTuple):
    """Another server that lets an assistant ask PostgreSQL."""

    name: str
    tool: str
    """What runs a statement that it is given as `sql`."""
    http: Sequence[str]
    """The command line, without the port."""
    stdio: Sequence[str]
    env: dict[str, str]

    def serving(self) -> AbstractContextManager[Serving]:
        """Start it on a free port of loopback, and end it afterwards."""
        port = free_port()
        return serving([*self.http, str(port)], port, env=self.env)


@contextmanager
def installed() -> Iterator[Path]:
    """Lend a folder outside the tree where npm has put both, and Node; remove it afterwards.

    Raises:
        Absent: there is no npm, or it could not bring them.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise Absent("npm is not on the path")
    wanted = [DBHUB, TOOLBOX] + ([] if node_fits() else [f"{node_package()}@22"])
    with tempfile.TemporaryDirectory(prefix="trellis-bench-") as place:
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        try:
            asked = subprocess.run(
                [*command, "--prefix", place, *wanted],
                cwd=place,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Absent(f"npm took longer than {PATIENCE:.0f} s") from None
        if asked.returncode:
            raise Absent(f"npm install failed: {asked.stderr.strip()[-200:] or 'offline?'}")
        yield Path(place) / "node_modules"


def node_fits() -> bool:
    """Return whether this machine's own Node is new enough."""
    node = shutil.which("node")
    if node is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = said.strip().lstrip("v").split(".")[:2]
    return tuple(int(each) for each in numbers if each.isdigit()) >= NODE


def node_package() -> str:
    """Return the package that holds Node itself for this system and processor."""
    system = platform.system().lower()
    processor = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    return (
        f"node-{'bin-' if (system, processor) == ('darwin', 'arm64') else ''}{system}-{processor}"
    )


def node(modules: Path) -> str:
    """Return the path of a Node that is new enough."""
    if node_fits():
        return shutil.which("node") or "node"
    return str(modules / node_package() / "bin" / "node")


def version(modules: Path, package: str) -> str:
    """Return which version npm brought."""
    said = json.loads((modules / package / "package.json").read_text(encoding="utf-8"))
    return str(said["version"])


def dbhub(modules: Path, url: str, place: Path) -> Peer:
    """Return DBHub, read-only and at most 1,000 rows, with its two tools."""
    file = place / "dbhub.toml"
    dsn = url.replace("postgresql://", "postgres://") + "?sslmode=disable"
    file.write_text(
        f'[[sources]]\nid = "bench"\ndsn = "{dsn}"\n\n'
        '[[tools]]\nname = "execute_sql"\nsource = "bench"\nreadonly = true\nmax_rows = 1000\n\n'
        '[[tools]]\nname = "search_objects"\nsource = "bench"\n',
        encoding="utf-8",
    )
    script = str(modules / "@bytebase" / "dbhub" / "dist" / "index.js")
    command = [node(modules), script, "--config", str(file)]
    return Peer(
        f"DBHub {version(modules, '@bytebase/dbhub')}",
        "execute_sql",
        [*command, "--transport", "http", "--host", "127.0.0.1", "--port"],
        [*command, "--transport", "stdio"],
        environment(NODE_ENV="production"),
    )


def toolbox(modules: Path, url: str, place: Path, *, prebuilt: bool = False) -> Peer:
    """Return MCP Toolbox with one tool that runs SQL, or with *prebuilt* all of its own.

    It has neither a read-only transaction nor a time-out nor a ceiling.
    """
    at = urlsplit(url)
    env = environment(
        POSTGRES_HOST=at.hostname or "127.0.0.1",
        POSTGRES_PORT=str(at.port or 5432),
        POSTGRES_DATABASE=at.path.strip("/"),
        POSTGRES_USER=at.username or "postgres",
        # It insists on one, also where the server asks for none.
        POSTGRES_PASSWORD=at.password or "none",
    )
    file = place / "tools.yaml"
    file.write_text(
        "sources:\n  bench:\n    kind: postgres\n    host: ${POSTGRES_HOST}\n"
        '    port: "${POSTGRES_PORT}"\n    database: ${POSTGRES_DATABASE}\n'
        "    user: ${POSTGRES_USER}\n    password: ${POSTGRES_PASSWORD}\n"
        "tools:\n  execute_sql:\n    kind: postgres-execute-sql\n    source: bench\n"
        "    description: Run a statement.\n",
        encoding="utf-8",
    )
    chosen = ["--prebuilt", "postgres"] if prebuilt else ["--config", str(file), "--disable-reload"]
    quiet = ["--disable-version-check", "--log-level", "ERROR"]
    command = [str(binary(modules)), *chosen, *quiet]
    return Peer(
        f"Toolbox {version(modules, '@toolbox-sdk/server')}",
        "execute_sql",
        [*command, "--address", "127.0.0.1", "--port"],
        [*command, "--stdio"],
        env,
    )


def binary(modules: Path) -> Path:
    """Return Toolbox's program for this machine.

    Raises:
        Absent: npm has none for it.
    """
    found = sorted((modules / "@toolbox-sdk").glob("server-*/bin/toolbox*"))
    if not found:
        raise Absent(f"npm has no Toolbox for {platform.system()} {platform.machine()}")
    os.chmod(found[0], 0o755)  # noqa: PTH101 - npm did not run its script, which does this
    return found[0]
