"""A desk whose files are a dictionary. Its shell knows one command: `append PATH TEXT`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from phases.core.ports import ToolResult


@dataclass
class FakeDesk:
    """Snapshots go into `kept`, which several desks of one session share, as a store would."""

    kept: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    put_back: list[str] = field(default_factory=list)

    async def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        self.calls.append((tool, arguments))
        if tool == "bash":
            return self._shell(str(arguments.get("command", "")))
        if tool == "load_skill":
            return ToolResult(f"skill {arguments.get('name')}")
        path = str(arguments.get("path", ""))
        if path not in self.files and path:
            return ToolResult(f"{path} does not exist.", is_error=True)
        return ToolResult(self.files.get(path, "\n".join(sorted(self.files))))

    async def snapshot(self) -> str | None:
        text = json.dumps(self.files, sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()[:8]
        self.kept[name] = dict(self.files)
        return name

    async def restore(self, snapshot: str) -> None:
        self.put_back.append(snapshot)
        self.files = dict(self.kept[snapshot])

    async def begin_again(self) -> None:
        self.put_back.append("start")
        self.files = {}

    def _shell(self, command: str) -> ToolResult:
        verb, _, rest = command.partition(" ")
        path, _, text = rest.partition(" ")
        if verb != "append":
            return ToolResult(f"ran: {command}")
        self.files[path] = self.files.get(path, "") + text
        return ToolResult("")
