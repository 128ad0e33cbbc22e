"""Discord: hears what is said there, and speaks."""

import warnings

with warnings.catch_warnings():
    # It imports audioop for voice, which we have no part in; Python 3.13 has it no longer.
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord as _discord

__all__: list[str] = []

del _discord
