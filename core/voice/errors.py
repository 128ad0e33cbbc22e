"""The refusals of voice."""

from core.errors import Invalid


class VoiceNotConfigured(Invalid):
    """Voice is off; set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET to turn it on."""
