"""The page at /docs: the whole API on one sheet, with nothing fetched from anywhere."""

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any

STYLE = """\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem}
summary{cursor:pointer;padding:.4rem 0}
summary b{display:inline-block;min-width:4.5rem;font-family:ui-monospace,monospace}
details{border-top:1px solid #8884;padding:0 .2rem}
pre{background:#8882;padding:.8rem;overflow-x:auto;border-radius:.3rem}
code,pre{font:14px/1.45 ui-monospace,monospace}
table{border-collapse:collapse}
td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}
small{opacity:.7}
"""
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
"""No script at all, and no style but ours."""


def page(schema: dict[str, Any], url: str) -> str:
    """Return the page that tells what *schema*, an OpenAPI description, tells.

    Args:
        schema: the description.
        url: where its reader reaches this server, without a path.
    """
    return "".join(_page(schema, url))


def _page(schema: dict[str, Any], url: str) -> Iterator[str]:
    title = f"{escape(schema['info']['title'])} {escape(schema['info']['version'])}"
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
    yield "<meta name=viewport content='width=device-width,initial-scale=1'>"
    yield f"<style>{STYLE}</style><h1>{title}</h1>"
    for paragraph in schema["info"]["description"].strip().split("\n\n"):
        yield f"<p>{_prose(paragraph)}</p>"
    yield "<p>For programs: <a href='/openapi.json'>/openapi.json</a>, OpenAPI 3.1.</p>"
    for tag in schema["tags"]:
        yield f"<h2>{escape(tag['name'].capitalize())}</h2><p>{_prose(tag['description'])}</p>"
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                if tag["name"] in operation.get("tags", ()):
                    yield from _operation(schema, url, path, method.upper(), operation)
    yield "</html>"


def _operation(
    schema: dict[str, Any], url: str, path: str, method: str, operation: dict[str, Any]
) -> Iterator[str]:
    first, _, rest = operation.get("description", "").partition("\n\n")
    yield f"<details><summary><b>{method}</b> <code>{escape(path)}</code> {_prose(first)}</summary>"
    if rest:
        yield f"<p>{_prose(rest)}</p>"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        yield from _fields(schema, body["schema"])
    yield f"<pre>{escape(_curl(url + path, method, operation, _example(schema, body)))}</pre>"
    yield "<table>"
    for status, response in operation["responses"].items():
        yield f"<tr><td>{escape(status)}<td>{_prose(response['description'])}"
        content = response.get("content", {}).get("application/json")
        example = _example(schema, content)
        if example is not None:
            shown = json.dumps(example, indent=2, ensure_ascii=False)
            yield f"<pre>{escape(shown)}</pre>"
    yield "</table></details>"


def _fields(schema: dict[str, Any], body: dict[str, Any]) -> Iterator[str]:
    described = _resolved(schema, body)
    yield "<table>"
    for name, field in described.get("properties", {}).items():
        needed = "required" if name in described.get("required", ()) else "optional"
        yield f"<tr><td><code>{escape(name)}</code><td>{escape(_kind(schema, field))}, {needed}"
        yield f"<td>{_prose(field.get('description', ''))}"
    yield "</table>"


def _kind(schema: dict[str, Any], field: dict[str, Any]) -> str:
    field = _resolved(schema, field)
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(schema, each) for each in field["anyOf"]))
    return str(field.get("type", "any"))


def _resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return what *node* stands for: a reference leads to a shared schema."""
    for each in node.get("anyOf", ()):
        if "$ref" in each:
            return _resolved(schema, each)
    while "$ref" in node:
        node = schema["components"]["schemas"][node["$ref"].rpartition("/")[2]]
    return node


def _example(schema: dict[str, Any], content: dict[str, Any] | None) -> Any:
    if content is None:
        return None
    if "example" in content:
        return content["example"]
    described = content.get("schema", {})
    examples = described.get("examples") or _resolved(schema, described).get("examples")
    return examples[0] if examples else None


def _curl(url: str, method: str, operation: dict[str, Any], body: Any) -> str:
    lines = [f"curl -X {method} {url}"]
    for scheme in operation.get("security", ()):
        header = "X-API-Key: $KEY" if "api_key" in scheme else "Authorization: Bearer $TOKEN"
        lines.append(f'-H "{header}"')
    if body is not None:
        lines.append("-H 'Content-Type: application/json'")
        quoted = json.dumps(body, ensure_ascii=False).replace("'", "'\\''")
        lines.append(f"-d '{quoted}'")
    return " \\\n  ".join(lines)


def _prose(text: str) -> str:
    """Return *text* as HTML; what stands in backticks is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
