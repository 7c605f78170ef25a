# syntax=docker/dockerfile:1

# The build uses the commands of any other machine: bin/setup and cargo leptos.
FROM rust:1.95-bookworm AS build
COPY --from=node:22-bookworm-slim /usr/local/bin/node /usr/local/bin/
COPY --from=node:22-bookworm-slim /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /parlance

# The tools change rarely and take the longest to build, so they are a layer of their own.
COPY bin/setup bin/emoji bin/
COPY rust-toolchain.toml Cargo.lock package.json package-lock.json ./
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/root/.npm \
    bash bin/setup

COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/parlance/target \
    bash -c '. bin/setup && bin/compile' && \
    mkdir /built && \
    cp -r target/release/parlance target/site /built/

FROM debian:bookworm-slim
RUN apt-get update && \
    apt-get install -y --no-install-recommends ca-certificates curl && \
    rm -rf /var/lib/apt/lists/* && \
    groupadd --gid 10001 parlance && \
    useradd --uid 10001 --gid 10001 --home-dir /data parlance && \
    install -d -o parlance -g parlance -m 700 /data
# The program finds the site's files beside itself.
COPY --from=build /built /opt/parlance
USER 10001:10001
WORKDIR /data
ENV HOST=0.0.0.0 PORT=8080 DATA_DIR=/data LOG_FORMAT=json
EXPOSE 8080 8001 3003 3010 3000 5000
VOLUME /data
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD curl --fail --silent --show-error "http://127.0.0.1:${PORT}/health/ready" || exit 1
ENTRYPOINT ["/opt/parlance/parlance"]
