#!/bin/sh
# start COMMAND...: run it with the compiled code of the image, copied to where numba may also write.
#
# The code is for any processor with AVX2. On an older one numba compiles for what it finds, which takes some
# seconds once.
set -eu
if [ -e /venv/share/processor ] && { [ "$(uname -m)" != x86_64 ] || grep -qw avx2 /proc/cpuinfo; }; then
    . /venv/share/processor
    if [ ! -e "$NUMBA_CACHE_DIR" ] && cp -Rp /venv/share/numba "$NUMBA_CACHE_DIR.$$"; then
        mv "$NUMBA_CACHE_DIR.$$" "$NUMBA_CACHE_DIR"
    fi
fi
exec "$@"
