"""The page at `/`: all that a member does in a browser, rendered here; the script polishes it."""

from api.page.routes import router

__all__ = ["router"]
