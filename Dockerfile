# syntax=docker/dockerfile:1
# The service in a container. What its host must allow for the cage of the agents: docs/sandbox.md.

FROM debian:12-slim AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/phaseline
COPY requirements-uv.lock requirements.lock ./
RUN python3 -m venv /tmp/bootstrap \
    && /tmp/bootstrap/bin/pip install --no-cache-dir --require-hashes -r requirements-uv.lock
# The environment is built where it will be used: it cannot be moved.
RUN /tmp/bootstrap/bin/uv venv --python /usr/bin/python3 .venv \
    && /tmp/bootstrap/bin/uv pip sync --no-cache --compile-bytecode --python .venv/bin/python --require-hashes requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY phases phases
COPY agents agents
COPY migrations migrations
RUN .venv/bin/python -m compileall -q app phases migrations

FROM debian:12-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap ca-certificates git python3 tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin phaseline \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/phaseline
COPY --from=build /opt/phaseline /opt/phaseline
WORKDIR /opt/phaseline
ENV PATH=/opt/phaseline/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/var/lib/phaseline \
    PHASELINE_DATA_DIR=/var/lib/phaseline \
    PHASELINE_DATABASE_URL=sqlite:////var/lib/phaseline/phaseline.db \
    PHASELINE_HOST=0.0.0.0
USER 10001:10001
VOLUME /var/lib/phaseline
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# An init reaps what a killed cage leaves behind.
ENTRYPOINT ["/usr/bin/tini", "--", "python", "-m", "app.cli"]
CMD ["serve"]
