#!/usr/bin/env bash
# Keep one open issue for a drift: the same drift opens no second one, another drift takes its place, none closes it.
#
# DRIFTED is true or false, FINGERPRINT names the drift, REPORT is the file with the text. GH_TOKEN is for `gh`.
set -euo pipefail
label="mockreel-drift"
title="The providers' documentation has drifted ($FINGERPRINT)"
open="$(gh issue list --state open --label "$label" --limit 100 --json number,title --jq '.[] | "\(.number) \(.title)"')"
known=""
while read -r number rest; do
  [ -n "$number" ] || continue
  if [ "$DRIFTED" = true ] && [ "$rest" = "$title" ]; then
    known="$number"
  elif [ "$DRIFTED" = true ]; then
    gh issue close "$number" --comment "Another drift was found: $FINGERPRINT."
  else
    gh issue close "$number" --comment "The documentation and what is held agree again."
  fi
done <<< "$open"
if [ "$DRIFTED" = true ] && [ -z "$known" ]; then
  gh label create "$label" --description "What a provider's documentation says has changed" --force
  gh issue create --title "$title" --label "$label" --body-file "$REPORT"
fi
