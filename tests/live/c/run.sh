#!/usr/bin/env bash
# Runs the C library against the redis-server at 127.0.0.1:$QUORATE_REDIS_PORT: `run.sh PREFIX OUTDIR`, with the install tree at
# PREFIX. A line a test: `PASS name`, `FAIL name` after its output, `SKIP name reason`.
set -u
if [ $# -ne 2 ]; then
    echo "usage: run.sh PREFIX OUTDIR" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
prefix=$(cd "$1" && pwd) || exit 2
out=$(cd "$2" && pwd) || exit 2
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
failed=0

run() {
    local name=$1 log=$out/$1.log
    shift
    if "$@" "$here/live.c" -o "$out/$name" $libraries >"$log" 2>&1 && "$out/$name" >"$log" 2>&1; then
        echo "PASS $name"
    else
        cat "$log"
        echo "FAIL $name"
        failed=1
    fi
}

if [ -z "${QUORATE_REDIS_PORT:-}" ]; then
    echo "SKIP live-c QUORATE_REDIS_PORT is not set"
    exit 0
fi
flags="-std=c99 -Wall -Wextra -pedantic -Werror -g $(pkg-config --cflags quorate)"
# The words of the flags are meant to be split.
# shellcheck disable=SC2086
{
    libraries="$(pkg-config --libs quorate) -Wl,-rpath,$prefix/lib"
    run live-c ${CC:-cc} $flags
    libraries="$prefix/lib/libquorate.a $(pkg-config --static --libs quorate | sed 's/-lquorate//')"
    run live-c-sanitized ${CC:-cc} $flags -fsanitize=address,undefined -fno-sanitize-recover=all
}
exit $failed
