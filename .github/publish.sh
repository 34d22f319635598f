#!/usr/bin/env bash
# Tags the commit that holds the checksums, and makes the release. Called by release.yml, which has put the
# archives into dist/ and the table into actions/checksums.txt.
set -euo pipefail

sed -n 's#^\([0-9a-f]\{64\}\)  #\1  dist/#p' actions/checksums.txt | sha256sum --check --strict
archives=(dist/nucleon-*-x86_64-unknown-linux-musl.tar.gz)
version=${archives[0]#dist/nucleon-}
version=${version%-x86_64-unknown-linux-musl.tar.gz}
tag=v$version
major=${tag%%.*}

git config user.name 'github-actions[bot]'
git config user.email '41898282+github-actions[bot]@users.noreply.github.com'
git add actions/checksums.txt
git commit --message "actions: the checksums of $tag"
git tag "$tag"
git tag --force "$major"

gh auth setup-git
# A tag that exists is not moved: this push is refused, and nothing is released twice.
git push origin "refs/tags/$tag"
gh release create "$tag" dist/*.tar.gz --verify-tag --title "Nucleon $version" --generate-notes
git push --force origin "refs/tags/$major"
