# Build and run:
#   docker build -t dogwatch .
#   docker run --rm -v "$PWD:/tree:ro" dogwatch lint
FROM rust:1-slim AS build
WORKDIR /src
COPY . .
RUN cargo install --locked --path . --root /out

FROM debian:stable-slim
# `--changed-since`, `--new-since`, and `--staged` run git.
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/bin/dogwatch /usr/local/bin/dogwatch
# The mounted tree belongs to a different user than the container's.
RUN git config --system --add safe.directory '*'
WORKDIR /tree
ENTRYPOINT ["dogwatch"]
CMD ["lint"]
