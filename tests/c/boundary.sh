#!/usr/bin/env bash
# Checks that every exported function's body starts with the panic boundary: `boundary.sh FILE...` of Rust source.
# Prints each that does not, and how many there are.
set -eu
awk '
    /extern "C" fn/ { name = $0; sub(/.*fn /, "", name); sub(/\(.*/, "", name); inside = 1; functions++ }
    inside && wants && !/^ *(\/\/|$)/ {
        if ($0 !~ /^ *boundary::(guard|status)\(/) { print FILENAME ":" FNR ": " name " does not start with the boundary"; bad++ }
        inside = wants = 0
        next
    }
    inside && /\{ *$/ { wants = 1 }
    inside && !wants && /\{.*\} *$/ { print FILENAME ":" FNR ": " name " has its body on one line"; bad++; inside = 0 }
    END { print functions + 0 " functions, " bad + 0 " without the boundary"; exit bad > 0 || functions == 0 }
' "$@"
