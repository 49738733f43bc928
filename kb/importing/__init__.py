"""Brings a folder of Markdown in: every file an article, again and again without making any twice.

`plan.look` reads the whole folder first, so that links know where they will lead. Then one batch
after the other is read and laid out (`batches`) and written in one transaction (`writing`). Nothing
here commits; `kb.cli` does.
"""
