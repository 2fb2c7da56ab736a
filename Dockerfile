# docker build --target serve --tag textcnn .          the service and the bundled models, without PyTorch
# docker build --target train --tag textcnn-train .    the command with training
#
# A package index of your own, where there is one: --secret id=pip,src=$HOME/.config/pip/pip.conf

ARG BASE_IMAGE=python:3.11-slim

FROM ${BASE_IMAGE} AS install
WORKDIR /source
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python3 -m venv --without-pip /venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY textcnn textcnn
COPY training training
COPY service service
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python3 -m pip --python /venv/bin/python install --no-compile --constraint constraints.txt '.[serve,postgres]'

# What is not needed to serve is left out here, so that no layer of the last stage holds it.
FROM install AS build-serve
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends binutils >/dev/null
COPY deploy/slim.sh deploy/warm.py /build/
RUN sh /build/slim.sh /venv
# The kernels are compiled for a processor that is said, not for the builder's own: their code is kept by its name.
RUN . /venv/share/processor && NUMBA_CACHE_DIR=/venv/share/numba /venv/bin/python /build/warm.py

FROM install AS build-train
# Some packages bring along files that are no Python of today, which do not compile: that is no harm.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python3 -m pip --python /venv/bin/python install --no-compile --constraint constraints.txt '.[serve,postgres,train]' \
    && { /venv/bin/python -m compileall -qq -j 0 /venv/lib || true; }

# What runs: an interpreter, one virtual environment, a user without rights; it writes to /data and /tmp alone.
FROM ${BASE_IMAGE} AS runtime
RUN useradd --uid 10001 --create-home textcnn && install -d -o textcnn -g textcnn /data
COPY --chmod=755 deploy/start.sh /usr/local/bin/start
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib TEXTCNN_CACHE_DIR=/tmp/textcnn TEXTCNN_DATA_DIR=/data
USER 10001
# Trained versions, jobs and uploads: a volume of its own even where the rest is read-only.
VOLUME /data
ENTRYPOINT ["start"]

FROM runtime AS train
COPY --from=build-train /venv /venv
WORKDIR /work
ENTRYPOINT ["start", "textcnn"]
CMD ["train", "--help"]

# The last stage is what a build without --target makes.
FROM runtime AS serve
COPY --from=build-serve /venv /venv
# Code that was compiled in vain would be found out by users, as seconds at the start: the build fails instead.
RUN --mount=type=bind,from=build-serve,source=/build,target=/build \
    start python /build/warm.py --expect-hits && rm -rf /tmp/*
ENV TEXTCNN_HOST=0.0.0.0
EXPOSE 8000
STOPSIGNAL SIGTERM
# urlopen raises on 503, so the check fails until the models are loaded.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('TEXTCNN_PORT', '8000') + '/readyz', timeout=2)"]
# Without keys it does not listen to the network: give TEXTCNN_KEYS_FILE, or TEXTCNN_INSECURE=true to let all in.
CMD ["textcnn", "serve"]
