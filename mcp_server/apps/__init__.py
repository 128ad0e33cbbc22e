"""Interactive views that a host shows beside a tool's answer (MCP Apps)."""
