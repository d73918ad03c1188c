#!/bin/sh
# Debian packages that a make target needs: installs what is missing, as root or by sudo without a password; otherwise
# prints the one line to run and exits with status 1.
#
#   tests/packages.sh build|demo|check|fuzz|bench|mysql
set -eu

build="gcc make pkg-config libuv1-dev libssl-dev libyaml-dev libxxhash-dev libmariadb-dev uthash-dev libsqlite3-dev
    libmicrohttpd-dev zlib1g-dev"
servers="mariadb-server-core mariadb-client python3 python3-pymysql openssl"
case "${1:-}" in
    build) wanted="$build" ;;
    demo) wanted="$build $servers python3-yaml" ;;
    check) wanted="$build $servers check libsubunit-dev python3-yaml python3-cryptography python3-pytest
        python3-pytest-xdist python3-pytest-timeout python3-mysqldb python3-xxhash sysbench libmariadb-java
        default-jdk-headless nodejs npm" ;;
    fuzz) wanted="$build clang libclang-rt-14-dev" ;;
    bench) wanted="$build $servers python3-yaml sysbench haproxy" ;;
    mysql) wanted="debootstrap" ;;
    *) echo "usage: $0 build|demo|check|fuzz|bench|mysql" >&2; exit 2 ;;
esac

# A program that is there from elsewhere serves as well as its package.
there() {
    case "$1" in
        nodejs) command -v node >/dev/null ;;
        npm | gcc | make | openssl | python3) command -v "$1" >/dev/null ;;
        default-jdk-headless) command -v javac >/dev/null ;;
        *) false ;;
    esac
}

missing=
for package in $wanted; do
    there "$package" && continue
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

line="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
    sudo=
elif sudo -n true 2>/dev/null; then
    sudo="sudo -n"
else
    echo "These Debian packages are missing. Run this, then try again:" >&2
    echo "    sudo $line" >&2
    exit 1
fi

# Nothing that is installed here may start by itself: the servers are ours to start.
export DEBIAN_FRONTEND=noninteractive
echo "Installing:$missing"
# shellcheck disable=SC2086
$sudo $line || { $sudo apt-get update && $sudo $line; }
