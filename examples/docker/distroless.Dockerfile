# The standalone executable in an image without Node, shell and package manager: npm run build:standalone, then
# docker build -f examples/docker/distroless.Dockerfile -t dsta/api .          (--build-arg ARCH=arm64)
# The first stage alone (--target dsta-run) is an image to copy dsta-run from, or for an init container.

FROM gcr.io/distroless/base-debian13:nonroot AS dsta-run
ARG ARCH=x64
COPY --chmod=755 dist/standalone/dsta-run-linux-${ARCH} /usr/local/bin/dsta-run
USER 65532:65532
# With "--exec" before "--" the command itself is PID 1, and no launcher stays in memory.
ENTRYPOINT ["dsta-run", "--"]

FROM dsta-run
WORKDIR /srv
COPY examples/docker/secrets.map.yaml ./
# A stand-in for your program.
COPY --from=busybox:1.37-musl /bin/busybox /usr/local/bin/busybox
COPY examples/docker/www ./www
CMD ["busybox", "httpd", "-f", "-p", "8080", "-h", "/srv/www"]
