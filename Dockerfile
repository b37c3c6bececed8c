# dogwatch in a container of its own:
#   docker build -t dogwatch .
#   docker run --rm -v "$PWD:/tree:ro" dogwatch lint
FROM rust:1-slim AS build
WORKDIR /src
COPY . .
RUN cargo install --locked --path . --root /out

FROM debian:stable-slim
# `--changed-since` and `--new-since` ask git.
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/bin/dogwatch /usr/local/bin/dogwatch
# The tree belongs to somebody else than the user of the container.
RUN git config --system --add safe.directory '*'
WORKDIR /tree
ENTRYPOINT ["dogwatch"]
CMD ["lint"]
