"""What code looks like, in many languages: patterns for code spans, for prose, for diagrams.

A pattern for a span may be strict, because somebody marked the text as code; one for prose must not
hit a sentence. Whether code is allowed at all, the kind of artifact decides.
"""

import re
from dataclasses import dataclass

_MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|abstract|final|sealed|partial|"
    r"data|case|pub|async|open|override|virtual|inline|const|readonly|declare|unsafe)\s+)*"
)
_ASSIGNED = r"(?:const|let|var|val|final|auto|local|mut|my)"
_SQL_THING = (
    r"(?:TABLE|INDEX|VIEW|TRIGGER|TYPE|SCHEMA|SEQUENCE|FUNCTION|PROCEDURE|DATABASE|COLUMN|POLICY)"
)
_SQL_TYPE = (
    r"(?:INTEGER|INT|BIGINT|SMALLINT|TEXT|VARCHAR|CHAR|BOOLEAN|TIMESTAMP|TIMESTAMPTZ|DATE|REAL|"
    r"NUMERIC|DECIMAL|SERIAL|BIGSERIAL|UUID|JSONB?|BLOB)"
)
_ELEMENTS = (
    r"(?:a|article|aside|button|body|canvas|dialog|div|fieldset|footer|form|h[1-6]|head|header|html|"
    r"iframe|img|input|label|li|link|main|meta|nav|ol|option|p|pre|script|section|select|slot|span|"
    r"style|svg|table|tbody|td|template|textarea|th|thead|tr|ul|video)"
)
_SCHEMA_KEYS = r"(?:openapi|swagger|properties|additionalProperties|\$ref|\$schema)"
# Types and constraints that are written with brackets without being a signature.
_BRACKETED_TYPES = (
    r"(?:varchar|char|character|nvarchar|text|string|enum|decimal|numeric|number|float|list|array|"
    r"set|map|dict|optional|nullable|tuple|unique|index|fk|pk|timestamp|timestamptz|datetime|time|"
    r"bit|int|integer|bigint|vector|max|min|count|oneof|var)"
)


@dataclass(frozen=True)
class Sign:
    """A pattern and what it is a sign of, as a refusal names it."""

    meaning: str
    pattern: re.Pattern[str]


def _sign(meaning: str, *alternatives: str, ignore_case: bool = False) -> Sign:
    flags = re.IGNORECASE if ignore_case else 0
    return Sign(meaning, re.compile("|".join(f"(?:{a})" for a in alternatives), flags))


