"""A report as one HTML file: pictures inside, no script, nothing fetched from anywhere."""

from __future__ import annotations

import json
from base64 import b64encode
from html import escape
from string import Template

from viz.report.making import Chapter, Picture, Report
from viz.store.provenance import PAGE_FIELD

STYLE = """\
:root { color-scheme: light dark; --paper: #fff; --ink: #262730; --quiet: #5f6470;
  --line: #e3e5ea; --card: #f6f7f9 }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0e1117; --ink: #fafafa; --quiet: #a3a8b4; --line: #333843; --card: #181c25 }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 72rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem }
h2 { font-size: 1.3rem; margin: 3.5rem 0 .25rem; padding-top: 1rem;
  border-top: 1px solid var(--line) }
h2 + .source { margin: 0 0 1rem }
.source, .quiet, figcaption { color: var(--quiet); font-size: .9rem }
table { border-collapse: collapse; margin: 1.25rem 0 }
th, td { text-align: left; vertical-align: top; padding: .25rem 1.25rem .25rem 0 }
th { font-weight: 400; color: var(--quiet); white-space: nowrap }
nav ol { columns: 2 18rem; padding-left: 1.4rem; margin: 1.25rem 0 }
a { color: inherit }
figure { margin: 1.5rem 0 2.5rem }
.picture { overflow-x: auto; background: #fff; border-radius: 4px; padding: .25rem;
  width: fit-content; max-width: 100% }
.picture img { display: block; max-width: 100%; height: auto }
figcaption { margin-top: .6rem; max-width: 48rem }
figcaption b { color: var(--ink) }
ul.words { margin: .75rem 0 0; padding-left: 1.2rem; max-width: 48rem }
details { margin-top: .4rem; font-size: .85rem; color: var(--quiet) }
summary { cursor: pointer; width: max-content }
pre { background: var(--card); padding: .6rem .8rem; border-radius: 4px; white-space: pre-wrap;
  margin: .4rem 0 0; color: var(--ink) }
.missing { background: var(--card); border-left: 3px solid var(--quiet); padding: .6rem .9rem }
@media (max-width: 700px) {
  body { padding: 1.25rem .75rem 3rem }
  th, td { display: block; padding: 0 } td { margin-bottom: .5rem }
  .picture img { max-width: 40rem }
}
@media print {
  :root { --paper: #fff; --ink: #000; --quiet: #444; --line: #ccc; --card: #f4f4f4 }
  body { max-width: none; padding: 0; font-size: 10pt }
  figure, tr, .missing { break-inside: avoid }
  h2, .source { break-after: avoid }
  .picture { overflow: visible; padding: 0 } .picture img { max-height: 20cm; object-fit: contain }
  nav, summary { display: none }
}
"""

PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="$field" content="$made">
<title>$name · Filterscope</title>
<style>
$style</style>
</head>
<body>
<header>
<h1>What $name learned to see</h1>
<table>
$card</table>
<nav aria-label="Sections"><ol>
$contents</ol></nav>
</header>
<main>
$chapters</main>
<footer>
<p class="quiet">Written by Filterscope $version from checkpoint $checkpoint. Each picture carries
how it was made: <code>python -m viz provenance FILE</code> reads it back.</p>
<pre>$command</pre>
</footer>
</body>
</html>
""")

CHAPTER = Template("""\
<section id="s$number">
<h2>$title</h2>
<p class="source">$source</p>
$missing$pictures</section>
""")

FIGURE = Template("""\
<figure id="f$number">
<div class="picture">
<img alt="$alt" width="$width" src="data:image/png;base64,$png">
</div>
<figcaption><b>Figure $number.</b> $caption</figcaption>
$words<details><summary>The line that makes it</summary><pre>$command</pre></details>
</figure>
""")


def page(report: Report) -> str:
    """The whole document. Names of runs, classes and files are others' words: all are escaped."""
    card = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>\n'
        for name, value in report.card
    )
    titles = enumerate((chapter.title for chapter in report.chapters), start=1)
    contents = "".join(
        f'<li><a href="#s{number}">{escape(title)}</a></li>\n' for number, title in titles
    )
    return PAGE.substitute(
        field=PAGE_FIELD,
        made=escape(json.dumps(dict(report.made))),
        name=escape(report.name),
        style=STYLE,
        card=card,
        contents=contents,
        chapters="".join(map(_chapter, report.chapters, range(1, len(report.chapters) + 1))),
        version=escape(report.made["version"]),
        checkpoint=escape(report.made["checkpoint"][:16]),
        command=escape(report.command),
    )


def _chapter(chapter: Chapter, number: int) -> str:
    missing = "".join(f'<p class="missing">{escape(reason)}</p>\n' for reason in chapter.missing)
    return CHAPTER.substitute(
        number=number,
        title=escape(chapter.title),
        source=escape(chapter.source),
        missing=missing,
        pictures="".join(map(_figure, chapter.pictures)),
    )


def _figure(picture: Picture) -> str:
    lines = [escape(line) for line in picture.words]
    if picture.is_table:
        words = "<pre>" + "\n".join(lines) + "</pre>\n"
    else:
        items = "".join(f"<li>{line}</li>\n" for line in lines)
        words = f'<ul class="words">\n{items}</ul>\n' if items else ""
    return FIGURE.substitute(
        number=picture.number,
        alt=escape(picture.alt),
        width=picture.width,
        png=b64encode(picture.png).decode(),
        caption=escape(picture.caption),
        words=words,
        command=escape(picture.command),
    )
