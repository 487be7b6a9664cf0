# One image for each service: docker build --build-arg SERVICE=catalog -t govshare/catalog:0.1.0 .
FROM rust:1.95-bookworm AS build
ARG SERVICE
WORKDIR /src
COPY . .
ENV SQLX_OFFLINE=true
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package "${SERVICE:?which service}" \
    && cp "target/release/govshare-${SERVICE}" /service

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /service /usr/local/bin/service
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/service"]
CMD ["serve"]
