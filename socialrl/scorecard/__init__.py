"""The scorecard of findings: page, terminal table, Markdown and figures."""
