#!/bin/sh
# Save a query and run it over REST. Needs curl, a running `trellis up`, and an API key in KEY.
set -eu
url=${TRELLIS_URL:-http://127.0.0.1:8000}

call() { curl --silent --show-error --fail-with-body -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' "$@"; }

id=$(call "$url/v1/queries" -d '{
  "title": "Orders above a value",
  "prompt": "How many orders are worth more than {{value}}?",
  "sql": "SELECT count(*) AS orders FROM orders WHERE id > {{value}}"
}' | sed 's/.*"id":"\([^"]*\)".*/\1/')

call "$url/v1/queries/$id/run" -d '{"parameters": {"value": 49000}}'
echo
call -X DELETE "$url/v1/queries/$id"
