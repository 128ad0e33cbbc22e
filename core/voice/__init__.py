"""Talking instead of typing: a room at a LiveKit server, and the token that opens it."""

from core.voice.errors import VoiceNotConfigured
from core.voice.records import LiveKit, VoiceSession
from core.voice.service import Voice

__all__ = ["LiveKit", "Voice", "VoiceNotConfigured", "VoiceSession"]
