"""A run's figures as one document: a table of sections, their commands and what to say of them.

`sections` is the table, `making` calls the commands and gathers what they draw and print, `card`
says what the run is, `page` writes the document as one HTML file.
"""

from viz.report.making import Chapter, Picture, Report, make
from viz.report.page import page
from viz.report.sections import SECTIONS

__all__ = ["SECTIONS", "Chapter", "Picture", "Report", "make", "page"]
