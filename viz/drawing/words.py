"""Shares as people say them."""


def percent(share: float, digits: int = 1) -> str:
    """8.4 %, 92.1 %; with no digits 8 %."""
    return f"{100 * share:.{digits}f} %"
