"""A small protocol with two contrasts, for the tests of what may be written in them and of plans."""

from __future__ import annotations

PROTOCOL = """\
name: late
about: Do knockouts keep their preference?
histories:
  short:
    - cohouse: {hours: 6}
    - assay: {id: PartnerPreference, with: [partner, stranger]}
  long:
    - cohouse: {hours: 168}
    - assay: {id: PartnerPreference, with: [partner, stranger]}
contrasts:
  - says: A week makes more preference than an evening
    measure: preference
    this: {group: wt, tests: long}
    than: {group: wt, tests: short}
    expected: higher
  - measure: preference
    this: {group: knockout, tests: long}
    value: 0.5
    expected: higher
"""
