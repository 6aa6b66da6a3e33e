# Odoo 19 with the addons. Build it from the repository's root:
#   docker build -f docker/odoo.Dockerfile -t bizoverbiz-odoo .
FROM debian:12-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/bizoverbiz
COPY constraints constraints
COPY scripts scripts
# It asks apt for the Debian mirror, which only lists that are there name.
RUN apt-get update && scripts/setup.sh odoo && rm -rf /var/lib/apt/lists/*

FROM debian:12-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates libmagic1 python3 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10002 odoo \
 && useradd --uid 10002 --gid 10002 --create-home --home-dir /var/lib/odoo odoo
COPY --from=build /opt/bizoverbiz /opt/bizoverbiz
COPY addons /opt/bizoverbiz/addons
COPY docker/odoo.sh /usr/local/bin/bizoverbiz-odoo
ENV PATH=/opt/bizoverbiz/.odoo/bin:/opt/bizoverbiz/.odoo/venv/bin:/usr/local/bin:/usr/bin:/bin
WORKDIR /var/lib/odoo
# Attachments and sessions; the books are in PostgreSQL.
VOLUME /var/lib/odoo
USER 10002:10002
EXPOSE 8069
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8069/web/health', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["bizoverbiz-odoo"]
