"""`trellis api`: REST alone."""

from cli.up import Host, Port, serve


def api(host: Host = None, port: Port = None) -> None:
    """Start REST alone."""
    serve(host, port, mcp=False)