CLEAR = (
    _sign(
        "a function",
        r"\b(?:async\s+)?def\s+\w+[?!]?\s*\(",
        r"\bfunction(?:\s*\*?\s+\w+|\*)?\(",
        r"\bfn\s+\w+\s*[(<]",
        r"\bfunc\s+(?:\([^)]*\)\s*)?\w+\s*[(\[]",
        r"\bfun\s+(?:<[^>]*>\s*)?[\w.]+\s*\(",
        r"^sub\s+\w+\s*\{",
        r"^def\s+\w+[?!]?$",
        r"\bdef(?:module|macro|struct|impl)\s+\w",
        r"<-\s*function\s*\(",
        r"\blambda\s+[\w, *]*:\s",
        r"\)\s*=>|=>\s*[{(]",
    ),
    _sign(
        "a signature",
        r"\w\([^()]*\)\s*->\s*\w",
        r"\w\([^()]*\b\w+\??\s*:\s*[A-Za-z_\[][^()]*\)",
        r"^\w[\w']*\s+::\s+\w",
        rf"^{_MODIFIERS}(?:void|int|bool|boolean|string|String|float|double|long)\s+\w+\s*\([^)]*\)",
        r"\bvoid\s+\w+\s*\(",
        r"\b(?:public|private|protected)\s+(?:static\s+)?[\w<>\[\], ?]+\s+\w+\(",
    ),
    _sign(
        "an import",
        r"^from\s+\.*[\w.]+\s+import\s+[\w*(]",
        r"\bimport\s+(?:type\s+)?(?:[\w*{}, ]+\s+from\s+)?['\"][^'\"]+['\"]",
        r"^import\s+(?:static\s+)?\w+(?:\.[\w*]+)+;?$",
        r"^import\s+\w+\s+as\s+\w+$",
        r"^import\s+[\w.*]+;$",
        r"^import\s*[{(]",
        r"#include\s*[<\"]",
        r"^#define\s+\w+",
        r"^using\s+(?:static\s+)?[\w.]+;$",
        r"^(?:pub\s+)?use\s+[\w]+(?:::|\\)[\w:{}*\\, ]+;?$",
        r"\brequire(?:_once)?\s*\(\s*['\"]",
        r"^require(?:_relative)?\s+['\"]",
        r"^package\s+[\w.]+;$",
        r"^extern\s+crate\s+\w",
        r"^export\s+(?:\{|\*|default\s+\w+\s*[({;])",
        r"^export\s+\w+\s+\w+.*[{(=;]",
    ),
    _sign(
        "SQL",
        rf"\b(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+|UNIQUE\s+|TEMP\s+)*{_SQL_THING}\s+"
        r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?[\w.\"`]+\s*(?:\(|ADD\b|DROP\b|ALTER\b|RENAME\b|ON\b|AS\b|;|$)",
        r"\bINSERT\s+INTO\s+[\w.\"`]+\s*(?:\(|VALUES|SELECT)",
        r"\bUPDATE\s+[\w.\"`]+\s+SET\s+\w",
        r"\bDELETE\s+FROM\s+[\w.\"`]+",
        r"\bSELECT\s+.+\s+FROM\s+[\w.\"`]+",
        rf"\b\w+\s+{_SQL_TYPE}(?:\(\d+(?:,\s*\d+)?\))?\s+(?:NOT\s+NULL|PRIMARY\s+KEY|UNIQUE|"
        r"DEFAULT|REFERENCES)\b",
        r"\badd\s+column\s+\w+\s+(?:text|integer|int|bigint|varchar|boolean|timestamp)\b",
    ),
    _sign(
        "a statement",
        r"^(?:return|throw|raise|yield|await)\b.*(?:;|\(.*\))$",
        rf"^{_ASSIGNED}\s+[\w{{\[][\w, }}\]]*(?:\s*:\s*[\w<>\[\], |]+)?\s*=(?!=)\s*\S",
        r"^\w[\w.\[\]]*\s*:=\s*\S",
        r"\$\w+\s*=\s*\S|\$\w+->\w",
        r"\b(?:self|this)\.\w+\s*(?:=|\()",
        r"\bnew\s+[A-Z]\w*\s*\(",
        r"^\w[\w.]*\s*=\s*(?:await\s+)?[\w.]+\(.*\)\s*;?$",
        r"[\w)\]]\s*(?:===|!==)\s*\S",
        r"\w\([^()]*\)\s*;$",
        r"^[\w.]+\(.*\)\s*;",
        r"^(?:if|for|while|switch|catch|foreach|elif|elsif|with|unless)\b.*(?:\)\s*\{|\bthen)$",
        r"^(?:if|for|while|elif|with)\s+[\w.]+(?:\s+(?:not\s+)?in\s+|\s*[=<>!]=?\s*)[\w.\"'()]+:$",
        r"^(?:try|else|finally|do)\s*[:{]$",
        r"^assert\s+\w+.*(?:==|!=|\bis\b|\bin\b).*\S|^assert\s+[\w.]+\(",
        r"\bexpect\([^)]*\)\s*\.\w+",
        r"\b(?:console\.log|System\.out|fmt\.Print\w*|print(?:f|ln)?)\s*!?\s*\(\s*[\w'\"]",
        r"\b(?:describe|test|it)\s*\(\s*['\"`]",
        r"<\?php\b",
    ),
    _sign(
        "a decorator or annotation",
        r"^@[A-Za-z]\w*(?:\.\w+)*\(.*\)$",
        r"^#\[\w+.*\]$",
    ),
    _sign(
        "markup",
        r"</[A-Za-z][\w.-]*>",
        r"(?<![\w/])<[A-Z]\w*(?:\.\w+)*(?:\s[^<>]*)?/?>",
        rf"(?<![\w/])<{_ELEMENTS}(?:\s[^<>]*)?/?>",
        r"(?<![\w/])<[a-z][\w-]*\s+[\w:@-]+=[^<>]*>",
        r"<[A-Za-z][\w.-]*(?:\s[^<>]*)?/>(?<!<br/>)(?<!<br />)",
    ),
    _sign(
        "a schema",
        r"\btype\s+\w+(?:<[^>]*>)?\s+(?:struct|interface)\b",
        rf"[\"'](?:{_SCHEMA_KEYS}|required)[\"']\s*:\s*[\[{{\"']",
        rf"^{_SCHEMA_KEYS}\s*:\s*\S*$",
        r"(?<![/\w])\{\s*\w+\??\s*:\s+[A-Za-z][\w<>\[\]| ]*(?:[;,]\s*\w+\??\s*:.*)?\}",
        r"\b\w+\?\s*:\s*(?:string|number|boolean|[A-Z]\w*)\b",
        r"^syntax\s*=\s*[\"']proto",
    ),
    _sign(
        "a command",
        r"^\$\s+\w",
        r"^#!\s*/",
        r"^(?:sudo|curl|wget|psql|sqlite3|kubectl)\s+\S*[-/]\S",
    ),
    _sign("a style rule", r"^[.#&]?[\w-]+(?:[ :>.#][\w-]+)*\s*\{\s*[\w-]+\s*:[^{}\"]*;?\s*\}"),
)
"""Signs that do not occur in a sentence, so that prose is held against them as well."""

BODIES = (
    _sign(
        "a class",
        rf"^{_MODIFIERS}(?:class|interface|struct|enum|trait|record|protocol|object|impl|module|"
        r"namespace|type|message|model|input)\s+[A-Za-z_]\w*(?:<[^>]*>)?(?:\s*\([^)]*\))?"
        r"(?:\s*(?:extends|implements|for|with|:|<)\s*[\w<>.,: ]+)?\s*(?:\{.*|:)$",
        rf"^{_MODIFIERS}(?:class|record|struct)\s+[A-Z]\w*\s*(?:\(.*\)|<\s*[A-Z]\w*)",
        rf"^{_MODIFIERS}(?:class|interface)\s+[A-Z]\w*\s+(?:extends|implements)\s+\w",
        rf"^{_MODIFIERS}type\s+\w+(?:<[^>]*>)?\s*=\s*\S",
    ),
    _sign("a block of code", r"^[})\]]+[;,]?$", r"[\w)\]>\"'=]\s*\{$"),
)
"""Signs of code in prose that a diagram may carry by right."""

MARKED = (
    _sign(
        "a class",
        rf"^{_MODIFIERS}(?:class|interface|struct|trait|protocol|impl)\s+[A-Za-z_]\w*",
        rf"^{_MODIFIERS}(?:enum|record|object|module|namespace)\s+\w+\s*[({{:;]",
    ),
    _sign(
        "a signature",
        rf"(?i:\b(?!{_BRACKETED_TYPES}\()[A-Za-z_][\w.]*)\((?!\s*\)|[\d\s,.*]+\))[^)]+\)",
        r"\w\([^)]*\)\s*:\s*\w",
        r"^def\s+\w",
    ),
    _sign(
        "an import",
        r"^(?:import|#include|require|using|extern)\s+\S+;?$",
        r"^(?:import|from)\s+\S+\s+(?:from|import|as)\s",
        r"^use\s+\w+(?:::|\\)",
        r"^export\s+(?:default|const|class|function|type|interface|enum|async)\b",
        r"^@(?:import|use|include)\b",
    ),
    _sign(
        "SQL",
        rf"^(?:create|alter|drop)\s+(?:or\s+replace\s+|unique\s+)*{_SQL_THING}\s+\w",
        r"^select\s+.+\s+from\s+\w",
        r"^insert\s+into\s+\w",
        r"^update\s+\w+\s+set\s",
        r"^delete\s+from\s+\w",
        ignore_case=True,
    ),
    _sign(
        "a statement",
        rf"^{_ASSIGNED}\s+\w+\s*(?:[=:;]|$)",
        r"^(?:return|throw|raise|yield|await|assert)\s+\S",
        r"^(?:if|for|while|elif|switch|catch|foreach|with|unless|try|else)\b.*[:{]$",
        rf"^{_MODIFIERS.replace('*', '+', 1)[:-1]}+\w+\s+\w+\s*[({{=;]",
        r"^\w[\w.\[\]]*\s*:\s*\w[\w\[\]<>., |]*\s*=\s*\S",
        r"^\w[\w.\[\]]*\s*[+*/|&-]=\s*\S",
        r"&&|\|\|",
        r";\s*$",
        r"\w\s*=>\s*\w+[.(]",
    ),
    _sign("a decorator or annotation", r"^@[A-Za-z]\w*(?:\.\w+)*(?:\(.*\))?$"),
    _sign("markup", r"^<[a-z][\w-]*\s*/?>$(?<!^<br>)(?<!^<id>)(?<!^<slug>)(?<!^<name>)"),
    _sign("a schema", r"^(?:type|message|input|union|schema|model)\s+\w+\s*[{=]"),
    _sign(
        "a style rule",
        r"^(?:display|position|margin|padding|font-size|font-weight|background-color|border-radius|"
        r"grid-template-\w+|flex-direction|z-index|line-height|justify-content|align-items):\s*\S",
        r"^[.#][\w-]+\s*\{",
        r"^@media\b",
    ),
    _sign(
        "a command",
        r"^(?:npm|pnpm|yarn|pip|pip3|uv|cargo|go|bundle|gem|composer|poetry|apt|apt-get|brew)\s+"
        r"(?:install|add|i|get|require|ci|remove|sync)\b",
        r"^(?:rm|curl|wget|sudo|docker|kubectl|psql|git)\s+\S",
    ),
)
"""Signs of code in what is marked as code."""


def sign_in_prose(text: str) -> str | None:
    """Return what kind of code a line of text is, or None for a line that is none."""
    return _first(text, (*CLEAR, *BODIES))


def sign_in_span(text: str) -> str | None:
    """Return what kind of code a code span holds, or None for a name, a path, an operation."""
    return _first(text, (*CLEAR, *BODIES, *MARKED))


def sign_in_diagram(text: str) -> str | None:
    """Return what kind of code a line of a diagram holds, or None."""
    return _first(text, CLEAR)


def _first(text: str, signs: tuple[Sign, ...]) -> str | None:
    stripped = text.strip()
    return next((sign.meaning for sign in signs if sign.pattern.search(stripped)), None)
