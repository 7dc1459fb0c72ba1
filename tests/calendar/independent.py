"""A calendar that shares nothing with paceline's: Python's datetime and zoneinfo.

Reads one question a line from standard input and answers each with one line:

    zone seconds hours_start hours_end week_start fiscal_month fiscal_day pattern
    day day_start work_start work_end week month quarter year

Instants are seconds since 1970, hours seconds after midnight, `week_start` counts from Monday as 0. Periods are
`first..last`; work is `-` on a day that the zone does not have, or of whose hours a jump of its clock leaves nothing.
"""

import sys
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def instant(zone, day, seconds):
    """The instant at which a clock in the zone shows a time; where it shows none, as if it had not been moved yet."""
    wall = datetime.combine(day, time()) + timedelta(seconds=seconds)
    return int(wall.replace(tzinfo=zone, fold=0).timestamp())


def working_hours(zone, day, start, end):
    midnight = instant(zone, day, 0)
    begins, ends = instant(zone, day, start), instant(zone, day, end)
    if datetime.fromtimestamp(midnight, zone).date() != day or begins >= ends:
        return "- -"
    return f"{begins} {ends}"


def week(day, week_start):
    first = day - timedelta(days=(day.weekday() - week_start) % 7)
    return first, first + 6 * DAY


def nominal(year, months, start):
    month, day = start
    index = year * 12 + month - 1 + months
    return date(index // 12, index % 12 + 1, day)


def nearest(day, week_start):
    """The first day of a week that is nearest: of the seven days around, the one that begins a week."""
    around = [day + timedelta(days=days) for days in range(-3, 4)]
    return next(other for other in around if other.weekday() == week_start)


def cuts(year, start, pattern, week_start):
    """The first days of the twelve months of a fiscal year, and of the next year."""
    if pattern == "months":
        return [nominal(year, months, start) for months in range(13)]
    first = nearest(nominal(year, 0, start), week_start)
    days = [first]
    for weeks in [4, 4, 5] * 4:
        days.append(days[-1] + timedelta(weeks=weeks))
    days[12] = nearest(nominal(year, 12, start), week_start)
    return days


def fiscal(day, start, pattern, week_start):
    """The month, the quarter and the year that hold a day."""
    for year in range(day.year - 2, day.year + 2):
        days = cuts(year, start, pattern, week_start)
        if days[0] <= day < days[12]:
            break
    month = max(index for index in range(12) if days[index] <= day)
    quarter = month // 3 * 3
    bounds = [(month, month + 1), (quarter, quarter + 3), (0, 12)]
    periods = [(days[first], days[end] - DAY) for first, end in bounds]
    if pattern == "months":
        first = day.replace(day=1)
        periods[0] = (first, (first + 31 * DAY).replace(day=1) - DAY)
    return periods


def answer(line):
    zone, *numbers, pattern = line.split()
    seconds, begins, ends, week_start, month, day = map(int, numbers)
    zone = ZoneInfo(zone)
    today = datetime.fromtimestamp(seconds, zone).date()
    periods = [week(today, week_start), *fiscal(today, (month, day), pattern, week_start)]
    shown = " ".join(f"{first}..{last}" for first, last in periods)
    return f"{today} {instant(zone, today, 0)} {working_hours(zone, today, begins, ends)} {shown}"


for question in sys.stdin:
    print(answer(question))
