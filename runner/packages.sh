# Sourced after ci/common.sh by what bundles, checks or tests runner/platform: installs its npm packages where they are
# missing or old, in the versions of package-lock.json whatever the machine has; Bun is one of them. Of the packages' own
# scripts it runs none but Bun's, which puts the program that came with it into place.
# shellcheck shell=bash
platform_packages() (
  cd runner/platform
  [[ ! node_modules/.package-lock.json -nt package-lock.json ]] || return 0
  command -v npm >/dev/null || die "there is no npm to install the packages of runner/platform with"
  doing "installing the packages of runner/platform with npm"
  log=$({ npm ci --ignore-scripts --no-audit --no-fund && npm rebuild bun; } </dev/null 2>&1) ||
    die "npm could not install them:" "$(tail -n5 <<<"$log")"
)
platform_packages
