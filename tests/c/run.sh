#!/usr/bin/env bash
# Tests the C library as its consumers would: `run.sh PREFIX OUTDIR` builds every program here against the install tree at
# PREFIX, into OUTDIR, and runs it. A line a test: `PASS name`, `FAIL name` after its output, `SKIP name reason`.
set -u
if [ $# -ne 2 ]; then
    echo "usage: run.sh PREFIX OUTDIR" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
prefix=$(cd "$1" && pwd) || exit 2
out=$(cd "$2" && pwd) || exit 2
corpus=$here/../corpus
source=$here/../../bindings-c/src
cc=${CC:-cc}
cxx=${CXX:-c++}
warnings="-Wall -Wextra -pedantic -Werror"
programs="api decoder encoder request cluster raft raft_wire raft_ready sentinel replication sim misuse leaks corpus recordings"
failed=0

# Runs a command as the test of this name.
check() {
    local name=$1
    shift
    if "$@" >"$out/$name.log" 2>&1; then
        echo "PASS $name"
    else
        cat "$out/$name.log"
        echo "FAIL $name"
        failed=1
        return 1
    fi
}

skip() {
    echo "SKIP $1 $2"
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# What a program is run with.
arguments() {
    case $1 in
    corpus) echo "${2:-} $corpus/resp/*.txt $corpus/cluster/*.txt" ;;
    sim) echo "$corpus/*/scenarios/*.txt --broken $corpus/*/scenarios/broken/*.txt" ;;
    recordings)
        echo "$corpus/recordings/redis-7.0.commands" \
            "$corpus/recordings/redis-7.0.resp2 $corpus/recordings/redis-7.0.resp3"
        ;;
    esac
}

# Builds every program in one mode and runs it: `mode NAME COMPILER FLAGS LIBRARIES [RUNNER...]`.
mode() {
    local mode=$1 compiler=$2 flags=$3 libraries=$4 program quick=""
    shift 4
    # Under valgrind each byte costs; the split into single bytes has been through the other modes.
    [ "$mode" = valgrind ] && quick=--quick
    for program in $programs; do
        # The words of flags and arguments are meant to be split.
        # shellcheck disable=SC2046,SC2086
        if $compiler $flags $warnings -g "$here/$program.c" -o "$out/$program-$mode" $libraries -lm \
            >"$out/$program-$mode.log" 2>&1; then
            check "$program-$mode" "$@" "$out/$program-$mode" $(arguments "$program" "$quick")
        else
            check "$program-$mode" sh -c "cat '$out/$program-$mode.log'; exit 1"
        fi
    done
}

# The boundary, and that its check can fail.
check boundary bash -c "bash '$here/boundary.sh' \$(find '$source' -name '*.rs')"
printf 'pub extern "C" fn quorate_bad() -> i32 {\n    let x = 1;\n    boundary::guard(|| x)\n}\n' >"$out/bad.rs"
check boundary-check-can-fail bash -c "! bash '$here/boundary.sh' '$out/bad.rs'"

# The header alone, as the first and only thing that is included.
echo '#include <quorate.h>' >"$out/header.c"
# shellcheck disable=SC2086
check header-c99 $cc -std=c99 $warnings -I"$prefix/include" -c "$out/header.c" -o "$out/header.o"
# shellcheck disable=SC2086
check header-cxx17 $cxx -std=c++17 -x c++ $warnings -I"$prefix/include" -c "$out/header.c" -o "$out/header.o"

# The library: its name for the loader, and that nothing else is exported.
library=$prefix/lib/libquorate.so
if have readelf && have nm; then
    check soname bash -c "readelf -d '$library' | tee /dev/stderr | grep -q 'SONAME.*\[libquorate\.so\.0\]'"
    check links bash -c "test -e '$prefix/lib/libquorate.so.0' && test \"\$(readlink -f '$library')\" = \
        \"\$(readlink -f '$prefix/lib/libquorate.so.0')\""
    check exports bash -c "nm -D --defined-only '$library' | awk '{print \$NF}' >'$out/exports'
        grep -q '^quorate_resp_decoder_poll\$' '$out/exports' && ! grep -v '^quorate_' '$out/exports'"
    # What the header declares is what the library exports, no more and no less.
    check header-is-exports bash -c "grep -o '\bquorate_[a-z0-9_]*(' '$prefix/include/quorate.h' | tr -d '(' | sort -u |
        diff - <(sort -u '$out/exports')"
else
    skip exports "needs nm and readelf (apt-get install binutils)"
fi

if have pkg-config; then
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
    include=$(pkg-config --cflags quorate)
    shared="$(pkg-config --libs quorate) -Wl,-rpath,$prefix/lib"
    private=$(pkg-config --static --libs quorate | sed 's/-lquorate//')
    static="$prefix/lib/libquorate.a $private"
    check pkg-config-version bash -c "test \"\$(pkg-config --modversion quorate)\" = \
        \"\$(sed -n 's/^#define QUORATE_VERSION \"\(.*\)\"/\1/p' '$prefix/include/quorate.h')\""
    # The first lines that a user tries: each program of the README, and what it says that it prints.
    awk -v out="$out/readme" '/^```c$/ { file = out "-" ++n ".c"; printf "" >file; next } /^```$/ { file = "" } file { print >file }' \
        "$here/../../bindings-c/README.md"
    while read -r number prints; do
        check "readme-$number" bash -c "$cc -std=c99 $warnings '$out/readme-$number.c' -o '$out/readme-$number' $include $shared &&
            '$out/readme-$number' >'$out/readme-$number.txt' && printf '$prints' | diff - '$out/readme-$number.txt'"
    done <<'END'
1 hello\n42\nslot 3443\n
2 2: \n3: x = 1\n
3 +monitor\n+sdown\n+odown\n+new-epoch\n+try-failover\n+vote-for-leader\n+elected-leader\n+failover-state-select-slave\n-failover-abort-no-good-slave\n+PONG\r\n
4 another one leads\n
END
    mode c99 "$cc" "-std=c99 $include" "$shared"
    mode c99-static "$cc" "-std=c99 $include" "$static"
    mode cxx17 "$cxx" "-std=c++17 -x c++ $include" "-x none $shared"
    mode sanitized "$cc" "-std=c99 -fsanitize=address,undefined -fno-sanitize-recover=all $include" "$static"
    if have valgrind; then
        mode valgrind "$cc" "-std=c99 $include" "$shared" \
            valgrind --quiet "--suppressions=$here/valgrind.supp" --leak-check=full --show-leak-kinds=definite,indirect,possible \
            --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=9
    else
        skip valgrind "is not installed (apt-get install valgrind)"
    fi
    # The sanitizer and valgrind do see leaks here: a program that leaks a decoder fails.
    printf '#include <quorate.h>\nint main(void) { return quorate_resp_decoder_new(0) == 0; }\n' >"$out/leak.c"
    # shellcheck disable=SC2086
    if $cc -std=c99 $include "$out/leak.c" -o "$out/leak" $shared && have valgrind; then
        check leak-check-can-fail bash -c \
            "! valgrind --quiet --leak-check=full --error-exitcode=9 '$out/leak'"
    fi
else
    skip pkg-config "is not installed (apt-get install pkg-config)"
fi

if have cmake; then
    check cmake bash -c "rm -rf '$out/cmake' && cmake -S '$here/cmake' -B '$out/cmake' -DCMAKE_PREFIX_PATH='$prefix' &&
        cmake --build '$out/cmake' && ctest --test-dir '$out/cmake' --output-on-failure"
else
    skip cmake "is not installed (apt-get install cmake)"
fi

exit $failed
