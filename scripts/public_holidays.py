#!/usr/bin/env python3
"""Writes crates/paceline/holidays from the Python package `holidays`, so that anyone can bring it up to date.

    python3 -m venv /tmp/holidays && /tmp/holidays/bin/pip install holidays
    /tmp/holidays/bin/python scripts/public_holidays.py

The package computes public holidays from each country's laws; only the days are taken over, in the format that
README.md beside the data describes. The dates of its versions differ where laws changed: look at the diff.
"""

import re
from collections import defaultdict
from pathlib import Path

import holidays

FOLDER = Path(__file__).resolve().parent.parent / "crates/paceline/holidays"
FIRST, LAST = 2015, 2035
COUNTRIES = {
    "AT": "Austria", "AU": "Australia", "BE": "Belgium", "BR": "Brazil", "CA": "Canada", "CH": "Switzerland",
    "CZ": "Czechia", "DE": "Germany", "DK": "Denmark", "ES": "Spain", "FI": "Finland", "FR": "France",
    "GB": "United Kingdom", "IE": "Ireland", "IN": "India", "IT": "Italy", "JP": "Japan", "LU": "Luxembourg",
    "MX": "Mexico", "NL": "Netherlands", "NO": "Norway", "NZ": "New Zealand", "PL": "Poland", "PT": "Portugal",
    "SE": "Sweden", "SG": "Singapore", "US": "United States",
}
# The package also knows towns and school zones, which ISO 3166-2 does not.
SUBDIVISION = re.compile(r"[A-Z0-9]{1,3}")
# Where the package lists a name in a language of few before the common one.
NAMES = {"NO": {"50": "Trøndelag", "55": "Troms", "56": "Finnmark"}}
WHOLE = "*"


def days(country, region):
    """The public holidays of a region, or of the country as such; each with whether it is an estimate."""
    found = holidays.country_holidays(
        country, subdiv=region, years=range(FIRST, LAST + 1), categories=("public",), language="en_US"
    )
    return {day: is_estimate(name) for day, name in found.items() if FIRST <= day.year <= LAST}


def is_estimate(name):
    """Whether nothing that is sure falls on a day; the package joins the names of what does."""
    return all("estimated" in part for part in name.split("; "))


def names(country):
    """The subdivisions of a country: code to name."""
    kind = getattr(holidays, country)
    known = {code: code for code in kind.subdivisions if SUBDIVISION.fullmatch(code)}
    for name, code in kind.subdivisions_aliases.items():
        # Some aliases are abbreviations; the first that is none is the name.
        if code in known and (known[code] == code or len(known[code]) < 4 < len(name)):
            known[code] = name
    return known | NAMES.get(country, {})


def scope(whole, has, regions):
    """Where a day is a holiday, in words of the format."""
    if not whole:
        return tuple(sorted(has))
    return (WHOLE, *("-" + region for region in sorted(set(regions) - has)))


def scopes(country, regions):
    """Each day that is a holiday anywhere: where, and whether it is an estimate."""
    everywhere = days(country, None)
    of_regions = {region: days(country, region) for region in regions}
    found = {}
    for day in set(everywhere).union(*of_regions.values()):
        has = {region for region, its in of_regions.items() if day in its}
        known = [its[day] for its in [everywhere, *of_regions.values()] if day in its]
        found[day] = scope(day in everywhere, has, regions), any(known)
    return found


def lines(found):
    """A line for each run of years with the same month, day and regions, and for each other day."""
    by_rule = defaultdict(list)
    for day, (where, estimated) in sorted(found.items()):
        by_rule[day.month, day.day, where, estimated].append(day.year)
    rules, single = [], []
    for (month, day, where, estimated), years in by_rule.items():
        for first, last in runs(years):
            tail = " ".join(where) + (" ~" if estimated else "")
            if first == last:
                single.append(f"{first}-{month:02}-{day:02} {tail}")
            else:
                rules.append(f"{month:02}-{day:02} {first}..{last} {tail}")
    return sorted(rules) + sorted(single)


def runs(years):
    """Years in sequence, as first and last."""
    first = before = years[0]
    for year in years[1:]:
        if year != before + 1:
            yield first, before
            first = year
        before = year
    yield first, before


def text(country, name):
    regions = names(country)
    head = [f"# From the Python package `holidays` {holidays.__version__} by scripts/public_holidays.py; not to be edited."]
    head += [f"country {country} {name}", f"years {FIRST}..{LAST}"]
    head += [f"region {code} {regions[code]}" for code in sorted(regions)]
    return "\n".join(head + lines(scopes(country, regions))) + "\n"


def main():
    FOLDER.mkdir(exist_ok=True)
    for country, name in COUNTRIES.items():
        (FOLDER / f"{country}.txt").write_text(text(country, name), encoding="utf-8")
    print(f"{len(COUNTRIES)} countries by holidays {holidays.__version__}")


if __name__ == "__main__":
    main()
