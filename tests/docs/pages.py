"""A browser for the stand-in's pages that finds things by the words that people see."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urljoin

import httpx2

from app.cli.demo.loopback import no_certificates

Attributes = list[tuple[str, str | None]]
CHOICES = frozenset({"checkbox", "radio"})


@dataclass
class Field:
    name: str
    kind: str
    value: str
    id: str
    label: str = ""
    on: bool = True
    options: dict[str, str] = field(default_factory=dict)


@dataclass
class Form:
    action: str
    fields: list[Field] = field(default_factory=list)
    buttons: list[Field] = field(default_factory=list)

    def _labelled(self, label: str) -> Field:
        return next(one for one in self.fields if one.label == label)

    def write(self, label: str, text: str) -> None:
        self._labelled(label).value = text

    def choose(self, label: str, option: str) -> None:
        chosen = self._labelled(label)
        chosen.value = chosen.options[option]

    def tick(self, label: str) -> None:
        ticked = next(f for f in self.fields if f.label == label and f.kind in CHOICES)
        for other in self.fields:
            if ticked.kind == "radio" and other.name == ticked.name:
                other.on = False
        ticked.on = True

    def content(self, button: str) -> str:
        pressed = next(one for one in self.buttons if one.label == button)
        sent = [(one.name, one.value) for one in self.fields if one.on]
        return urlencode([pair for pair in (*sent, (pressed.name, pressed.value)) if pair[0]])


class Page(HTMLParser):
    """What a page shows: its forms and links, by their words."""

    def __init__(self, url: str, html: str) -> None:
        super().__init__()
        self.url = url
        self.text = ""
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self._labels: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str], int]] = []
        self._inside: Field | None = None
        self.feed(html)
        for form in self.forms:
            for one in form.fields:
                one.label = one.label or self._labels.get(one.id, "")

    def form(self, button: str) -> Form:
        """Return the form that has a button of that name."""
        return next(f for f in self.forms if any(b.label == button for b in f.buttons))

    def has(self, button: str) -> bool:
        """Tell whether there is a button of that name."""
        return any(b.label == button for f in self.forms for b in f.buttons)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(urljoin(self.url, given.get("action", self.url))))
        elif tag in {"input", "select", "textarea"} and self.forms:
            kind = given.get("type", tag)
            on = "disabled" not in given and (kind not in CHOICES or "checked" in given)
            value = given.get("value", "on" if kind in CHOICES else "")
            self._inside = Field(
                given.get("name", ""), kind, value, given.get("id", ""), given.get("aria-label", "")
            )
            self._inside.on = on
            self.forms[-1].fields.append(self._inside)
        if tag not in {"input", "meta", "link", "img", "br", "hr", "path"}:
            self._open.append((tag, given, len(self.text)))

    def handle_data(self, data: str) -> None:
        # Small print beside a name is not the name.
        in_label = any(tag == "label" for tag, _, _ in self._open)
        if in_label and any("quiet" in given.get("class", "") for _, given, _ in self._open):
            return
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            opened, given, start = self._open.pop()
            if opened != tag:
                continue
            words = " ".join(self.text[start:].replace("*", "").split())
            self._ended(tag, given, words)
            return

    def _ended(self, tag: str, given: dict[str, str], words: str) -> None:
        if tag == "a":
            self.links.setdefault(words, urljoin(self.url, given.get("href", "")))
        elif tag == "button" and self.forms:
            button = Field(given.get("name", ""), tag, given.get("value", ""), "", words)
            self.forms[-1].buttons.append(button)
        elif tag == "option" and self._inside is not None:
            value = given.get("value", words)
            self._inside.options[words] = value
            if "selected" in given or len(self._inside.options) == 1:
                self._inside.value = value
        elif tag == "label" and "for" in given:
            self._labels[given["for"]] = words
        elif tag == "label" and self._inside is not None:
            self._inside.label = words


class Browser:
    """Opens pages and presses buttons on one site."""

    def __init__(self, site: str) -> None:
        self._client = httpx2.Client(
            base_url=site, trust_env=False, verify=no_certificates(), follow_redirects=True
        )
        self._site = site

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def open(self, path: str) -> Page:
        answer = self._client.get(path)
        assert answer.is_success, answer.text
        return Page(str(answer.url), answer.text)

    def press(self, form: Form, button: str) -> httpx2.Response:
        answer = self._client.post(
            form.action,
            content=form.content(button),
            headers={
                "Origin": self._site,
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        assert answer.is_success, answer.text
        return answer
