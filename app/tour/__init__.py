"""The guided tour: two papers in ten figures, each a page with what the paper found and here."""

from app.tour.steps import STEPS, TITLE, Step, table

__all__ = ["STEPS", "TITLE", "Step", "table"]
