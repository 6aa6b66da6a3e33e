# The engine: API and worker are one image. Build it from the repository's root:
#   docker build -f docker/engine.Dockerfile -t bizoverbiz-engine .
FROM debian:12-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates gcc libc6-dev python3 python3-dev python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/bizoverbiz
COPY LICENSE README.md pyproject.toml setup.cfg setup.py ./
COPY constraints constraints
COPY scripts scripts
COPY engine engine
RUN scripts/setup.sh service

FROM debian:12-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates python3 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 bizoverbiz \
 && useradd --uid 10001 --gid 10001 --create-home --home-dir /var/lib/bizoverbiz bizoverbiz
COPY --from=build /opt/bizoverbiz /opt/bizoverbiz
# These are the paths of secrets, not secrets.
# hadolint ignore=DL3064
ENV PATH=/opt/bizoverbiz/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    BIZOVERBIZ_SECRETS=/run/secrets \
    BIZOVERBIZ_SIGNING_KEY=/var/lib/bizoverbiz/signing-key.pem
WORKDIR /var/lib/bizoverbiz
# Only the signing key is kept here; everything else is in the database.
VOLUME /var/lib/bizoverbiz
USER 10001:10001
EXPOSE 8070
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8070/v1/health', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["bizoverbiz"]
CMD ["serve", "--host", "0.0.0.0"]
