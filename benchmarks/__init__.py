"""Measures what Firsthand promises: how fast it answers, how little it needs."""
