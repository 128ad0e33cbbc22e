"""Answers as people see them: what the stand-ins received, drawn as the platforms draw it.

Near enough to judge by: whether it is clear at nine in the morning, whether a table can be read,
whether there is too much to press. Not the platforms' own pages, whose code is nobody's but theirs.
"""
