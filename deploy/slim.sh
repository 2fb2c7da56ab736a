#!/bin/sh
# sh slim.sh VENV: leave out of a virtual environment what is not needed to serve; say what remains, in MB.
#
# Tests, C headers and sources, debug symbols; of pyarrow, remote tables and cloud storage; of SQLAlchemy, databases
# that are not supported; what fetches from the Hugging Face hub; what only training starts from.
set -eu
venv=$1
packages=$(echo "$venv"/lib/python3*/site-packages)

find "$packages" -depth -type d \( -name tests -o -name __pycache__ \) -exec rm -rf {} +
find "$packages" -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.pyi' -o -name '*.a' \
    -o -name '*.h' -o -name '*.hpp' -o -name '*.c' -o -name '*.cpp' \) -delete
find "$packages"/pyarrow -depth \( -name include -o -name src -o -name '*flight*' -o -name '*substrait*' \
    -o -name '*cpp_tests*' -o -name '*_s3*' -o -name '*_s3fs*' -o -name '*_gcsfs*' -o -name '*_azurefs*' \) \
    -exec rm -rf {} +
rm -rf "$packages"/numpy/f2py "$packages"/textcnn/pretrained/base-* "$packages"/hf_xet* \
    "$packages"/huggingface_hub "$packages"/sqlalchemy/testing
for dialect in mssql mysql oracle; do
    rm -rf "$packages/sqlalchemy/dialects/$dialect"
done
# The loader asks for the full number; the shorter names are copies for compilers.
find "$packages"/pyarrow -name 'libarrow_python*.so' -delete
# Not in numpy.libs: libraries that auditwheel has patched do not survive it.
for name in llvmlite pyarrow tokenizers uvloop httptools yaml numba sqlalchemy; do
    find "$packages/$name" -type f -name '*.so*' -exec strip --strip-unneeded {} +
done

# An image keeps whole seconds, and compiled code is found by its source's time: without this it would be stale.
find "$venv" -exec touch --no-dereference --date @1700000000 {} +
"$venv"/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash "$packages"

# AVX2 came to servers in 2013; `start` looks whether it is there, and lets numba compile anew where it is not.
features=
[ "$(uname -m)" != x86_64 ] || features=+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+avx,+avx2
mkdir -p "$venv"/share
echo "export NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES=$features" >"$venv"/share/processor
du -s --block-size=MB "$venv"
