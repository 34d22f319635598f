# What act and actionlint do not know yet, and what a copy of our files holds instead when they read it.
# One `sed -E` command each, with its reason. Nothing else may differ from the files that users run.

# `$/path` is this repository at the running commit (GitHub, July 2026). Neither tool knows the form.
s#(uses: )\$/(.*)$#\1nucleon-dev/nucleon/\2@v1#
