"""Numbers as people say them."""


def time_left(seconds: float) -> str:
    """12 s left, 3 min left, 1.5 h left."""
    return f"{duration(seconds)} left"


def duration(seconds: float) -> str:
    """To the second below two minutes, to the minute below two hours."""
    if seconds < 1:
        return "1 s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def count(number: float) -> str:
    """724 M, 61.0 M, 34.9 k, 96."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            scaled = number / size
            return f"{scaled:.0f} {letter}" if scaled >= 100 else f"{scaled:.3g} {letter}"
    return f"{number:.0f}"
