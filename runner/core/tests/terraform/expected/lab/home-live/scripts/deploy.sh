#!/bin/sh
set -eu
jq . proton-inputs.json
