"""The tools of pipelines: each does one kind of work that a task may ask for."""
