#!/bin/sh
# The same two writes with git alone: the least that a compare-and-swap push of a record costs.
#
#   write_deployment.sh TARGET
set -eu
ref=refs/nucleon/targets/$1
tip=$(git ls-remote origin "$ref" | cut -f1)
for status in IN_PROGRESS SUCCEEDED; do
  blob=$(echo "{\"target\": \"$1\", \"status\": \"$status\"}" | git hash-object -w --stdin)
  tree=$(printf '100644 blob %s\trecord.json\n' "$blob" | git mktree)
  commit=$(git -c user.name=Dana -c user.email=dana@example.com commit-tree ${tip:+-p "$tip"} -m "$1: $status" "$tree")
  git push --quiet --force-with-lease="$ref:$tip" origin "$commit:$ref"
  tip=$commit
done
