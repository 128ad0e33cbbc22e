#!/bin/sh
# Ask a question and watch the answer come. Needs curl, a running `trellis up`, and an API key in KEY.
set -eu
url=${TRELLIS_URL:-http://127.0.0.1:8000}
question=${1:-Monthly revenue for 2025}

# -N: show each event as it comes. Ctrl-C stops the database's and the model's work, too.
curl -N --silent --show-error --fail-with-body "$url/v1/chats" \
  -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -H 'Accept: text/event-stream' \
  -d "{\"message\": \"$question\"}"
