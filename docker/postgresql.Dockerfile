# PostgreSQL 15 as Debian packages it, with the two roles of the compose file:
#   docker build -f docker/postgresql.Dockerfile -t bizoverbiz-postgresql .
FROM debian:12-slim
# The user comes before the package, which keeps it: its number has to be the same in every build.
RUN groupadd --gid 10003 postgres \
 && useradd --uid 10003 --gid 10003 --home-dir /var/lib/postgresql --shell /bin/bash postgres \
 && apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-15 \
 && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/15/main /etc/postgresql/15/main
COPY docker/postgresql.sh /usr/local/bin/bizoverbiz-postgresql
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin \
    PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql
USER 10003:10003
EXPOSE 5432
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=5 CMD ["pg_isready", "--quiet", "--host=127.0.0.1"]
# SIGINT is PostgreSQL's fast shutdown: sessions end, nothing committed is lost.
STOPSIGNAL SIGINT
ENTRYPOINT ["bizoverbiz-postgresql"]
