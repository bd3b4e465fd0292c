#!/bin/sh
# Installs what dsta-run is compared with into .cache/peers, as far as the registries have it, and names what could not be had.
# Those in Rust take half an hour to compile on two cores, without their optimization at link time; on Debian they need build-essential,
# libudev-dev, pkg-config and protobuf-compiler. What is there already stays as it is.
cd "$(dirname "$0")/.." || exit
peers=$PWD/.cache/peers
mkdir -p "$peers/npm"
missing=

# NAME COMMAND…: installs what gives the program NAME.
get() {
	name=$1
	shift
	[ -e "$peers/bin/$name" ] && return
	echo "$name …"
	"$@" >"$peers/$name.log" 2>&1 || missing="$missing $name"
}

get_npm() {
	for package; do
		case $package in
		dotenv-cli@*) name=dotenv ;;
		@dotenvx/*) name=dotenvx ;;
		*) name=${package%@*} ;;
		esac
		[ -e "$peers/npm/node_modules/.bin/$name" ] && continue
		case $package in varlock@*) set_of="$package @varlock/hashicorp-vault-plugin@2.1.0" ;; *) set_of=$package ;; esac
		echo "$name …"
		# shellcheck disable=SC2086
		npm install --prefix "$peers/npm" --no-audit --no-fund $set_of >"$peers/$name.log" 2>&1 || missing="$missing $name"
	done
}

get_go() {
	get "$1" env GOBIN="$peers/bin" go install "$2"
}

get_cargo() {
	get "$1" env CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_TARGET_DIR="$peers/target" \
		cargo install --locked --root "$peers" "$1" --version "$2"
}

[ -e "$peers/npm/package.json" ] || echo '{}' >"$peers/npm/package.json"
get_npm @dotenvx/dotenvx@2.38.2 varlock@1.20.0 env-cmd@11.0.0 dotenv-cli@11.0.0 cross-env@10.1.0
get_go vals github.com/helmfile/vals/cmd/vals@v0.46.1
get_go sops github.com/getsops/sops/v3/cmd/sops@v3.13
get_go age-keygen filippo.io/age/cmd/age-keygen@v1
get_go envconsul github.com/hashicorp/envconsul@v0.13.4
get_go vault-env github.com/bank-vaults/vault-env@v1.23
get_cargo secretspec '~0.21'
get_cargo fnox '~1.39'
get_cargo teller '~2.0'

for name in $missing; do
	echo "$name could not be installed: $(tail -n 1 "$peers/$name.log")" >&2
done
[ -z "$missing" ]
