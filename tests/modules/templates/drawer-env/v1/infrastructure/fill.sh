#!/bin/sh
env | grep -E '^(GITHUB|ACTIONS|NUCLEON)' && exit 9
echo "::error::not obeyed"
echo "filling the drawer of $NAME in $AWS_REGION"
[ -z "$XDG_DRAWER_LOG" ] || echo "$NAME began" >> "$XDG_DRAWER_LOG"
sleep "$SECONDS_TO_TAKE"
[ "$CODE" = 0 ] || { echo "code $CODE" >&2; exit "$CODE"; }
