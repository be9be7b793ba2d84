# Sourced by the scripts that need something of Debian's: packages installed on the machine where one may, or their
# files alone by an apt of our own.
# shellcheck shell=bash

# install_packages WHAT PACKAGE...: WHAT is missing, and these packages bring it.
install_packages() {
  local what=$1 log as_root=()
  shift
  command -v apt-get >/dev/null || die "there is no $what" "install it; Debian's packages of it are $*"
  if ((EUID != 0)); then
    as_root=(sudo -n)
    "${as_root[@]}" true 2>/dev/null || die "there is no $what, and no right to install one" "as root: apt-get install $*"
  fi
  doing "installing $* with apt-get"
  log=$(
    {
      "${as_root[@]}" apt-get -qq update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "$@"
    } </dev/null 2>&1
  ) || die "apt-get could not install $*:" "$(tail -n5 <<<"$log")"
}

# The rest is for files of packages that may be newer than the machine's own suite, in these:
suites=(trixie-backports trixie forky-backports forky sid)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# private_apt FOLDER WHAT HELP: an apt whose lists, packages and log lie in FOLDER, so that apt's own state and the installed
# packages stay as they are. Without one, WHAT cannot be had, and HELP says what to do.
private_apt() {
  own=$1
  local what=$2 help=$3 tool mirrors
  for tool in apt-get apt-cache dpkg-deb; do
    command -v "$tool" >/dev/null || die "$what cannot be had from Debian's packages here: no $tool" "$help"
  done
  [[ -r $keyring ]] || die "no keys to verify Debian's packages with: $keyring is missing" "as root: apt-get install debian-archive-keyring"
  mirrors=$(apt-get --print-uris update 2>/dev/null | sed -n "s#^'\(.*\)/dists/.*#\1#p" | sort -u || true)
  [[ -n $mirrors ]] || die "apt has no Debian mirror configured (sources.list, sources.list.d)" "$help"
  mkdir -p "$own"/{lists/partial,cache/archives/partial,packages}
  printf '%s\n' "$mirrors" >"$own/mirrors"
  # apt downloads as its own user where it is started by root.
  chmod 755 "$own"
  if ((EUID == 0)); then chown _apt "$own/packages" "$own/lists/partial" 2>/dev/null || true; fi
  cat >"$own/apt.conf" <<END
Dir::Etc::SourceList "$own/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "$own/lists";
Dir::State::Status "/dev/null";
Dir::Cache "$own/cache";
Acquire::Languages "none";
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
}

# Without descriptor 9, which is the lock of a script that has one.
our_apt() { "apt-$1" -c "$own/apt.conf" -q "${@:2}" 9<&-; }

# find_package NAME PATTERN: sets `suite` and `version` to the first suite that has a version like PATTERN, or fails and
# leaves the versions that there are in $own/seen.
find_package() {
  local name=$1 pattern=$2 mirror
  : >"$own/seen"
  for suite in "${suites[@]}"; do
    doing "looking for $name in Debian's $suite"
    while read -r mirror; do
      printf 'deb [signed-by=%s target=Packages] %s %s main\n' "$keyring" "$mirror" "$suite"
    done <"$own/mirrors" >"$own/sources.list"
    # A mirror that lacks the suite is no failure: security and third-party archives have none of these.
    our_apt get update >>"$own/apt.log" 2>&1 || true
    while read -r version; do
      # shellcheck disable=SC2053 # it is a pattern
      [[ $version != $pattern ]] || return 0
      printf '%s\n' "$version" >>"$own/seen"
    done < <(our_apt cache madison "$name" 2>/dev/null | awk '{ print $3 }')
  done
  return 1
}

# why_not_found NAME HELP: where no suite had any version.
why_not_found() {
  ! grep -qE 'NO_PUBKEY|EXPKEYSIG' "$own/apt.log" || die "the keys of this machine do not verify Debian's newer suites" \
    "as root: apt-get update && apt-get install debian-archive-keyring"
  die "no mirror of apt's configuration answered with $1:" "$(grep -E '^[EW]: Failed' "$own/apt.log" | tail -n5)" "$2"
}

download() {
  doing "downloading $*"
  (cd "$own/packages" && our_apt get download "$@") >>"$own/apt.log" 2>&1 ||
    die "apt-get could not download $*:" "$(tail -n5 "$own/apt.log")"
}

# unpack PACKAGE PATH FOLDER: what the downloaded package has under PATH.
unpack() { dpkg-deb --fsys-tarfile "$own/packages/$1"_*.deb | tar -C "$3" -x "$2"; }
