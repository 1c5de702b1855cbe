"""The one page of the scripted Claude: that it is scripted, and by what. No data of requests."""

from html import escape

from app.rehearsal.claude.catalog import MODELS
from app.rehearsal.claude.script import Script

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Scripted Claude</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto;
  padding: 0 1rem; }}
.note {{ border-left: 4px solid #d9822b; padding: .25rem 1rem; }}
td, th {{ text-align: left; padding: .15rem 1.5rem .15rem 0; }}
</style>
<h1>Scripted Claude</h1>
<p class="note">This is not a model. Every reply is played from a script; nothing is decided here
and nothing leaves this machine.</p>
<p><strong>Script:</strong> {title}</p>
<p>Answers as {models}.</p>
<p>{requests} requests so far, {misfits} of them did not fit the script.</p>
<table><tr><th>Step</th><th>Turns</th></tr>
{rows}
</table>
</html>
"""


def page(script: Script, requests: int, misfits: int) -> str:
    """Return the page as HTML."""
    rows = "\n".join(
        f"<tr><td><code>{escape(name)}</code></td>"
        f"<td>{escape(', '.join(str(len(turns)) for turns in step.attempts.values()))}</td></tr>"
        for name, step in script.steps.items()
    )
    return PAGE.format(
        title=escape(script.title),
        models=escape(", ".join(model.id for model in MODELS)),
        requests=requests,
        misfits=misfits,
        rows=rows,
    )
